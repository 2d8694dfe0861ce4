"""The fixed texts: complete in every language, and as sure as the terminal's."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qa_bot import slack
from qa_bot.slack.settings import Language
from qa_bot.slack.views import texts as texts_module
from qa_bot.slack.views.languages import GERMAN, texts_in
from qa_bot.slack.views.texts import ENGLISH, Texts, day, number, sureness
from qa_bot.terminal import render as terminal


def placeholders(text: Any) -> Any:
    if isinstance(text, Mapping):
        return {name: placeholders(part) for name, part in text.items()}
    if isinstance(text, tuple):
        return [placeholders(part) for part in text]
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("language", Language)
def test_each_language_says_everything_that_english_says(language: Language) -> None:
    texts = texts_in(language)
    for field in fields(Texts):
        own, english = getattr(texts, field.name), getattr(ENGLISH, field.name)
        assert own, field.name
        assert language is Language.ENGLISH or own != english, f"{field.name} is not translated"
        assert placeholders(own) == placeholders(english), field.name


def sources() -> dict[str, str]:
    """The app's modules, but for the texts, and for what administrators read in a terminal."""
    folder = Path(slack.__file__).parent
    elsewhere = ("texts.py", "languages.py", "check.py")
    paths = (path for path in folder.rglob("*.py") if path.name not in elsewhere)
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def test_each_text_is_used() -> None:
    written = "\n".join(sources().values()) + Path(texts_module.__file__).read_text().partition("ENGLISH =")[2]
    unused = [field.name for field in fields(Texts) if not re.search(rf"\.{field.name}\b", written)]
    assert unused == []


def test_nobody_is_told_anything_that_is_not_among_the_texts() -> None:
    shows = {
        "plain_message",
        "part",
        "ephemeral",
        "notice_modal",
        "plain_block",
        "tell",
        "_tell",
        "show",
        "wait",
        "button",
        "HeaderBlock",
    }
    for name, source in sources().items():
        for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            given = [*call.args, *(keyword.value for keyword in call.keywords)] if called in shows else []
            literal = [
                node.value
                for argument in given
                for node in ([argument] if isinstance(argument, ast.Constant) else getattr(argument, "values", []))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            assert not [text for text in literal if any(map(str.isalpha, text))], f"{name}: {literal}"


@pytest.mark.parametrize("language", Language)
def test_texts_fit_where_slack_shows_them(language: Language) -> None:
    texts = texts_in(language)
    for title in (texts.more_title, texts.context_title, texts.article_title, texts.feedback_title, texts.answer_title):
        assert len(title) <= 24, title
    for label in (texts.close, texts.feedback_send):
        assert len(label) <= 24, label
    for label in (
        texts.more,
        texts.closest,
        texts.context,
        texts.article,
        texts.share,
        texts.good,
        texts.bad,
        texts.notify,
    ):
        assert len(label) <= 75, label
    assert len(set(texts.feedback_reasons)) == 4


@pytest.mark.parametrize("confidence", [0.0, 0.1, 0.3, 0.59, 0.6, 0.85, 0.999, 1.0])
def test_it_is_as_sure_as_the_terminal(confidence: float) -> None:
    assert sureness(confidence, ENGLISH) == terminal.sureness(confidence)


def test_days_and_counts_read_as_people_write_them() -> None:
    assert day(date(2024, 3, 5), ENGLISH) == "5 March 2024"
    assert day(date(2024, 3, 5), texts_in(Language.GERMAN)) == "5. März 2024"
    assert day(None, ENGLISH) == ""
    assert (number(12345, ENGLISH), number(12345, GERMAN)) == ("12,345", "12.345")
