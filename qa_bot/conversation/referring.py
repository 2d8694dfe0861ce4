"""What "she", "it", "there" and "then" refer to in a conversation, and a question with names in their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from embeddings.dates import MONTHS
from qa_bot.conversation.question_form import PREPOSITION, Form, Kind, form_of
from qa_bot.conversation.verbs import base_form, words

LONGEST = 80
"""Characters of the longest answer that may replace a word of the next question."""


class Turn(NamedTuple):
    """A question of the conversation, and what answered it.

    Attributes:
        question: as it was understood.
        answer: its words; None if there was no answer.
        title: of the quoted article.
    """

    question: str
    answer: str | None = None
    title: str | None = None

    @property
    def short_answer(self) -> str | None:
        """The answer, if it is short enough to use in another question."""
        return self.answer if self.answer and len(self.answer) <= LONGEST else None


_PERSON = re.compile(r"\b(he|she|him|himself|herself)\b|\b(his|her|hers)\b", re.I)
_THING = re.compile(r"\b(it|itself|this|that one)\b(?!\s+(?:true|possible|known|clear|said|raining))|\b(its)\b", re.I)
_PEOPLE = re.compile(r"\b(they|them|themselves|these|those)\b|\b(their|theirs)\b", re.I)
_PLACE = re.compile(r"(?<!^)\b(there)\b(?!\s+(?:is|are|was|were|be|been))|\b(that place)\b", re.I)
_TIME = re.compile(r"\b(then|that (?:year|day|time|date))\b", re.I)
_IS_THERE = re.compile(r"\b(?:is|are|was|were|will|be)\s+there\b|\bbeen\s+there\b(?!\s*\?*$)", re.I)
_ONE_OF = re.compile(r"^which\s+(?:one\s+)?(?=(?:is|was|are|were)\b)", re.I)
_MOVING = re.compile(r"\b(?:go|goes|went|come|came|travel|travelled|fly|flew|move|moved|get|got|send|sent)\b", re.I)

_NAME = re.compile(
    r"(?<![\w'’])(?:[A-ZÄÖÜÉ][\w'’&.-]*|\d{4})(?:\s+(?:(?:of|the|de|van|von|der|la|du|and|for)\s+){0,2}[A-ZÄÖÜÉ\d][\w'’&.-]*)*"
)
_MONTHS = "|".join(MONTHS)
_DATE = re.compile(rf"\b(?:\d{{1,2}}\s+)?(?:{_MONTHS})\b[\d\s,]*|\b1\d{{3}}\b|\b20\d{{2}}\b")
_NOT_NAMES = words(
    "who whom whose what which when where why how is are was were do does did has have had can could will would should "
    "the a an in on at by of and it he she they there this that i we you from to for"
)
_NO_PERSON = re.compile(
    r"\b(?:Deep|Wall|Reef|Stadium|Trench|War|Cup|City|Island|River|Sea|Ocean|Museum|Bridge|Street|Party|University|Museum|House|"
    r"States|Union|Kingdom|Web|Laboratory|College|Committee|Company|Games|Olympics|Treaty|Act|Probe|Mission|Lake|Mount)\b"
)
_LOCATED = re.compile(
    r"\b((?:at|in|on|inside|under|near)\s+(?:the\s+)?(?:[a-z]+\s+of\s+)?(?:the\s+)?[A-ZÄÖÜÉ][\w’'-]*(?:\s+[A-ZÄÖÜÉ\d][\w’'-]*)*)"
)
_POINT = re.compile(r"\b(?:headquarters|station|airport|university|museum|house|office|stadium|palace)\b|\d$", re.I)
"""Places that people are at, not in."""
_TOPIC_ENDS = words("that which who whose where when in on at by for to from with called named")


def replaced(question: str, turns: Sequence[Turn]) -> str:
    """Replaces words that refer to something by names, as far as the turns name it."""
    for pattern, kind in (
        (_PERSON, "person"),
        (_PLACE, "place"),
        (_TIME, "time"),
        (_THING, "thing"),
        (_PEOPLE, "people"),
    ):
        if pattern.search(_IS_THERE.sub("", question)) and (name := _referent(kind, question, turns)):
            question = _put(pattern, question, name)
    if _ONE_OF.match(question) and (several := _several(turns[-1])):
        return _ONE_OF.sub(f"Which of {several} ", question)
    return question


def subject_of(turn: Turn) -> str | None:
    """The thing that a question is about; None if it names none."""
    return next(iter(_things(turn)), None)


def names_in(text: str) -> list[str]:
    """The names in a text, each with "the" if that is before it."""
    names = []
    for name in _NAME.finditer(text):
        parts = name.group().split()
        first = parts[0].lower() in _NOT_NAMES
        own = " ".join(parts[1:] if first else parts)
        before = parts[0].lower() == "the" or (not first and re.search(r"\b[Tt]he\s+$", text[: name.start()]))
        if own:
            names.append(f"the {own}" if before else own)
    return names


def dates_in(text: str) -> list[str]:
    """The dates and years in a text."""
    return [date.strip(" ,") for date in _DATE.findall(text)]


def _referent(kind: str, question: str, turns: Sequence[Turn]) -> str | None:
    """What a word of this kind refers to: something of the kind in the latest turn that names one."""
    latest = turns[-4:][::-1]
    if kind == "thing":
        things = [thing for turn in latest for thing in _things(turn)]
        return next((thing for thing in things if not is_person(thing)), next(iter(things), None))
    if kind == "place":
        names = [_place(turn, question) for turn in latest]
    else:
        names = list(map({"person": _person, "time": _time, "people": _people}[kind], latest))
    return next(filter(None, names), None)


def _person(turn: Turn) -> str | None:
    form, answer = form_of(turn.question), turn.short_answer
    if form and form.kind is Kind.PERSON and answer:
        return answer
    named = [name for name in _topical(turn) if _could_be_person(name)]
    if named:
        return named[-1]
    thing = answer if answer and form and form.kind is Kind.THING else ""
    return thing if names_in(thing) == [thing] and _could_be_person(thing) else None


def _time(turn: Turn) -> str | None:
    dates = dates_in(f"{turn.question} {turn.short_answer or ''}")
    return with_preposition(dates[-1]) if dates else None


def with_preposition(date: str) -> str:
    """A date with its preposition: "in 1977", "on August 20, 1977"."""
    if re.match(PREPOSITION, date, re.I):
        return date
    return f"on {date}" if len(re.findall(r"\d+", date)) > 1 else f"in {date}"


def _place(turn: Turn, question: str) -> str | None:
    form, answer = form_of(turn.question), turn.short_answer
    place = ""
    if form and form.kind is Kind.PLACE and answer and not _is_asked_for(form):
        at = form.preposition.lower() or ("at" if _POINT.search(answer) else "in")
        at = "" if answer.lower().startswith(("in ", "at ", "on ")) else at
        place = f"{at} {answer}".strip()
    elif located := _LOCATED.findall(turn.question):
        place = located[-1]
    else:
        a_person = form is not None and form.kind is Kind.PERSON
        if names := [name for name in _topical(turn) if not (a_person and _could_be_person(name))]:
            place = f"at {names[-1]}" if names[-1].startswith("the ") or _is_asked_for(form) else f"in {names[-1]}"
    if place and _MOVING.search(question):
        return re.sub(r"^(?:in|at|on)\s+", "to ", place)
    return place or None


def _people(turn: Turn) -> str | None:
    form, answer = form_of(turn.question), turn.short_answer
    several = _several(turn)
    if several:
        return several
    if form and form.kind is not Kind.PERSON and (plural := re.search(r"(?<= )[a-z-]{3,}[^\WA-Zsu]s$", form.rest)):
        return f"the {plural.group()}"
    if answer and (form is None or form.kind is Kind.PERSON or _called(form)):
        return answer
    return subject_of(turn)


def _several(turn: Turn) -> str | None:
    """What a question counts: "Amsterdam’s bridges", "the jobs that depend on it"."""
    form = form_of(without_attribution(turn.question))
    if form is None or not form.noun or form.wh.lower() not in ("how many", "what", "which") or form.asks_how:
        return None
    if form.wh.lower() != "how many" and not form.noun.endswith("s"):
        return None
    owner = re.match(r"(.+?)\s+(?:have|own)$", form.rest)
    if owner and form.verb in ("do", "does", "did"):
        return f"{owner.group(1)}’s {form.noun}"
    if form.asks_for_subject and form.verb not in ("is", "are", "was", "were"):
        return f"the {form.noun} that {form.verb} {form.rest}"
    return f"the {form.noun}"


def _things(turn: Turn) -> list[str]:
    """What "it" may refer to in a turn, likeliest first."""
    form, answer = form_of(turn.question), turn.short_answer
    topical = _topical(turn)
    things = [name for name in topical if not _could_be_person(name)][::-1]
    candidates = [made] if form and (made := _object(form)) else []
    if form and answer and _called(form):
        candidates.append(answer)
    candidates += things
    if form and answer and not things and form.kind in (Kind.PLACE, Kind.THING) and not _is_asked_for(form):
        candidates.append(answer)
    topic = None if form and _is_only_done(form) else _topic(form.rest if form else turn.question)
    if topic and not things and not any(topic in name for name in topical):
        candidates.append(topic)
    return [*candidates, *reversed(topical)]


def _object(form: Form) -> str | None:
    """The object of a verb before a place: "came up with ring vaccination in Nigeria" -> "ring vaccination"."""
    if not form.asks_for_subject or base_form(form.verb) is None:
        return None
    located = re.match(r"(?P<before>.+)\s+in\s+(?:the\s+)?[A-ZÄÖÜÉ]", form.rest)
    if not located or names_in(located["before"]):
        return None
    return re.split(rf"\b(?:{PREPOSITION}|up|down|out|off|over)\s+", located["before"])[-1] or None


def _topical(turn: Turn) -> list[str]:
    """The names in a question, without dates and without "according to" somebody."""
    return [name for name in names_in(without_attribution(turn.question)) if not _DATE.fullmatch(name)]


def is_person(name: str) -> bool:
    """Whether a name reads like a person's first and last name."""
    parts = name.split()
    return len(parts) >= 2 and parts[0][0].isupper() and parts[-1][0].isupper() and _could_be_person(name)


