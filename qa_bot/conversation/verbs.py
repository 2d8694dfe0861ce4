"""English verbs: "discovered" -> "discover", so that "Who discovered it?" can become "When did she discover it?"."""

from __future__ import annotations

import re

_PASTS = (
    "be was were, become became, begin began, bend bent, bet bet, bind bound, bite bit, bleed bled, blow blew, "
    "break broke, bring brought, build built, burn burnt, buy bought, catch caught, choose chose, come came, "
    "cost cost, cut cut, deal dealt, dig dug, do did, draw drew, drink drank, drive drove, eat ate, fall fell, "
    "feed fed, feel felt, fight fought, find found, flee fled, fly flew, forbid forbade, forget forgot, "
    "forgive forgave, freeze froze, get got, give gave, go went, grow grew, hang hung, have had, hear heard, hide hid, "
    "hit hit, hold held, hurt hurt, keep kept, know knew, lay laid, lead led, lean leant, learn learnt, leave left, "
    "lend lent, let let, light lit, lose lost, make made, mean meant, meet met, pay paid, overcome overcame, "
    "overthrow overthrew, overtake overtook, put put, quit quit, read read, rebuild rebuilt, ride rode, ring rang, "
    "rise rose, run ran, say said, see saw, seek sought, sell sold, send sent, set set, shake shook, shine shone, "
    "shoot shot, show showed, shut shut, sing sang, sink sank, sit sat, sleep slept, slide slid, speak spoke, "
    "spend spent, split split, spread spread, stand stood, steal stole, stick stuck, strike struck, swear swore, "
    "sweep swept, swim swam, swing swung, take took, teach taught, tear tore, tell told, think thought, throw threw, "
    "understand understood, undertake undertook, wake woke, wear wore, win won, withdraw withdrew, write wrote, "
    "adore adored, create created, dissuade dissuaded, breathe breathed, dye dyed, fulfil fulfilled, owe owed, "
    "persuade persuaded, recreate recreated"
)
"""Verbs whose past tense is irregular, or follows a rare rule: the base, then the past."""


def words(text: str) -> frozenset[str]:
    """The words of a text, separated by spaces."""
    return frozenset(text.split())


_IRREGULAR = {past: base for base, *pasts in map(str.split, _PASTS.split(",")) for past in pasts}
_DOUBLING = words(
    "control cancel travel label model compel expel propel repel rebel excel fuel signal patrol dispel quarrel "
    "channel level"
)
"""Verbs in l that double it: "controlled", but "called"."""
_WITH_E = re.compile(
    r"[vcuz]$|(?:[dnr]|[aeiou]d)g$|[aeiourln]s$|(?<![aeiou])(?:[aiou]b|ag|at|ot|ut|id|ad|ud|od|ak|ik|ok|am|im|um|il|ul|ol|ap|ip|yp|op)$"
    r"|(?:^|[^aeiou])(?:ir|ur|ar|in|un|om)$|[qg]u(?:ir|id)$|[bcdfgkptz]l$|(?:pl|st|sc|sh|gn|cr|fl)or$|(?:^|ex|ad|re)plor$"
    r"|(?:un|inv|exc|ign|rec|^c|^b|wr)it$|(?:compl|comp|del|athl)et$|(?:adh|interf|rev|persev)er$|(?:postp|cond)on$|(?:conv|interv)en$"
)
_WITHOUT_E = words(
    "focus develop envelop gallop pilot bias target market visit limit edit ring hang belong long bring canvas"
)
_VOWEL = re.compile(r"[aeiouy]")


def base_form(word: str) -> str | None:
    """The base form of a verb in the past tense; None for a word of another form.

    Example:
        >>> [base_form(word) for word in ("discovered", "proposed", "planned", "took", "carried", "penicillin")]
        ['discover', 'propose', 'plan', 'take', 'carry', None]
    """
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("ed") or not _VOWEL.search(word[:-2]):
        return None
    stem = word[:-2]
    if stem.endswith("i"):
        return f"{stem[:-1]}y" if len(stem) > 2 else f"{stem}e"
    if stem.endswith("e"):
        return stem + "e"
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "sfz":
        return stem[:-1] if stem[-1] != "l" or stem[:-1] in _DOUBLING else stem
    return stem if stem in _WITHOUT_E or not _WITH_E.search(stem) else stem + "e"


def singular_base(word: str) -> str | None:
    """The base form of a verb in the third person, "depends"; None for a word of another form."""
    word = word.lower()
    if word == "has":
        return "have"
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return None
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("sses", "shes", "ches", "xes", "zes", "oes")) else word[:-1]
