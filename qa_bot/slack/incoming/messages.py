"""What people write in Slack -> questions, small talk, or nothing for the bot."""

from __future__ import annotations

import re
from enum import StrEnum

from qa_bot.slack.quoting import clean, unescape
from qa_bot.slack.settings import ChannelSettings, FollowUps, Mode

QUESTIONS_ANSWERED = 5
"""Questions of one message that are answered."""

CHARS_READ = 6000
"""Characters of a message that are read; no question is nearly as long."""


_ENTITY = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_FORMATTING = re.compile(r"(?<!\w)([*_~`]{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)", re.DOTALL)
_BULLET = re.compile(r"^\s*(?:[•◦▪*-]|\d{1,2}[.)])\s+", re.MULTILINE)
_QUESTION = re.compile(r"[^?？]*[?？]+[\"'”’)\]]*")

_ASKING = (
    "who whom whose what when where which why how is are was were am do does did has have had can could will would should "
    "shall may might wer wen wem wessen was wann wo woher wohin welche welcher welches welchen welchem warum wieso weshalb "
    "weswegen wie wieviel wieviele ist sind war waren hat haben hatte hatten kann können konnte wird werden wurde wurden "
    "soll sollte darf gibt gab"
)
_OPENERS = re.compile(
    r"^(?:(?:and|but|so|ok|okay|well|also|please|und|aber|also|bitte|hey|hi|hello|hallo)\b[\s,!:–-]*)+", re.I
)


class Trigger(StrEnum):
    """What made a message a question to the bot."""

    MENTION = "mention"
    DIRECT = "direct"
    FOLLOW_UP = "follow-up"
    AUTO = "auto"
    SHORTCUT = "shortcut"


def typed(text: str, bot_user: str | None = None) -> str:
    """What a person typed in a message: plain text without formatting and mentions of the bot, links as their labels."""

    def plain(entity: re.Match[str]) -> str:
        target, label = entity.groups()
        if target.startswith("@"):
            return "" if target[1:] == bot_user else f"@{label}" if label else ""
        if target.startswith(("#", "!")):
            return label or ""
        return label or target.removeprefix("mailto:")

    return _FORMATTING.sub(r"\2", clean(unescape(_ENTITY.sub(plain, text[:CHARS_READ])))).strip()


def mentions(text: str) -> set[str]:
    """The ids of the people that a message mentions."""
    return {target[1:] for target, _ in _ENTITY.findall(text[:CHARS_READ]) if target.startswith("@")}


def links(text: str) -> list[str]:
    """The http(s) links in a message, each once."""
    targets = (unescape(target) for target, _ in _ENTITY.findall(text[:CHARS_READ]))
    return list(dict.fromkeys(target for target in targets if target.startswith(("http://", "https://"))))


def is_question(text: str) -> bool:
    """Whether a text reads like a question."""
    bare = _OPENERS.sub("", text.strip())
    if not any(character.isalpha() for character in bare):
        return False
    if re.search(r"[?？][\"'”’)\]\s]*$", bare):
        return True
    words = re.findall(r"[^\W\d_]+", bare.casefold())
    return len(words) >= 3 and words[0] in _ASKING.split() and not bare.rstrip().endswith((".", "!"))


def questions_in(text: str) -> list[str]:
    """Splits a text into its questions, if several end in a question mark or stand on lines of their own.

    A greeting or a "please" before a question is dropped.
    """
    text = _BULLET.sub("\n", text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    questions = [part.strip() for line in lines for part in _QUESTION.findall(line) if is_question(part)]
    if len(questions) < 2:
        asking_lines = [line for line in lines if is_question(line)]
        questions = asking_lines if len(asking_lines) > 1 else [" ".join(lines)]
    return [question for question in map(_without_greeting, questions) if question][:QUESTIONS_ANSWERED]


def _without_greeting(text: str) -> str:
    bare = re.sub(r"^(?:(?:hey|hi|hello|hallo|moin|please|bitte|ok|okay)\b[\s,!.:–-]+)+", "", text, flags=re.I)
    return bare or text


def trigger_of(
    text: str, settings: ChannelSettings, *, direct: bool, in_thread: bool, bot_user: str | None
) -> Trigger | None:
    """What makes a message, as Slack sends it, a question to the bot (id of its user: `bot_user`); None if it is none."""
    if direct:
        return Trigger.DIRECT
    mentioned = mentions(text)
    if bot_user in mentioned:
        return Trigger.MENTION
    if in_thread and settings.follow_ups is FollowUps.ALWAYS:
        return Trigger.FOLLOW_UP
    if mentioned or not is_question(typed(text)):
        return None
    if in_thread:
        return Trigger.FOLLOW_UP if settings.follow_ups is FollowUps.QUESTIONS else None
    return Trigger.AUTO if settings.mode is Mode.AUTO else None
