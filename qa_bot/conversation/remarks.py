"""What people say about an answer instead of asking something new, told by its meaning.

A line is a remark if it is close to an example of one, as the encoder sees it (nearest neighbour by cosine), and closer than to a
question; so wordings count that nobody has listed.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

import numpy as np

from embeddings.encoder.model import Encoder, Vectors
from embeddings.words import split_words

LEAST_CLOSENESS = 0.5
"""From which a line is taken for the remark that it is closest to, by `tests/benchmarks/conversations.py`.

1 is the same line; 0 is what two examples of different kinds have in common, as encoders differ in that.
"""
_QUESTIONS = (
    "who is he?",
    "why?",
    "how come?",
    "when was that?",
    "where?",
    "and in 2019?",
    "what happened then?",
    "how many died?",
)
_MOST_WORDS = 8
_REMEMBERED = 1000


class Remark(Enum):
    """A kind of remark; its value are examples."""

    MORE = (
        "what else?",
        "who else?",
        "where else?",
        "anything else?",
        "any other answers?",
        "show me more answers",
        "give me another one",
    )
    CONTEXT = (
        "tell me more",
        "tell me more about that",
        "more details",
        "give me some context",
        "show the sentences around it",
        "go on",
        "what does the article say?",
    )
    SURE = (
        "are you sure?",
        "really?",
        "is that correct?",
        "how certain are you?",
        "I doubt that is right",
        "that is wrong",
    )
    THANKS = ("thanks", "thank you, that helps", "great, thanks", "ok", "good to know", "that is all", "nice one")


class Remarks:
    """Tells remarks from questions; safe to use from several threads.

    Args:
        encoder: of the bot.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._kinds = [*(kind for kind in Remark for _ in kind.value), *(None for _ in _QUESTIONS)]
        self._examples: tuple[Vectors, float] | None = None
        self.kind = lru_cache(_REMEMBERED)(self._kind)

    def _kind(self, line: str) -> Remark | None:
        if not 0 < len(split_words(line)) <= _MOST_WORDS:
            return None
        vectors, common = self._examples = self._examples or self._encode()
        cosines = vectors @ self._encoder.encode_question(line)
        best = int(np.argmax(cosines))
        return self._kinds[best] if cosines[best] - common >= LEAST_CLOSENESS * (1 - common) else None

    def _encode(self) -> tuple[Vectors, float]:
        """The vectors of the examples, and the mean cosine of two that are not of the same kind."""
        texts = [*(text for kind in Remark for text in kind.value), *_QUESTIONS]
        vectors = np.stack([self._encoder.encode_question(text) for text in texts])
        different = np.array([[one is not other for other in self._kinds] for one in self._kinds])
        return vectors, float((vectors @ vectors.T)[different].mean())