def _could_be_person(name: str) -> bool:
    """Whether a name may be a person's, by its form."""
    if name.startswith("the ") or name.isupper() or any(character.isdigit() for character in name):
        return False
    return not _NO_PERSON.search(name)


def _called(form: Form) -> bool:
    """Whether a question asks for the name of what it describes."""
    return form.rest.endswith((" called", " named"))


def _is_asked_for(form: Form | None) -> bool:
    """Whether a question only asks where something is: then that is the topic."""
    return (
        form is not None
        and form.wh.lower() == "where"
        and form.verb in ("is", "are", "was", "were")
        and (names_in(form.rest) == [form.rest] or len(form.rest.split()) <= 2)
    )


def _is_only_done(form: Form) -> bool:
    """Whether a question says only what somebody does: "Where did Alexander Fleming work?"."""
    others = _NAME.sub("", form.rest).split()
    return form.verb in ("do", "does", "did") and len(others) == 1


def _topic(text: str) -> str | None:
    """The last thing in a text, with "the" if it has an article: "the tiny algae", "penicillin"."""
    tokens = re.findall(r"[\w'’-]+", without_attribution(text))
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at].lower() in ("the", "a", "an"):
            following = tokens[at + 1 : at + 4]
            end = next((n for n, word in enumerate(following) if word.lower() in _TOPIC_ENDS), len(following))
            if end:
                return " ".join(["the", *following[:end]])
    return tokens[-1] if tokens and tokens[-1].lower() not in _NOT_NAMES else None


def without_attribution(question: str) -> str:
    """A question without "according to" somebody."""
    return re.sub(r",?\s+according\s+to\s+[^,?]+", "", question, flags=re.I)


def _put(pattern: re.Pattern[str], text: str, name: str) -> str:
    def put(match: re.Match[str]) -> str:
        if pattern in (_PLACE, _TIME):
            before = re.search(r"\b(?:in|on|at|to|since|until|by|before|after|from)\s*$", text[: match.start()], re.I)
            return re.sub(r"^(?:in|on|at|to)\s+", "", name) if before else name
        owning = match.lastindex == 2
        if match.group().lower() == "her":  # possessive before a noun, else the person
            following = text[match.end() :].strip(" ?")
            owning = bool(re.match(r"[a-z]", following)) and not following.startswith(
                ("in ", "at ", "on ", "to ", "from ")
            )
        shown = f"{name[:1].upper()}{name[1:]}" if match.start() == 0 else name
        return f"{shown}’s" if owning else shown

    return pattern.sub(put, text)
