"""Which pairs of articles are the same story: a table of what newsrooms do to a story, and of what only looks alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.articles import Article
from embeddings.indexing.near_duplicates import bands, fingerprint, same_story

STORY = """The port of Aldmouth will stay closed to container ships until Friday after a crane collapsed on the eastern quay, \
its operator said on Tuesday.

Nobody was hurt when the 62-metre crane fell across the quay shortly before dawn. Two lorries were crushed; their drivers \
had left them minutes earlier to fetch coffee, Aldmouth Harbour Co said in a statement.

"We heard a sound like thunder, and then the lights went out," said Petra Lindqvist, who runs the canteen at the gate. \
About 140 dockers were sent home for the day.

Investigators from the labour inspectorate are looking at a weld that was repaired in March. The crane, built in 1998, had \
passed its last inspection, the company said.

Nine ships are waiting off the coast. Three of them carry fruit, and importers warned that supermarkets in the north could \
run short of bananas by the weekend.

Aldmouth handles a fifth of the country's containers. Shares in the operator fell 4.1 percent to 23.40 crowns.
"""

SAME = {
    "word for word": ("Crane falls at Aldmouth", STORY),
    "another headline": ("Banana shortage looms as port shuts", STORY),
    "another dateline": ("Crane falls at Aldmouth", "ALDMOUTH, Nov 4 (Example News) - " + STORY),
    "a byline and a last line": (
        "Crane falls at Aldmouth",
        "By Jonas Ek and Mia Roth\n\n" + STORY + "\nReporting by Jonas Ek; editing by Mia Roth.",
    ),
    "a paragraph cut": ("Crane falls at Aldmouth", STORY.replace(STORY.split("\n\n")[2] + "\n\n", "")),
    "the last three paragraphs cut": ("Crane falls", "\n\n".join(STORY.split("\n\n")[:3])),
    "a corrected figure": ("CORRECTED - Crane falls", STORY.replace("140 dockers", "410 dockers")),
    "a corrected name": ("CORRECTED - Crane falls", STORY.replace("Petra Lindqvist", "Petra Lindgren")),
    "an updated version": (
        "UPDATE 2 - Aldmouth port to reopen on Thursday",
        "Two of the three quays of Aldmouth will reopen on Thursday, the harbour master said late on Tuesday.\n\n"
        + STORY
        + "\nThe transport minister flew over the site in the afternoon and promised a report within six weeks. Unions "
        "called for all cranes of the same make to be stopped.",
    ),
    "another spelling and other white space": ("Crane", STORY.replace("labour", "labor").replace("\n\n", "\r\n  \r\n")),
    "in capitals": ("CRANE FALLS AT ALDMOUTH", STORY.upper()),
    "other quotation marks": ("Crane", STORY.replace('"We', "“We").replace('out,"', "out,”").replace("'", "’")),
}

SECOND_DAY = """The port of Aldmouth reopened to container ships on Friday, three days after a crane collapsed on its eastern \
quay.

The first of eleven waiting ships, the Meridian Star, tied up at noon to the applause of dockers. Clearing the backlog will \
take until Wednesday, Aldmouth Harbour Co said.

The labour inspectorate said that it had found cracks in two more cranes and ordered them to be stopped.

Aldmouth handles a fifth of the country's containers.
"""

WEATHER = """Forecast for the Aldmouth region until {day} evening, issued by the state weather service.

Highs of {high} degrees on the coast and {inland} inland. Winds from the {wind} at {speed} kilometres an hour, with gusts of \
up to {gusts}. The chance of rain is {rain} percent, mostly in the hills above Storvik. Water temperature {water} degrees. \
The sun rises at {rise} and sets at {sets}. The next bulletin is issued at 6 p.m.
"""

EARNINGS = """Shr {a} cts vs {b} cts
Net {c} vs {d}
Revs {e} mln vs {f} mln
Year
Shr {g} dlrs vs {h} dlrs
Net {i} vs {j}
NOTE: Results are unaudited. Prior year restated for the sale of a unit."""

MARKET = """Gold closed in Aldmouth at {price} crowns an ounce, {move} from {before} at the close on {day}, dealers said. \
Trading was quiet, with most buyers waiting for the central bank's decision on interest rates. Silver was quoted at {silver} and \
platinum at {platinum}. Dealers said that support was seen at {support} and resistance at {resistance}. Turnover was {turnover} \
contracts."""


def _weather(*values: str) -> str:
    names = ("day", "high", "inland", "wind", "speed", "gusts", "rain", "water", "rise", "sets")
    return WEATHER.format(**dict(zip(names, values, strict=True)))


