"""A rebuild with another encoder or passage rule, as a running bot sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings.errors import EncoderMismatchError
from embeddings.indexing.reindexer import Progress
from qa_bot import QABot

QUESTION = "How long is the bridge?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four articles."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for name in ("bridge", "harbour", "glacier", "station"):
        lines = [f"Sentence {number} is about the {name} in the valley of the north. " for number in range(12)]
        (folder / f"{name}.txt").write_text(f"The {name} is {len(name) * 10} metres long. {''.join(lines)}")
    return folder


def answer_of(bot: QABot) -> str:
    answer = bot.ask(QUESTION)
    assert answer.sentence is not None
    return answer.sentence.text


def test_a_rebuild_that_is_broken_off_goes_on_where_it_was_and_the_bot_answers_meanwhile(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    assert answer_of(bot) == "The bridge is 60 metres long."
    rule, passages = bot.store.passage_rule, bot.store.status().passages

    def stop_after_two(progress: Progress) -> None:
        assert answer_of(bot) == "The bridge is 60 metres long."
        if progress.entries == 2:
            raise KeyboardInterrupt

    other = {"passage_chars": 200, "passage_overlap": 0, "commit_passages": 4}
    with pytest.raises(KeyboardInterrupt):
        new_bot(**other).reindex([], rebuild=True, progress=stop_after_two)
    assert (bot.store.passage_rule, bot.store.status().passages) == (rule, passages)
    (folder / "glacier.txt").write_text("The glacier was gone in 1990. It is a lake now.")
    assert bot.reindex([]).changed == 1

    seen: list[Progress] = []
    report = new_bot(**other).reindex([], rebuild=True, progress=seen.append)
    assert report.changed == len(seen) == 3, "one is done; one was, but has changed; two are left"
    assert str(bot.store.passage_rule).startswith("at most 200 characters, overlap 0")
    assert report.passages.embedded < report.passages.total == bot.store.status().passages > passages
    assert answer_of(bot) == "The bridge is 60 metres long."
    assert bot.ask("When was the glacier gone?").answer is not None


def test_a_bot_whose_settings_name_the_old_encoder_says_so_after_the_rebuild(
    new_bot: Callable[..., QABot], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    bot.ask(QUESTION)
    other = new_bot()
    old = other.encoder.identity
    monkeypatch.setattr(other.encoder, "identity", "another:1")
    other.reindex([], rebuild=True)
    assert answer_of(other) == "The bridge is 60 metres long."
    with pytest.raises(EncoderMismatchError) as raised:
        bot.ask(QUESTION)
    assert "made with the encoder another:1" in str(raised.value)
    assert old in str(raised.value)
