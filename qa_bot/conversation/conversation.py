"""Follow-up questions in the light of the turns before.

A reader takes one question.  What "she", "there" or "and when?" refer to is in the turns before; rules replace such words,
or complete the question.  A question that refers to nothing stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_bot.conversation.question_form import DEGREE, PREPOSITION, WH, Form, Kind, asked_about, form_of
from qa_bot.conversation.referring import (
    Turn,
    dates_in,
    is_person,
    names_in,
    replaced,
    subject_of,
    with_preposition,
    without_attribution,
)
from qa_bot.conversation.verbs import words

_OPENER = re.compile(r"^(?:(?:and|but|so|ok|okay|also|then|und|aber|also|dann)\b[\s,]*)+", re.I)
_NOUN_OF_TIME_OR_PLACE = r"(?:\s+(?:year|day|month|date|century|city|country|place|town|way|time|reason))?"
_BARE_WH = re.compile(
    rf"^(?P<opening>(?:{PREPOSITION}\s+)?{WH}{_NOUN_OF_TIME_OR_PLACE}(?:\s+(?:else|exactly))?)(?:\s+so\s+{DEGREE})?"
    r"(?P<then>\s+then)?\s*\??$",
    re.I,
)
_THAT = re.compile(
    r"^(?P<opening>when|where|why|how)\s+(?:(?:was|is)\s+(?:that|this)|did\s+(?:that|this|it)\s+(?:happen|come\s+about)"
    r"|(?:did|do|does)\s+(?:he|she|they|it)\s+do\s+(?:that|this|it|so))\s*\??$",
    re.I,
)
_OTHER = re.compile(r"^(?:what|how)\s+about\s+(.+?)\s*\??$", re.I)
_ONLY_A_TOPIC = re.compile(r"^([\w'’.&-]+(?:\s+[\w'’.&-]+){0,5})\s*\?$")
_ONLY_A_NAME = re.compile(
    r"^(?:the\s+)?[A-ZÄÖÜÉ\d][\w'’.-]*(?:\s+(?:of|the|de|van|von|[A-ZÄÖÜÉ\d][\w'’.-]*)){0,5}\s*\?$"
)
_NO_TOPIC = words(
    "yes no really ok is are was were am do does did has have had can could will would should shall may might must not if i we "
    "you he she it they there so"
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b", re.I
)
_NAMED = re.compile(r"^(?:the\s+)?[A-ZÄÖÜÉ\d]")
_PREPOSITION = re.compile(rf"^{PREPOSITION}\s+.+?\s*\??$", re.I)
_RANKED = re.compile(
    r"\bthe\s+(?:(?:first|second|third|last|only|most|fewest|least|\w{3,}est)\b)(?:\s+[a-z][\w-]*)?", re.I
)
_RANK_ONLY = re.compile(r"^the\s+(?:first|second|third|last|most|fewest|least|\w{3,}est)$", re.I)
_LAST_PART = re.compile(r"\b(?:the|a|an)\s+[a-z][\w’'-]*(?:\s+[a-z][\w’'-]*)?$")
_PRONOUNS = words("he she it they him her them his its their hers theirs this that these those you me us")
_MOST = re.compile(r"^(?:the\s+)(?:most|fewest|largest\s+number\s+of)\s+(.+)$", re.I)


def in_light_of(question: str, turns: Sequence[Turn]) -> str:
    """Makes a question that can be understood without the conversation.

    Args:
        question: as typed.
        turns: before it, oldest first.

    Example:
        >>> turns = [Turn("Who discovered penicillin?", "Alexander Fleming", "Penicillin")]
        >>> in_light_of("Where did he work?", turns)
        'Where did Alexander Fleming work?'
        >>> in_light_of("And when?", turns)
        'When did Alexander Fleming discover penicillin?'
    """
    if not turns:
        return question
    asked = question.strip()
    opener = _OPENER.match(asked)
    bare = asked[opener.end() :] if opener else asked
    completed = _completed(bare, turns, opened=opener is not None)
    if completed is not None:
        return completed
    meant = replaced(bare, turns)
    return f"{meant[:1].upper()}{meant[1:]}" if meant != bare else question


def _completed(bare: str, turns: Sequence[Turn], *, opened: bool) -> str | None:
    """Completes a question that is only a beginning by the question before; None if it is whole."""
    last = turns[-1]
    form = form_of(without_attribution(last.question))
    if match := _THAT.match(bare) or _BARE_WH.match(bare):
        return _asked_of_the_same(match["opening"], match.groupdict().get("then") is not None, form, last)
    if match := _OTHER.match(bare):
        topic = match.group(1)
        return None if topic.lower() in _PRONOUNS else _about_another(topic, form, last)
    if _PREPOSITION.match(bare) and len(bare.split()) <= 6 and not _FINITE.search(bare):
        return _under_a_condition(bare.rstrip(" ?"), form, last)
    match = _ONLY_A_TOPIC.match(bare)
    if match and bare != last.question and (opened or _ONLY_A_NAME.match(bare)):
        parts = match.group(1).lower().split()
        if parts[0] not in _NO_TOPIC and not _PRONOUNS & set(parts) and form_of(bare) is None:
            return _about_another(match.group(1), form, last)
    return None


def _asked_of_the_same(opening: str, then: bool, form: Form | None, last: Turn) -> str | None:
    """Asks "When?" of the event in the question before."""
    if form is None:
        return None
    if last.short_answer and opening.lower() in ("how many", "how much") and (most := _most(form)):
        return _question(f"{opening} {most[0]} {most[1]} {last.short_answer} have")
    made = asked_about(form, opening, last.short_answer)
    dates = dates_in(last.short_answer or "") if then else []
    return None if made is None else _question(f"{made} {with_preposition(dates[-1])}" if dates else made)


def _most(form: Form) -> tuple[str, str] | None:
    """What somebody has the most of, and the verb that asks for it."""
    has = form.verb in ("has", "have", "had") and form.asks_for_subject
    most = _MOST.match(form.rest) if has else None
    return (most.group(1), {"has": "does", "have": "do", "had": "did"}[form.verb]) if most else None


def _about_another(topic: str, form: Form | None, last: Turn) -> str | None:
    """Puts Voyager 1 into the question before: "What about Voyager 1?"."""
    question = last.question.rstrip(" ?")
    if dates_in(topic):
        return _under_a_condition(with_preposition(topic), form, last)
    if topic.lower().startswith("the ") and (ranked := _RANKED.search(question)):
        shown = ranked.group()
        rank = " ".join(shown.split()[:2])
        return _question(question.replace(rank if _RANK_ONLY.match(topic) else shown, topic, 1))
    if form and form.wh.lower() == "how many" and topic[:1].islower() and not topic.startswith(("the ", "a ", "an ")):
        return _question(f"{form.wh} {topic} {form.verb} {form.rest}")
    names = [name for name in names_in(without_attribution(question)) if not dates_in(name)]
    if _NAMED.match(topic) and form and (most := _most(form)):
        return _question(f"how many {most[0]} {most[1]} {topic} have")
    if _NAMED.match(topic) and names:
        if form and form.kind is Kind.PERSON and is_person(topic) and not any(map(is_person, names)):
            return _question(f"who is {topic}")
        own = next((name for name in names if _alike(name, topic)), names[-1])
        plain = own.removeprefix("the ") if not topic.lower().startswith("the ") and f"the {topic}" != own else own
        return _question(question.replace(plain, topic, 1))
    if names and topic[:1].islower() and question.endswith(names[-1]):
        return _question(question.removesuffix(names[-1]) + topic)
    if form and not names and not _NAMED.match(topic):
        if part := _LAST_PART.search(question):
            return _question(question[: part.start()] + topic)
        if form.asks_for_subject and len(form.rest.split()) == 1:
            return _question(question[: -len(form.rest)] + topic)
    return None


def _under_a_condition(condition: str, form: Form | None, last: Turn) -> str:
    """Puts a place or time into the question before: "And in India?"."""
    question = last.question.rstrip(" ?")
    dated = bool(dates_in(condition))
    if dated and form is not None and form.kind is Kind.TIME and (subject := subject_of(last)):
        return _question(f"what happened to {subject} {condition}")
    preposition = condition.split()[0].lower()
    for own in re.finditer(
        rf"\b{preposition}\s+((?:the\s+)?[A-ZÄÖÜÉ\d][\w’'-]*(?:\s+[A-ZÄÖÜÉ\d][\w’'-]*)*)$", question
    ):
        if bool(dates_in(own.group(1))) == dated:
            return _question(f"{question[: own.start()]}{condition}")
    return _question(f"{question} {condition}")


def _alike(name: str, other: str) -> bool:
    """Whether two names share a word that is not a number, as "Voyager 2" and "Voyager 1" do."""
    own = {word for word in name.lower().split() if word.isalpha() and word != "the"}
    return bool(own & set(other.lower().split()))


def _question(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[:1].upper()}{text[1:]}?"
