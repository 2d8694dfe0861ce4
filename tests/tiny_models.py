"""Sentence-transformers models with random weights, made in a second."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyzäöüéß0123456789.,:;!?'\"“”’—-$%()"


def make_encoder(
    folder: Path,
    *,
    family: str = "bert",
    pooling: str = "mean",
    prompts: Mapping[str, str] | None = None,
    dense: bool = False,
    normalize: bool = False,
    include_prompt: bool = True,
    max_tokens: int | None = 64,
    seed: int = 1,
) -> str:
    """Saves an encoder of two narrow layers; returns its name, which is its folder.

    Args:
        folder: to be made.
        family: bert, distilbert, mpnet or roberta.
        pooling: mean, cls or max.
        prompts: by name, as in ``config_sentence_transformers.json``.
        dense: adds a dense layer with tanh.
        normalize: adds normalisation.
        include_prompt: whether pooling takes the prompt's tokens in.
        max_tokens: the longest sequence that the folder names; None if it names none.
        seed: of the weights.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.models import (  # type: ignore[import-not-found]
            Dense,
            Normalize,
            Pooling,
            Transformer,
        )

        torch.manual_seed(seed)
        base = folder.with_name(folder.name + "-transformer")
        _transformer(base, family, max_tokens=max_tokens)
        transformer = Transformer(str(base))
        modules: list[Any] = [transformer, Pooling(32, pooling_mode=pooling, include_prompt=include_prompt)]
        if dense:
            modules.append(Dense(32, 24, activation_function=torch.nn.Tanh()))
        if normalize:
            modules.append(Normalize())
        SentenceTransformer(modules=modules, prompts=dict(prompts or {}), device="cpu").save(str(folder))
    return str(folder)


def _transformer(folder: Path, family: str, *, max_tokens: int | None) -> None:
    import transformers

    names = {
        "bert": ("BertConfig", "BertModel"),
        "distilbert": ("DistilBertConfig", "DistilBertModel"),
        "mpnet": ("MPNetConfig", "MPNetModel"),
        "roberta": ("RobertaConfig", "RobertaModel"),
    }
    config_name, model_name = names[family]
    tokenizer = _tokenizer(family, max_tokens)
    sizes: dict[str, Any] = {"vocab_size": len(tokenizer), "max_position_embeddings": 80}
    if family == "distilbert":
        sizes |= {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}
    else:
        sizes |= {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 64,
            "pad_token_id": tokenizer.pad_token_id,
            # Wider than for training, or all random vectors are nearly alike.
            "initializer_range": 0.1,
        }
    config = getattr(transformers, config_name)(**sizes)
    getattr(transformers, model_name)(config).eval().save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))


def _tokenizer(family: str, max_tokens: int | None) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    first, last, pad, unknown = ("<s>", "</s>", "<pad>", "<unk>") if family != "bert" else _BERT
    if family == "distilbert":
        first, last, pad, unknown = _BERT
    words = [first, pad, last, unknown, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pair = f"{first} $A {last} $B:1 {last}:1" if family == "bert" else f"{first} $A {last} {last} $B {last}"
    special = [(first, vocabulary[first]), (last, vocabulary[last])]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", pair=pair, special_tokens=special
    )
    fast: Any = PreTrainedTokenizerFast
    return fast(
        tokenizer_object=tokenizer,
        cls_token=first,
        sep_token=last,
        pad_token=pad,
        unk_token=unknown,
        model_input_names=["input_ids", "attention_mask", *(["token_type_ids"] if family == "bert" else [])],
        **({"model_max_length": max_tokens} if max_tokens else {}),
    )


_BERT = ("[CLS]", "[SEP]", "[PAD]", "[UNK]")


def set_pooling(folder: Path, **options: Any) -> None:
    """Changes the pooling in a saved encoder's folder, as a person with an editor does."""
    path = next(folder.glob("*_Pooling/config.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | options))
