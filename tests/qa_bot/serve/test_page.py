"""The page: nothing that articles or people wrote is markup, and what is said is what the terminal says."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.articles import Article
from embeddings.sentences import Span
from embeddings.text import visible
from qa_bot import QABot
from qa_bot.answering.missing import Gap, Missing
from qa_bot.answering.results import Answer, AnswerSpan, Quotation, SourceSentence, Timings, iterate, reference
from qa_bot.serve.page import About, Asked, article_page, failure, page, result
from qa_bot.terminal.render import render_answer

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> </p></main> &lt;b&gt; \u202e"
SENTENCE = "The harbour reopened on Thursday after a long winter."


def quotation(
    sentence: str = SENTENCE,
    words: str = "Thursday",
    title: str = "The title",
    url: str | None = "https://example.org/a",
) -> Quotation:
    article = Article(
        id="0123456789ab", title=title, text=sentence, url=url, publisher=title, author=title, source="/a.txt",
        published_at=date(2024, 2, 29),
    )  # fmt: skip
    start = sentence.index(words)
    return Quotation(
        answer=AnswerSpan(text=words, start=start, end=start + len(words), confidence=0.9),
        sentence=SourceSentence(text=sentence, start=0, end=len(sentence)),
        article=reference(article),
    )


def answer(*quotations: Quotation, answered: bool = True, question: str = "When?") -> Answer:
    best = quotations[0] if answered else None
    return Answer(
        question=question, answered=answered, answer=best and best.answer, sentence=best and best.sentence,
        article=best and best.article, alternatives=quotations[1:] if answered else quotations,
        timings_ms=Timings(encode=0, search=0, read=0, total=0),
    )  # fmt: skip


def elements(html: str) -> list[str]:
    """The names of all elements and attributes, in order."""
    root = lxml.html.document_fromstring(html)
    return [str(name) for element in root.iter() for name in (element.tag, *element.attrib)]


@given(st.text(), st.text(), st.text(min_size=1))
def test_the_elements_are_the_same_whatever_is_written_in_them(question: str, title: str, sentence: str) -> None:
    if not visible(sentence).strip():
        sentence = "x"
    plain = page(
        Asked("q", "p", "2024", "2025"),
        result(answer(quotation("ab", "a", "t"), quotation("ab", "a", "t")), None, ""),
        About("a", ["p"]),
    )
    words = sentence[:1]
    if len(sentence) == 1 or not visible(words):
        return  # the whole sentence is the answer, and nothing is marked
    shown = quotation(sentence, words, title or "t")
    hostile = page(
        Asked(question or "q", title or "p", title or "s", title or "u"),
        result(answer(shown, shown), None, title),
        About(title, [title]),
    )
    days = '<p class="facts">Here,' in hostile
    assert days or elements(hostile) == elements(plain)


def test_hostile_words_are_shown_and_do_nothing() -> None:
    shown = quotation(f"{HOSTILE} ends.", "ends", HOSTILE)
    why = Missing(gap=Gap.PUBLISHER, words=(HOSTILE,), others=(HOSTILE,))
    refused = answer(shown, answered=False, question=HOSTILE).model_copy(
        update={"missing": why, "understood_as": HOSTILE}
    )
    pages = [
        page(
            Asked(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
            result(answer(shown, shown), None, HOSTILE),
            About(HOSTILE, [HOSTILE]),
        ),
        page(Asked(HOSTILE), result(refused, None, HOSTILE), About(HOSTILE)),
        page(Asked(HOSTILE), failure(HOSTILE), About(HOSTILE)),
        article_page(
            Article(id="0" * 12, title=HOSTILE, text=f"{HOSTILE}\n\n{HOSTILE}", source="/a"), shown.article, Span(3, 20)
        ),
    ]
    for html in pages:
        root = lxml.html.document_fromstring(html)
        assert [script.get("src") for script in root.iter("script")] == ["/assets/page.js"]
        assert list(root.iter("img")) == list(root.iter("b")) == []
        assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]
        assert "<script>alert(1)</script>" in root.text_content()
        assert "\u202e" not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", 'https://a.example/"onclick=', None])
def test_only_an_address_of_a_page_becomes_a_link(url: str | None) -> None:
    article = quotation().article.model_copy(update={"url": url})
    root = lxml.html.document_fromstring(result(answer(quotation().model_copy(update={"article": article})), None, ""))
    assert all(link.get("href").startswith("/article/") for link in root.iter("a"))


def test_the_link_opens_the_page_at_the_sentence_and_shows_its_host() -> None:
    root = lxml.html.document_fromstring(result(answer(quotation(title="paypal.com")), None, ""))
    link = next(root.iter("a"))
    assert (link.text, link.get("href").partition("#")[2][:9]) == ("paypal.com", ":~:text=T")
    assert "example.org" in root.text_content()


def test_the_answer_is_marked_in_its_sentence() -> None:
    root = lxml.html.document_fromstring(result(answer(quotation()), None, ""))
    assert [mark.text for mark in root.iter("mark")] == ["Thursday"]
    assert root.findtext(".//blockquote/p").startswith("The harbour reopened on ")
    assert root.findtext(".//h2") == "Very sure (90%)"
    assert "Here, “Thursday” is 29 February 2024." in root.text_content()


def test_without_an_answer_it_says_so_and_marks_nothing_in_what_came_closest() -> None:
    shown = [quotation(), quotation("The harbour closed.", "closed"), quotation("Ann cut the ribbon.", "Ann")]
    html = result(answer(*shown, answered=False), None, "publisher Reuters")
    closest = lxml.html.document_fromstring(html.partition("<details>")[0])
    assert closest.findtext(".//h2") == "The articles don't say."
    assert "Searched only part of the archive: publisher Reuters" in closest.text_content()
    assert len(list(closest.iter("blockquote"))) == 2
    assert list(closest.iter("mark")) == []


SEEDS = json.loads((Path(__file__).parents[2] / "scenarios" / "seed_questions.json").read_text())
ASKED = [entry["question"] for kind in ("answerable", "unanswerable") for entry in SEEDS[kind][:8]]
ASKED += ["tell me about the reef", "Was Voyager 2 launched in 1977?", "whn was voyagr 2 launchd"]


@pytest.mark.parametrize("question", ASKED)
def test_what_it_says_is_what_the_terminal_says(seed_bot: QABot, question: str) -> None:
    given = seed_bot.ask(question)
    html = result(given, None, "").replace("<mark>", "**").replace("</mark>", "**")
    shown = squeezed(lxml.html.document_fromstring(html).text_content())
    printed = render_answer(given, colour=False, width=100_000, closest="").splitlines()
    places = re.compile(r" *\S+/\S+$")  # of articles: the page has links instead
    lines = [squeezed(re.sub(r"^ *\d+\. |:$", "", line)) for line in printed if not places.match(line)]
    assert lines
    for line in filter(None, lines):
        assert line in shown, line


def squeezed(words: str) -> str:
    """Words without the white space that does not count."""
    return " ".join(words.split())


def test_publishers_are_suggested() -> None:
    root = lxml.html.document_fromstring(page(Asked(), "", About("", ["Reuters", '"><b>'])))
    assert root.get_element_by_id("publisher").get("list") == "publishers"
    assert [option.get("value") for option in root.get_element_by_id("publishers")] == ["Reuters", '"><b>']


def test_an_article_is_shown_whole_with_the_words_marked_where_they_stand() -> None:
    text = "One two.\nThree four.\n\nFive six."
    stored = Article(id="0" * 12, title="T", text=text, source="/a")
    start = text.index("four")
    root = lxml.html.document_fromstring(article_page(stored, reference(stored), Span(start, start + 4)))
    (mark,) = root.iter("mark")
    assert (mark.text, mark.get("id"), mark.getparent().text_content()) == ("four", "quoted", "Three four.")
    assert [p.text_content() for p in root.findall(".//article/p")][-3:] == ["One two.", "Three four.", "Five six."]


def test_every_quotation_leads_to_its_place_in_the_article() -> None:
    shown = answer(quotation(), quotation("The harbour closed.", "closed"))
    root = lxml.html.document_fromstring(result(shown, None, ""))
    places = [link.get("href") for link in root.iter("a") if link.get("href").startswith("/article/")]
    assert places == [f"/article/0123456789ab?start={q.answer.start}&end={q.answer.end}#quoted" for q in iterate(shown)]
