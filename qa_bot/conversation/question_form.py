"""The parts of an English question, and another question about the same: "Who won it?" -> "When did she win it?"."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from qa_bot.conversation.verbs import base_form, singular_base, words

_BE, _DO = words("is are was were am"), words("do does did")
_HELPING = words("has have had can could will would should shall may might must")
_AUXILIARIES = _BE | _DO | _HELPING
_DONE = words(
    "been begun broken chosen come done drawn fallen flown given gone grown hidden known proven risen seen shown spoken stolen "
    "sung sunk taken thrown written"
)
_MEASURES = words("many much old big high deep tall wide heavy")
"""Degrees that ask for a property, not for an event: "How old?"."""
_PAYING = words("pay cost spend earn give donate sell buy raise invest lose win offer")
_PREPOSITIONS = "at in on from to for by with of about since until during after before near under through into against"
PREPOSITION = rf"(?:according\s+to|{'|'.join(_PREPOSITIONS.split())})"
DEGREE = r"(?:many|much|long|far|old|often|big|high|deep|tall|fast|late|early|soon|wide|heavy)"
WH = rf"(?:who|whom|whose|what|which|when|where|why|how(?:\s+{DEGREE})?)"
_OPENING = re.compile(rf"(?:(?P<preposition>{PREPOSITION})\s+)?(?P<wh>{WH})\b\s*", re.I)
_BEFORE_PLACE = re.compile(rf"^(?P<action>\S+(?:\s+\S+)*?)\s+(?P<where>{PREPOSITION}\s+.+)$")
_INVERTED = re.compile(r"^(?:he|she|it|they|we|you|the|a|an|his|her|its|their|[A-ZÄÖÜ])")
PERSONS = re.compile(
    r"\b(?:person|people|man|men|woman|women|doctor|king|queen|scientist|engineer|astronaut|astronomer|author|writer|artist|"
    r"player|captain|minister|president|chancellor|general|leader|politician|professor|chemist|physicist|inventor|explorer|"
    r"footballer|athlete|nurse|child|girl|boy|official|senator|spokes\w+|journalist|architect|philosopher|director)s?$",
    re.I,
)
TIMES = re.compile(r"\b(?:year|day|month|date|century|decade|time|week|hour|season)s?$", re.I)
PLACES = re.compile(
    r"\b(?:city|country|place|town|state|address|house|building|street|island|continent|village|river|ocean|sea|region)s?$",
    re.I,
)


class Kind(StrEnum):
    """What a question asks for."""

    PERSON = "person"
    TIME = "time"
    PLACE = "place"
    NUMBER = "number"
    THING = "thing"
    OTHER = "other"


class Form(NamedTuple):
    """The parts of a question: "At what address did Anne Frank hide?".

    Attributes:
        preposition: "At"; empty if there is none.
        wh: "what".
        noun: "address"; empty if none follows the question word.
        verb: "did", the first verb.
        rest: "Anne Frank hide".
    """

    preposition: str
    wh: str
    noun: str
    verb: str
    rest: str

    @property
    def kind(self) -> Kind:
        """What it asks for."""
        wh = self.wh.lower()
        if wh in ("who", "whom", "whose") or PERSONS.search(self.noun):
            return Kind.PERSON
        if wh == "when" or TIMES.search(self.noun):
            return Kind.TIME
        if wh == "where" or PLACES.search(self.noun):
            return Kind.PLACE
        if wh.startswith("how "):
            return Kind.NUMBER
        return Kind.THING if wh in ("what", "which") else Kind.OTHER

    @property
    def asks_how(self) -> bool:
        """Whether it asks how, when, where or why something happens, not who or what takes part."""
        own = self.wh.lower()
        degree = own.startswith("how ") and own not in ("how many", "how much")
        return bool(self.preposition) or own in ("when", "where", "why", "how") or degree

    @property
    def asks_for_subject(self) -> bool:
        """Whether it asks who does it: "Who won?", not "Whom did they beat?"."""
        if self.asks_how or self.verb in _DO:
            return False
        return self.verb not in _HELPING or _is_main(self.verb, self.rest) or not _INVERTED.match(self.rest)


def form_of(question: str) -> Form | None:
    """The parts of a question; None if it does not begin with a question word."""
    bare = " ".join(question.split()).rstrip(" ?!.")
    opening = _OPENING.match(bare)
    if opening is None:
        return None
    wh, following = opening["wh"], bare[opening.end() :].split()
    at = _verb_at(following, wh.lower(), bool(opening["preposition"]))
    if at is None:
        return None
    verb = following[at]
    return Form(
        opening["preposition"] or "",
        wh,
        " ".join(following[:at]),
        verb.lower() if verb.lower() in _AUXILIARIES else verb,
        " ".join(following[at + 1 :]),
    )


def _verb_at(following: list[str], wh: str, preposition: bool) -> int | None:
    """Index of the first verb in the words after the question word."""
    takes_noun = wh in ("what", "which", "whose", "how many", "how much") or preposition
    near = [word.lower() for word in following[: 6 if takes_noun else 2]]
    helping = next((at for at, word in enumerate(near) if word in _AUXILIARIES), None)
    past = next((at for at, word in enumerate(near) if base_form(word) is not None), None)
    positions = [at for at in (helping, past) if at is not None]
    if positions:
        return min(positions)
    if wh in ("who", "what") and following:
        return 0
    return 1 if wh in ("how many", "which") and len(following) > 2 else None


def asked_about(form: Form, opening: str, answer: str | None) -> str | None:
    """Makes another question about the same event.

    Args:
        form: of the question before.
        opening: of the question to be made: "when", "for how long", "by whom".
        answer: to the question before, if it has one.

    Returns:
        The question, without a question mark; None if that is not possible.

    Example:
        >>> asked_about(form_of("Who discovered penicillin?"), "when", "Alexander Fleming")
        'when did Alexander Fleming discover penicillin'
    """
    words_of_it = opening.lower().split()
    if words_of_it[0] in ("who", "what", "which") and len(words_of_it) == 1:
        return _who(form) if words_of_it[0] == "who" else None
    if words_of_it[0] in ("who", "what", "which") and words_of_it[-1] == "else":
        return None if form.asks_how else f"{opening} {form.verb} {form.rest}"
    if words_of_it[0] == "how" and words_of_it[-1] in _MEASURES:
        return _measured(form, opening, answer)
    if form.asks_how:
        degree = form.wh.lower().removeprefix("how ").strip() if form.verb in _BE and " " in form.wh else ""
        so = f" so {degree}" if degree and not form.preposition and opening.lower() in ("why", "how") else ""
        return f"{opening} {form.verb} {form.rest}{so}"
    part = _participant(form, answer)
    if form.asks_for_subject:
        return f"{opening} {_with_subject(form, part)}".strip()
    if action := _BEFORE_PLACE.match(form.rest):
        return f"{opening} {form.verb} {action['action']} {part} {action['where']}"
    return f"{opening} {form.verb} {form.rest} {part}"


def _measured(form: Form, opening: str, answer: str | None) -> str | None:
    """Asks how much somebody paid, or how old somebody is; None where that makes no sense."""
    degree = opening.lower().split()[-1]
    verb = base_form(form.verb) if form.asks_for_subject else form.rest.rpartition(" ")[2]
    if degree == "much":
        rest = _with_subject(form, _participant(form, answer)) if form.asks_for_subject else f"{form.verb} {form.rest}"
        return f"{opening} {rest}" if verb in _PAYING else None
    if degree == "many" or form.verb not in _BE:
        return None
    if form.asks_for_subject:
        return f"{opening} {form.verb} {_participant(form, answer)}"
    alone = form.asks_how and not any(base_form(word) or word in _DONE for word in form.rest.split())
    return f"{opening} {form.verb} {form.rest}" if alone else None


def _who(form: Form) -> str | None:
    """Asks who does it, if the form of the question tells."""
    if form.asks_how and form.verb in _BE and any(base_form(word) for word in form.rest.split()[1:]):
        return f"by whom {form.verb} {form.rest}"
    subject = re.match(r"(?:he|she|it|they|people)\s+(?=\w)", form.rest, re.I)
    return f"who {form.verb} {form.rest[subject.end() :]}" if subject and form.verb in _DO else None


def _participant(form: Form, answer: str | None) -> str:
    """Who or what a question asks for: its answer, or a general word for it."""
    if answer and form.wh.lower() in ("how many", "how much"):
        return f"{answer} {form.noun}" if form.noun and form.noun.split()[-1] not in answer else answer
    if answer:
        return answer
    if form.noun:
        return f"the {form.noun}"
    return "someone" if form.kind is Kind.PERSON else "it"


def _with_subject(form: Form, subject: str) -> str:
    verb, rest = form.verb, form.rest
    if verb in _BE and rest.lower().startswith("there"):
        return f"{verb} there {subject} {rest[5:].strip()}"
    if verb in _BE or (verb in _HELPING and not _is_main(verb, rest)):
        return f"{verb} {subject} {rest}"
    if base := base_form(verb):
        return f"did {subject} {base} {rest}"
    if form.wh.lower() == "how many":
        return f"do {subject} {verb} {rest}"
    base = singular_base(verb)
    return f"does {subject} {base} {rest}" if base else f"is it that {subject} {verb} {rest}"


def _is_main(verb: str, rest: str) -> bool:
    """Whether "has" is the main verb: what somebody has, not what they have done."""
    done = any(word in _DONE or base_form(word) is not None for word in rest.lower().split())
    return verb in ("has", "have", "had") and not done
