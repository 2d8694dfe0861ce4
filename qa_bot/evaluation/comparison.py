"""Two evaluations of the same questions, question by question; and the threshold for a wanted share of right answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from embeddings.errors import DatasetError
from qa_bot.evaluation.breakdown import Interval, difference, does_right, is_right
from qa_bot.evaluation.predictions import Prediction

_SHOWN = 5


class Comparison(NamedTuple):
    """What an evaluation does better or worse than an earlier one.

    Attributes:
        mode: that both ran in.
        common: questions that both asked.
        better, worse: those that only the later one, or only the earlier one, answers or refuses rightly.
        change: of the share done rightly, in [-1, 1], with its interval.
    """

    mode: str
    common: int
    better: tuple[Prediction, ...]
    worse: tuple[Prediction, ...]
    change: Interval

    def lines(self) -> list[str]:
        """The comparison for a terminal."""
        mean, low, high = (100 * value for value in self.change)
        chance = "may be chance" if low <= 0 <= high else "more than chance"
        head = f"{self.mode}: {self.common:,} questions in both, {len(self.better):,} better, {len(self.worse):,} worse"
        rows = [head, f"  change {mean:+.1f} points, 95 % between {low:+.1f} and {high:+.1f}: {chance}"]
        for name, predictions in (("better", self.better), ("worse", self.worse)):
            rows += [f"  {name}: {p.question} -> {p.text if p.answered else '(refused)'}" for p in predictions[:_SHOWN]]
            rows += [f"  {name}: and {len(predictions) - _SHOWN:,} more"] if len(predictions) > _SHOWN else []
        return rows


def compare(mode: str, before: Sequence[Prediction], after: Sequence[Prediction]) -> Comparison:
    """Compares two evaluations on the questions that both asked; questions are the same if id and text are."""
    earlier = {(prediction.id, prediction.question): prediction for prediction in before}
    pairs = [(earlier[key], new) for new in after if (key := (new.id, new.question)) in earlier]
    old_right, new_right = ([float(does_right(pair[side])) for pair in pairs] for side in (0, 1))
    changes = [new - old for old, new in zip(old_right, new_right, strict=True)]
    return Comparison(
        mode,
        len(pairs),
        tuple(new for (_, new), change in zip(pairs, changes, strict=True) if change > 0),
        tuple(new for (_, new), change in zip(pairs, changes, strict=True) if change < 0),
        difference(old_right, new_right),
    )


def earlier_predictions(folder: Path) -> dict[str, list[Prediction]]:
    """The predictions of a report that was written into a folder, by mode.

    Raises:
        DatasetError: the folder holds no such report.
    """
    path = folder / "predictions.jsonl"
    predictions: dict[str, list[Prediction]] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record.get("mode") != "retrieval":
                predictions.setdefault(record.pop("mode"), []).append(Prediction.model_validate(record))
    except (OSError, ValueError, KeyError, AttributeError, ValidationError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else error
        raise DatasetError(
            f"{path}: cannot be compared with ({reason}); name a folder that --report has written"
        ) from error
    return predictions


class Proposal(NamedTuple):
    """A threshold and what it brings, all in [0, 1].

    Attributes:
        threshold: confidence from which to answer; above 1 if no threshold does.
        precision: share of the answers that are right.
        answered: share of the answerable questions that are answered rightly.
        refused: share of the others that are not answered; None if there are none.
    """

    threshold: float
    precision: float
    answered: float
    refused: float | None

    def line(self) -> str:
        """The proposal for a terminal."""
        if self.threshold > 1:
            return "No threshold brings such a share of right answers on these questions."
        refused = "" if self.refused is None else f", {self.refused:.1%} of the others not answered"
        return (
            f"threshold = {self.threshold:.3f}: {self.precision:.1%} of the answers are right, {self.answered:.1%} of the "
            f"questions with an answer are answered rightly{refused}."
        )


def propose(predictions: Sequence[Prediction], precision: float) -> Proposal:
    """The lowest threshold at which the wanted share of the answers is right.

    Args:
        predictions: of questions like those that will be asked, at least one.
        precision: the wanted share, in (0, 1].
    """
    ranked = sorted(predictions, key=lambda prediction: -prediction.confidence)
    answerable = sum(bool(prediction.expected) for prediction in ranked)
    best = Proposal(1.01, 0.0, 0.0, None)
    right = 0
    for count, prediction in enumerate(ranked, start=1):
        right += is_right(prediction)
        last_of_equals = count == len(ranked) or ranked[count].confidence < prediction.confidence
        if last_of_equals and right / count >= precision:
            others = [p.confidence < prediction.confidence for p in ranked if not p.expected]
            refused = sum(others) / len(others) if others else None
            best = Proposal(prediction.confidence, right / count, right / max(1, answerable), refused)
    return best
