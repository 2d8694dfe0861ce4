"""Several articles on one question: the same answer counts as one, and answers that contradict each other are shown as such.

The stories were written before the code.  The half `tune` was looked at while it was made, the half `report` was not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa_bot import QABot, load_settings
from qa_bot.answering.results import Answer, day_of
from qa_bot.answering.same_answer import meaning_of
from qa_bot.answering.standpoints import standpoints
from qa_bot.terminal.render import render_answer

STORIES: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("several_sources.json").read_text())
RIGHT_SHARE = 0.75


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Iterator[QABot]:
    folder = tmp_path_factory.mktemp("stories")
    articles = [
        {"title": story["question"].split()[-1].strip("?") + f" {place}", "date": day, "text": text}
        for story in STORIES["tune"] + STORIES["report"]
        for place, (day, text) in enumerate(story["articles"])
    ]
    (folder / "stories.jsonl").write_text("".join(json.dumps(article) + "\n" for article in articles))
    with QABot(load_settings(data_dir=folder / "data", cache_dir=cache_dir, threshold=0.0)) as made:
        made.reindex([str(folder / "stories.jsonl")])
        yield made


def says(text: str, expected: str) -> bool:
    return meaning_of(text).same_as(meaning_of(expected))


def is_right(story: dict[str, Any], answer: Answer) -> bool:
    """Whether an answer is of the right kind, and says what it should."""
    assert answer.answer is not None
    sides = standpoints(answer)
    if story["kind"] == "differ":
        newest_first = [any(says(side.text, expected) for side in sides) for expected in story["says"]]
        return all(newest_first) and says(answer.answer.text, story["says"][0])
    agrees = story["kind"] == "other" or bool(answer.agreeing) or bool(answer.also)
    return says(answer.answer.text, story["says"][0]) and not sides and agrees


@pytest.mark.parametrize("half", ["tune", "report"])
def test_most_stories_are_told_rightly(bot: QABot, half: str) -> None:
    wrong = []
    for story in STORIES[half]:
        answer = bot.ask(story["question"])
        if not is_right(story, answer):
            assert answer.answer is not None
            sides = [side.text for side in standpoints(answer)]
            wrong.append(f"{story['kind']}: {story['question']} -> {answer.answer.text}, sides {sides}")
    asked = len(STORIES[half])
    print(f"\n{half}: {asked - len(wrong)} of {asked} right", *wrong, sep="\n  ")
    assert asked - len(wrong) >= RIGHT_SHARE * asked, "\n".join(wrong)


def test_contradictions_are_counted_and_dated(bot: QABot) -> None:
    answer = bot.ask("How many people died in the ferry accident at Kolva?")
    shown = render_answer(answer, colour=False, width=200).splitlines()
    assert shown[-1] == "The articles differ: “thirty-nine” in 2 (newest 4 May 2024), “Twelve” in 1 (1 May 2024)."


def test_a_contradiction_is_shown_even_where_no_side_is_sure_enough(bot: QABot) -> None:
    answer = bot.ask("How many people died in the ferry accident at Kolva?")
    assert answer.answer is not None
    assert answer.one_of_sides > answer.answer.confidence
    between = (answer.answer.confidence + answer.one_of_sides) / 2
    shown = render_answer(answer.at_threshold(1.0, between), colour=False).splitlines()
    assert shown[0] == "Possibly, but the articles differ:"
    assert answer.at_threshold(1.0, min(1.0, answer.one_of_sides + 0.001)).verdict == "unanswered"


def test_the_sources_of_an_answer_are_listed_newest_first(bot: QABot) -> None:
    answer = bot.ask("How many people died in the ferry accident at Kolva?")
    days = [day_of(source.article) for source in answer.agreeing]
    assert days == sorted(days, key=str, reverse=True)
    assert answer.article is not None
    assert day_of(answer.article) == max(filter(None, [day_of(answer.article), *days]))
    for source in answer.agreeing:
        stored = bot.store.articles.get(source.article.id)
        assert stored is not None
        assert stored.article.text[source.sentence.start : source.sentence.end] == source.sentence.text


def test_an_article_without_a_date_is_said_to_have_none(bot: QABot) -> None:
    shown = render_answer(bot.ask("Which year was the Pellard clock built?"), colour=False, width=200)
    assert "  undated" in shown.splitlines()
