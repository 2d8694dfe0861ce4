"""Whether a store was made as the settings say."""

from __future__ import annotations

from embeddings.errors import EncoderMismatchError
from embeddings.store.protocol import Store, View


def check_encoder(store: Store | View, encoder: str, passage_rule: str | None = None) -> None:
    """Refuses a store whose vectors another encoder made, or whose passages were cut otherwise.

    Raises:
        EncoderMismatchError: with the command that rebuilds the store.
    """
    if store.encoder not in (None, encoder):
        raise EncoderMismatchError(
            f"the store was made with the encoder {store.encoder}, the settings name {encoder}; set the encoder back, or "
            "rebuild the store: qa-bot index --rebuild"
        )
    if passage_rule is not None and store.passage_rule not in (None, passage_rule):
        raise EncoderMismatchError(
            f"the store's passages are {store.passage_rule}, the settings say {passage_rule}; set them back, or rebuild "
            "the store: qa-bot index --rebuild"
        )
