"""Verbs in the past tense and in the third person find their base form; other words are none."""

from __future__ import annotations

import pytest

from qa_bot.conversation.verbs import base_form, singular_base

BASES = (
    "accept act adore agree announce appear arrest arrive assassinate assume attend award bake become begin bias breathe build "
    "calculate call cancel capture carry cause change charge choose claim climb close collect combine command compete complain "
    "complete conduct connect contribute control cook cover create cure damage declare defeat define deliver depend describe "
    "design destroy determine develop die direct disappear discover divide donate earn edit elect eliminate end endorse "
    "enter eradicate escape establish examine execute expand explain explode explore fail fill film finance found free gather "
    "give go guide handle happen help hire hope host ignite imagine improve include influence inherit injure install "
    "introduce invade invent invite join judge jump kill kick land launch leave like live look love manage marry measure mention "
    "move name nominate notice obtain offer open oppose order organize paint participate perform persuade photograph plant play "
    "praise predict prepare produce promise promote propose prove provide publish pull question raise receive recognize record "
    "reduce release remain remove repair replace represent rescue resign restore retire reveal rule save score serve settle "
    "shape sign smile solve store study succeed supply support surrender survive tackle take test tie tour trade train transform "
    "travel treat try unite use visit vote wait welcome win write"
)
DOUBLED = (
    "admit",
    "ban",
    "cancel",
    "control",
    "equip",
    "occur",
    "permit",
    "plan",
    "refer",
    "ship",
    "stop",
    "submit",
    "travel",
)
IRREGULAR = {
    "become": "became", "begin": "began", "build": "built", "choose": "chose", "give": "gave", "go": "went",
    "leave": "left", "take": "took", "win": "won", "write": "wrote",
}  # fmt: skip


def past_of(base: str) -> str:
    """The past tense, as the rules of spelling make it from the base: the way that is unambiguous."""
    if base in IRREGULAR:
        return IRREGULAR[base]
    if base in DOUBLED:
        return f"{base}{base[-1]}ed"
    if base.endswith("e"):
        return f"{base}d"
    if base.endswith("y") and base[-2] not in "aeiou":
        return f"{base[:-1]}ied"
    return f"{base}ed"


@pytest.mark.parametrize("base", sorted({*BASES.split(), *DOUBLED, *IRREGULAR}))
def test_the_past_tense_leads_back_to_its_base(base: str) -> None:
    assert base_form(past_of(base)) == base


@pytest.mark.parametrize("word", ["penicillin", "red", "the", "", "Deep", "bed", "is", "discover"])
def test_other_words_are_no_past_tense(word: str) -> None:
    assert base_form(word) is None


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("depends", "depend"),
        ("carries", "carry"),
        ("teaches", "teach"),
        ("has", "have"),
        ("goes", "go"),
        ("makes", "make"),
    ],
)
def test_the_third_person_leads_back_to_its_base(word: str, base: str) -> None:
    assert singular_base(word) == base


@pytest.mark.parametrize("word", ["virus", "is", "pass", "depend", ""])
def test_other_words_are_no_third_person(word: str) -> None:
    assert singular_base(word) is None
