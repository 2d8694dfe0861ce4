"""What people write: what of it is a question, what is small talk, what Slack made of what they typed."""

from __future__ import annotations

import time

import pytest

from qa_bot.conversation.small_talk import SmallTalk, small_talk
from qa_bot.slack.incoming.access import BotIdentity, Refusal, is_from_bot, refusal, team_of
from qa_bot.slack.incoming.messages import Trigger, is_question, links, mentions, questions_in, trigger_of, typed
from qa_bot.slack.incoming.requests import read_id, read_message, read_timestamp
from qa_bot.slack.settings import ChannelSettings, FollowUps, Mode, SlackSettings

HOME = BotIdentity("T1", None, "U0BOT", "B0BOT")


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("<@U0BOT> who won?", "who won?"),
        ("Hey <@U0BOT>, *when* was _Voyager 2_ launched?", "Hey , when was Voyager 2 launched?"),
        ("what does <https://example.org/a|the page> say", "what does the page say"),
        ("is <#C123|general> there", "is general there"),
        ("a &lt;b&gt; &amp; c snake_case_name 2*3*4", "a <b> & c snake_case_name 2*3*4"),
        ("<!channel> who?", "who?"),
        ("<@U0OTHER|ann> said `x`", "@ann said x"),
        ("", ""),
    ],
)
def test_what_was_typed_is_found_in_what_slack_sends(sent: str, text: str) -> None:
    assert typed(sent, "U0BOT") == text


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("Who won?", ["Who won?"]),
        ("hi, who won?", ["who won?"]),
        ("Who won? And when?", ["Who won?", "And when?"]),
        ("1. who was there\n2. where was it held", ["who was there", "where was it held"]),
        ("NATO was founded in 1949. Who signed?", ["NATO was founded in 1949. Who signed?"]),
        ("founding of NATO", ["founding of NATO"]),
        ("?" * 30, ["?" * 30]),
        ("\n".join(f"Who was number {number}?" for number in range(9)), [f"Who was number {n}?" for n in range(5)]),
    ],
)
def test_each_question_of_a_message_is_one(text: str, questions: list[str]) -> None:
    assert questions_in(text) == questions


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("thanks!", SmallTalk.THANKS),
        ("Thank you :pray:", SmallTalk.THANKS),
        ("Hello", SmallTalk.HELLO),
        ("help", SmallTalk.HELP),
        ("?", SmallTalk.HELP),
        ("What can you do?", SmallTalk.HELP),
        ("Danke schön!", SmallTalk.THANKS),
        ("bye", SmallTalk.GOODBYE),
        ("hello, who won?", None),
        ("thanks to whom?", None),
        ("", None),
    ],
)
def test_small_talk_is_told_from_questions(text: str, kind: SmallTalk | None) -> None:
    assert small_talk(text) is kind


@pytest.mark.parametrize(
    "text", ["Who won?", "when was it founded", "And where?", "Wann war das", "is it true that he won", "?!?"]
)
def test_questions(text: str) -> None:
    assert is_question(text) is (text != "?!?")


@pytest.mark.parametrize(
    "text", ["I don't know.", "Which I like.", "ok", "", "what a day!", "see https://a.b/c?d=e for that"]
)
def test_no_questions(text: str) -> None:
    assert not is_question(text)


def test_links_and_mentions_are_told_apart() -> None:
    text = "<@U1> <https://a.example/x?y=1&amp;z=2|a> <https://a.example/x?y=1&amp;z=2> <mailto:a@b.c|a> <#C1|x>"
    assert links(text) == ["https://a.example/x?y=1&z=2"]
    assert mentions(text) == {"U1"}


def test_a_text_made_to_take_long_does_not() -> None:
    began = time.perf_counter()
    for text in ("*a " * 20_000, "<" * 60_000, "?" * 60_000, "_*~" * 20_000, "hi " * 20_000, "and " * 20_000):
        for question in questions_in(typed(text)):
            is_question(question)
        small_talk(typed(text))
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("text", "settings", "in_thread", "how"),
    [
        ("<@U0BOT> hi", ChannelSettings(), False, Trigger.MENTION),
        ("Who won the cup?", ChannelSettings(), False, None),
        ("Who won the cup?", ChannelSettings(mode=Mode.AUTO), False, Trigger.AUTO),
        ("<@U9> who won the cup?", ChannelSettings(mode=Mode.AUTO), False, None),
        ("Nice.", ChannelSettings(mode=Mode.AUTO), False, None),
        ("Who won the cup?", ChannelSettings(), True, Trigger.FOLLOW_UP),
        ("<@U9> who won the cup?", ChannelSettings(), True, None),
        ("Nice.", ChannelSettings(), True, None),
        ("Nice.", ChannelSettings(follow_ups=FollowUps.ALWAYS), True, Trigger.FOLLOW_UP),
        ("Who won the cup?", ChannelSettings(follow_ups=FollowUps.MENTION), True, None),
        ("Who won the cup?", ChannelSettings(mode=Mode.AUTO, follow_ups=FollowUps.MENTION), True, None),
    ],
)
def test_who_means_the_bot(text: str, settings: ChannelSettings, in_thread: bool, how: Trigger | None) -> None:
    assert trigger_of(text, settings, direct=False, in_thread=in_thread, bot_user="U0BOT") is how


def test_people_of_other_organisations_get_nothing_unless_allowed() -> None:
    closed = SlackSettings(channels={"C1": {"external_people": True}})
    assert refusal(closed, HOME, "C2", "T2") is Refusal.STRANGER
    assert refusal(closed, HOME, "C1", "T2") is None
    assert refusal(closed, HOME, "C2", "T1") is None
    assert refusal(closed, HOME, None, "T2") is Refusal.STRANGER
    assert team_of({"text": "hi"}, shared=True) not in (None, "T1"), "silence is no passport"
    assert team_of({"user_team": "T2", "team": "T1"}, shared=True) == "T2"
    assert team_of({"team": "T3"}, shared=False) is None, "a sibling workspace: the channel is not shared with others"


def test_lists_of_workspaces_and_channels_are_kept() -> None:
    listed = SlackSettings(workspaces=("T9",), allowed_channels=("C1",), channels={"C1": {"mode": "off"}})
    assert refusal(listed, HOME, "C1", None) is Refusal.WORKSPACE
    own = HOME._replace(team="T9")
    assert refusal(listed, own, "C2", None) is Refusal.CHANNEL
    assert refusal(listed, own, "C1", None) is Refusal.CHANNEL, "it is off"
    assert refusal(listed, own, "D1", None) is None


def test_bots_are_not_answered_unless_they_are_named() -> None:
    settings = SlackSettings(answered_bots=("B7",))
    assert is_from_bot({"user": "U0BOT"}, settings, HOME)
    assert is_from_bot({"user": "U5", "bot_id": "B0BOT"}, SlackSettings(answered_bots=("B0BOT",)), HOME), "never itself"
    assert is_from_bot({"user": "U5", "bot_id": "B6"}, settings, HOME)
    assert not is_from_bot({"user": "U5", "bot_id": "B7"}, settings, HOME)
    assert not is_from_bot({"user": "U5"}, settings, HOME)


@pytest.mark.parametrize("value", [None, 1, "", "c1", "C1\n", "../x", "C" * 40, ["C1"]])
def test_what_is_no_id_is_dropped(value: object) -> None:
    assert (read_id(value), read_timestamp(value)) == (None, None)
    assert read_message({"user": value, "ts": "1.1", "text": "x"}, "C12") is None