def _market(*values: str) -> str:
    names = ("price", "move", "before", "day", "silver", "platinum", "support", "resistance", "turnover")
    return MARKET.format(**dict(zip(names, values, strict=True)))


def _earnings(*values: str) -> str:
    return EARNINGS.format(**dict(zip("abcdefghij", values, strict=True)))


DIFFERENT = {
    "the next day's story": (("Crane falls", STORY), ("Port reopens", SECOND_DAY)),
    "two days' weather": (
        ("Weather", _weather("Monday", "14", "17", "west", "22", "45", "30", "11", "6.51", "16.22")),
        ("Weather", _weather("Tuesday", "12", "15", "north", "31", "60", "80", "10", "6.53", "16.20")),
    ),
    "two companies' results": (
        ("Alder Inc 3rd qtr", _earnings("34", "1.19", "807,000", "2,858,000", "1.5", "2.3", "1.02", "2.2", "24", "53")),
        ("Birch Corp 3rd qtr", _earnings("12", "9", "411,000", "305,500", "8.7", "7.9", "0.44", "0.31", "15", "11")),
    ),
    "two companies' dividends, the same to the letter": (
        ("Alder Inc sets quarterly", "Qtly div 11 cts vs 11 cts prior\nPay April 10\nRecord March 20"),
        ("Birch Corp sets quarterly", "Qtly div 11 cts vs 11 cts prior\nPay April 10\nRecord March 20"),
    ),
    "two days' market": (
        ("Gold", _market("402.10", "up", "399.85", "Monday", "7.91", "551.50", "398", "405", "12,310")),
        ("Gold", _market("397.40", "down", "402.10", "Tuesday", "7.74", "548.00", "395", "401", "15,044")),
    ),
    "a digest that holds the story": (
        ("Crane falls", "\n\n".join(STORY.split("\n\n")[:2])),
        ("The week in five minutes", STORY.split("\n\n")[0] + "\n\n" + " ".join(f"{SECOND_DAY} {n}" for n in "abcdefg")),
    ),
    "the same quotation in two stories": (
        ("Crane falls", STORY),
        ("A canteen by the sea", 'People here are tired. "We heard a sound like thunder, and then the lights went out," said '
         "Petra Lindqvist, who runs the canteen at the gate. " + "She has cooked for dockers for thirty years, and fish is "
         "what they want on Fridays. Her mother cooked here before her, on a stove that burned coal from the ships."),
    ),
    "two short notes on one subject": (
        ("Ferry", "The ferry to Storvik sails at noon. It takes an hour and costs nine crowns."),
        ("Ferry", "The ferry to Storvik was cancelled on Tuesday because of the storm."),
    ),
}  # fmt: skip


def article(title: str, text: str) -> Article:
    return Article(id="0" * 12, title=title, text=text, source="test")


def alike(story: tuple[str, str], other: tuple[str, str]) -> float:
    return same_story(fingerprint(article(*story)), fingerprint(article(*other)))


@pytest.mark.parametrize("version", SAME.values(), ids=SAME)
def test_versions_of_a_story_are_found_and_recognised(version: tuple[str, str]) -> None:
    original = ("Crane falls at Aldmouth", STORY)
    assert 0.6 <= alike(original, version) <= 1
    assert alike(version, original) == alike(original, version)
    signatures = [set(bands(fingerprint(article(*story)).signature)) for story in (original, version)]
    assert len(signatures[0] & signatures[1]) >= 2, "an index would hardly find it"


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_stories_that_only_look_alike_are_told_apart(pair: tuple[tuple[str, str], tuple[str, str]]) -> None:
    assert alike(*pair) == 0


def test_a_short_note_is_a_copy_under_the_same_headline_only() -> None:
    note = "The bridge is 310 metres long."
    assert alike(("The bridge", note), ("The bridge", note)) == 1
    assert alike(("The bridge", note), ("Another bridge", note)) == 0


def test_fingerprints_are_the_same_on_every_machine() -> None:
    """The store keeps them: if they changed, copies of what is in it would not be found any more."""
    signature = fingerprint(article("", "The harbour of Aldport reopened on Thursday at noon.")).signature
    assert [band.hex() for band in bands(signature)][:1] == ["819fd84b3d4ff9a6"]


@given(st.text(), st.text())
def test_any_text_has_a_fingerprint_and_is_a_copy_of_itself(title: str, text: str) -> None:
    story = fingerprint(article(title, text))
    assert same_story(story, story) == (1.0 if len(story.shingles) else 0.0)
    assert len(story.signature) <= 128
