"""Trigger answers look: whatever an article or a person writes, the blocks are Slack's own and nothing in them comes alive."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from qa_bot.answering.missing import Gap, Missing
from qa_bot.answering.question_kind import QuestionKind
from qa_bot.answering.results import Answer, AnswerSpan, ArticleReference, Quotation, Source, SourceSentence, Timings
from qa_bot.slack.quoting import cut, cut_around, escape, web_address
from qa_bot.slack.views.blocks import Failure, answer_message
from qa_bot.slack.views.button_values import Asked, Judged, Place
from qa_bot.slack.views.languages import GERMAN
from qa_bot.slack.views.modals import article_modal, context_modal, more_modal
from qa_bot.slack.views.texts import ENGLISH
from qa_bot.slack.workers.workflow_steps import outputs

TIMINGS = Timings(encode=1, search=1, read=1, total=3)
HOSTILE = "<!channel> <@U123> & <https://evil.example|bank> *bold* `code` :smile: \u202etxt.exe \x00 👩‍👩‍👧‍👦"


def quotation(sentence: str, start: int, end: int, confidence: float = 0.9, **article: Any) -> Quotation:
    facts: dict[str, Any] = {
        "id": "0123456789ab",
        "title": "The title",
        "url": "https://example.org/a",
        "publisher": "The Example",
        "published_at": date(2024, 2, 29),
        "source": "/articles/a.txt",
    }
    return Quotation(
        answer=AnswerSpan(text=sentence[start:end], start=start, end=end, confidence=confidence),
        sentence=SourceSentence(text=sentence, start=0, end=len(sentence)),
        article=ArticleReference(**(facts | article)),
    )


def answer(*quotations: Quotation, answered: bool = True, question: str = "Who?") -> Answer:
    best = quotations[0] if answered else None
    return Answer(
        question=question,
        answered=answered,
        answer=best.answer if best else None,
        sentence=best.sentence if best else None,
        article=best.article if best else None,
        also=best.also if best else (),
        alternatives=quotations[1:] if answered else quotations,
        timings_ms=TIMINGS,
    )


def inside(value: Any) -> list[dict[str, Any]]:
    """Every object in blocks."""
    if isinstance(value, list):
        return [block for part in value for block in inside(part)]
    if isinstance(value, dict):
        return [value, *inside(list(value.values()))]
    return []


def words(blocks: Any) -> str:
    return "".join(part["text"] for part in inside(blocks) if part.get("type") in ("text", "link"))


def test_other_articles_that_have_the_sentence_are_named_and_linked() -> None:
    quoted = quotation("The harbour reopened on Thursday.", 24, 32)
    others = [
        quoted.article.model_copy(update={"id": str(n), "title": f"Copy {n}", "url": f"https://example.org/{n}"})
        for n in range(5)
    ]
    hostile = quoted.article.model_copy(update={"id": "9", "title": HOSTILE, "url": "javascript:alert(1)"})
    copied = quoted.model_copy(update={"also": (hostile, *others)})
    message = answer_message([answer(copied)], ENGLISH)
    shown = words(message.blocks)
    assert "\nalso in: " in shown
    assert "Copy 0 (The Example), Copy 1 (The Example), +3" in shown
    links = [part["url"] for part in inside(message.blocks) if part.get("type") == "link"]
    at_sentence = "https://example.org/a#:~:text=The%20harbour%20reopened%20on%20Thursday."
    assert links == [at_sentence, "https://example.org/0", "https://example.org/1"]
    assert "also in" not in words(answer_message([answer(quoted)], ENGLISH).blocks)


def test_the_sentence_is_quoted_word_for_word_with_the_answer_in_bold() -> None:
    sentence = "The harbour reopened on Thursday."
    message = answer_message([answer(quotation(sentence, 24, 32))], ENGLISH)
    sure, quote, about = message.blocks[0]["elements"]
    assert sure["elements"][0]["text"] == "Very sure (90%):"
    assert quote["type"] == "rich_text_quote"
    assert "".join(part["text"] for part in quote["elements"]) == sentence
    assert [part["text"] for part in quote["elements"] if part.get("style") == {"bold": True}] == ["Thursday"]
    assert about["elements"].pop(0)["text"] == "Here, “Thursday” is 29 February 2024.\n", "the day of the article"
    assert about["elements"][0] == {
        "type": "link",
        "url": "https://example.org/a#:~:text=The%20harbour%20reopened%20on%20Thursday.",
        "text": "The title",
        "style": {"bold": True},
    }
    assert about["elements"][1]["text"] == " · The Example · 29 February 2024"
    message = answer_message([answer(quotation(sentence, 24, 32, author="Ann *Reed* <!here>"))], ENGLISH)
    about = message.blocks[0]["elements"][2]
    assert about["elements"][2] == {"type": "text", "text": " · Ann *Reed* <!here> · The Example · 29 February 2024"}


def test_the_notification_says_the_answer_first() -> None:
    message = answer_message([answer(quotation("It reopened on Thursday.", 15, 23))], ENGLISH)
    assert message.text == "Thursday. From “The title”: It reopened on Thursday."


def test_nothing_that_comes_out_of_a_workflow_step_can_come_alive() -> None:
    sentence = "Ask <!channel> or <@U1> now."
    fields = outputs(answer(quotation(sentence, 4, 14, title="<!here> <https://evil.example|bank>")))
    shown = [str(fields[name]) for name in ("answer", "sentence", "title")]
    assert [text.replace("\u2060", "") for text in shown] == [
        "<!channel>",
        sentence,
        "<!here> <https://evil.example|bank>",
    ]
    assert not any(regex.search("<[!@#h]", text) for text in shown)


def test_no_answer_says_why_and_quotes_the_closest_passages_with_nothing_in_bold() -> None:
    quoted = [quotation(f"{name} did.", 0, 3, 0.1) for name in ("Ann", "Bob", "Cyd")]
    why = Missing(gap=Gap.TOGETHER, words=("Apollo", "11"), others=("cost", "<!here>"), passages=3)
    refused = answer(*quoted, answered=False).model_copy(update={"missing": why})
    message = answer_message([refused], ENGLISH)
    assert message.text == "The articles don't say."
    assert words(message.blocks[:1]) == (
        "The articles don't say. Of the passages that were read, 3 with “Apollo” and “11”, none of these with “cost” or "
        "“<!here>”."
    )
    quotes = [part for part in inside(message.blocks) if part.get("type") == "rich_text_quote"]
    assert [words(quote) for quote in quotes] == ["Ann did.", "Bob did."]
    assert not any(part.get("style") for quote in quotes for part in inside(quote))
    assert message.blocks[3]["elements"][0]["text"]["text"] == "Closest answers"
    german = answer_message([refused], GERMAN)
    assert "3 mit „Apollo“ und „11“, keine davon mit „cost“ oder „<!here>“" in words(german.blocks[:1])


def test_a_possible_answer_is_told_apart_at_a_glance() -> None:
    possible = answer(quotation("Ann did.", 0, 3, 0.45), quotation("Bob did.", 0, 3, 0.2), answered=False)
    possible = possible.at_threshold(0.6, 0.3)
    message = answer_message([possible], ENGLISH)
    assert words(message.blocks[:1]).startswith("Possibly (45%):Ann did.")
    assert message.text == "Possibly (45%): Ann. From “The title”: Ann did."
    assert words(answer_message([possible], GERMAN).blocks[:1]).startswith("Vielleicht (45 %):")
    assert "Ann did." not in words(more_modal(possible, ENGLISH)["blocks"])
    assert outputs(possible)["found"] is False


def test_articles_on_a_topic_are_listed_and_nothing_is_in_bold() -> None:
    first, second = (quotation(f"{name} did it.", 0, len(f"{name} did it."), title=name) for name in ("Ann", "Bob"))
    listed = answer(first, second).model_copy(update={"kind": QuestionKind.ARTICLES})
    message = answer_message([listed], ENGLISH)
    quotes = [part for part in inside(message.blocks) if part.get("type") == "rich_text_quote"]
    assert words(message.blocks[:1]).startswith("The newest articles on this:")
    assert [words(quote) for quote in quotes] == ["Ann did it.", "Bob did it."]
    assert not any(part.get("style") for quote in quotes for part in inside(quote))
    labels = [part["text"]["text"] for part in inside(message.blocks) if part.get("type") == "button"]
    assert "More answers" not in labels


def test_the_sentence_that_decides_is_introduced_as_what_the_articles_say() -> None:
    decides = answer(quotation("Ann did it.", 0, 11)).model_copy(update={"kind": QuestionKind.YES_NO})
    assert words(answer_message([decides], ENGLISH).blocks[:1]).startswith("The articles say (very sure, 90%):")
    assert words(answer_message([decides], GERMAN).blocks[:1]).startswith("In den Artikeln steht (sehr sicher, 90 %):")


def test_articles_that_differ_are_shown_with_what_each_says() -> None:
    first, second = quotation("It was 39.", 7, 9), quotation("It was 12.", 7, 9, id="b", published_at=None)
    against = answer(first, second.model_copy(update={"contradicts": True}))
    assert "The articles differ: “39” in 1 (29 February 2024), “12” in 1." in words(
        answer_message([against], ENGLISH).blocks
    )
    agreeing = first.model_copy(update={"agreeing": (Source(sentence=second.sentence, article=second.article),)})
    same = answer(agreeing).model_copy(update={"agreeing": agreeing.agreeing})
    assert "\nsays so too: The title" in words(answer_message([same], ENGLISH).blocks)
    assert "undated" in words(answer_message([answer(second)], ENGLISH).blocks)


def test_how_a_question_was_understood_stands_first_and_cannot_come_alive() -> None:
    understood = answer(quotation("Ann did.", 0, 3)).model_copy(update={"understood_as": "Who <!here> did it?"})
    message = answer_message([understood], ENGLISH)
    assert words(message.blocks[:1]) == "understood as: Who <!here> did it?"
    assert "Ann did." in words(message.blocks[1:2])


def test_several_questions_are_answered_in_one_message_each_under_its_question() -> None:
    first, second = answer(quotation("Ann did.", 0, 3), question="Who did?"), Failure("Why?", "Please ask in words.")
    message = answer_message([first, second], ENGLISH)
    assert "Who did?" in words(message.blocks)
    assert "Please ask in words." in words(message.blocks)
    assert [line.split(" – ")[0] for line in message.text.splitlines()] == ["Who did?", "Why?"]


@pytest.mark.parametrize("texts", [ENGLISH, GERMAN])
def test_what_hostile_articles_and_people_write_stays_text(texts: Any) -> None:
    hostile = quotation(HOSTILE, 0, 10, title=HOSTILE, publisher=HOSTILE, url="javascript:alert(1)")
    message = answer_message([answer(hostile, hostile, question=HOSTILE)], texts, asked_by="U0ASKER01")
    kinds = {part["type"] for part in inside(message.blocks) if "type" in part}
    assert kinds <= {
        "rich_text", "rich_text_quote", "rich_text_section", "text", "user", "actions", "button", "plain_text",
        "context_actions", "feedback_buttons",
    }  # fmt: skip
    assert [part["user_id"] for part in inside(message.blocks) if part.get("type") == "user"] == ["U0ASKER01"]
    assert not any(character in message.text for character in "<>")
    assert "\u202e" not in words(message.blocks)
    assert "\x00" not in words(message.blocks)


@given(st.text(max_size=9000), st.integers(0, 9000), st.integers(1, 9000), st.text(max_size=400))
@example(text="", start=0, length=1, title=" ")
def test_no_text_is_too_long_for_slack(text: str, start: int, length: int, title: str) -> None:
    start = min(start, len(text))
    quoted = quotation(text, start, min(start + length, len(text)), title=title)
    message = answer_message([answer(quoted, quoted, question=title or "?")] * 5, ENGLISH)
    assert len(message.blocks) <= 50
    assert len(message.text) <= 4000
    assert len(words(message.blocks)) <= 13_200
    for part in inside(message.blocks):
        assert len(part.get("value") or "") <= 2000
        if part.get("type") == "text":
            assert 1 <= len(part["text"]) <= 3000


@given(st.text(max_size=300), st.integers(4, 60))
def test_texts_are_cut_between_graphemes(text: str, limit: int) -> None:
    shown = cut(text, limit)
    assert len(shown.encode("utf-16-le", "surrogatepass")) // 2 <= limit
    if shown != text:
        graphemes = regex.findall(r"\X", shown[:-1])
        whole = regex.findall(r"\X", text)[: len(graphemes)]
        assert graphemes == whole or shown[:-1] == text[: len(shown) - 1].rstrip()
        assert shown.endswith("…")


@given(st.text(max_size=400), st.integers(0, 400), st.integers(0, 60), st.integers(90, 200))
def test_a_long_sentence_is_cut_around_its_answer(text: str, start: int, length: int, limit: int) -> None:
    start = min(start, len(text))
    end = min(start + min(length, limit // 4), len(text))
    shown, first, last = cut_around(text, start, end, limit)
    assert shown[first:last] == text[start:end]
    assert len(shown.encode("utf-16-le", "surrogatepass")) // 2 <= limit + 2


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "data:text/html,x", "https://", "http:///x", "https://a b", "https://u:p@host/",
        "https://example.org/<!channel>", "https://example.org/|x", "ftp://example.org", "https://[",
        "https://e.org/" + "x" * 3000,
    ],
)  # fmt: skip
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert web_address(url) is None


def test_a_text_beside_the_blocks_holds_neither_markup_nor_links() -> None:
    shown = escape("<!here> & https://evil.example <@U1>")
    assert shown.startswith("&lt;!here&gt; &amp; https:")
    assert "https://" not in shown


@given(st.text(max_size=1000))
def test_what_a_button_carries_comes_back(question: str) -> None:
    value = Asked(question=question).dump()
    if value is not None:
        assert len(value) <= 2000
        assert Asked.load(value) == Asked(question=question)


@pytest.mark.parametrize(
    "value", [None, 7, "", "{", "[]", '{"question": 1}', '{"article": "a", "start": -1, "end": 2}']
)
def test_what_no_button_of_ours_carries_is_nothing(value: object) -> None:
    assert (Asked.load(value), Place.load(value), Judged.load(value)) == (None, None, None)


def test_modals_show_long_articles_in_pieces_that_slack_takes(seed_bot: Any) -> None:
    source = seed_bot.store.articles.get(seed_bot.store.articles.list(limit=1)[0].id)
    place = Place(article=source.article.id, start=10, end=20)
    for modal in (context_modal(source, place, ENGLISH), article_modal(source, place, ENGLISH)):
        assert len(modal["blocks"]) <= 100
        assert len(modal["title"]["text"]) <= 24
        bold = [part["text"] for part in inside(modal["blocks"]) if part.get("style") == {"bold": True}]
        assert source.article.text[10:20] in bold
    long = source._replace(article=source.article.model_copy(update={"text": source.article.text * 400}))
    modal = article_modal(long, place, ENGLISH)
    assert len(modal["blocks"]) <= 100
    assert words(modal["blocks"]).endswith(ENGLISH.cut_here)


def test_more_answers_are_quotations_or_a_line() -> None:
    quoted = quotation("Ann did.", 0, 3)
    blocks = more_modal(answer(quoted, quoted, quoted), ENGLISH)["blocks"]
    assert len([block for block in blocks if block["type"] == "rich_text"]) == 2
    assert words(more_modal(answer(quoted), ENGLISH)["blocks"]) == ENGLISH.no_others
    assert words(more_modal(Failure("?", "No."), ENGLISH)["blocks"]) == "No."
