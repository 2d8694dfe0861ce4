"""Readers small enough to train and compile in a second: real architectures, with a vocabulary made from seeds/."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    DebertaV2Config,
    DebertaV2ForQuestionAnswering,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    ElectraConfig,
    ElectraForQuestionAnswering,
    FNetConfig,
    FNetForQuestionAnswering,
    MPNetConfig,
    MPNetForQuestionAnswering,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForQuestionAnswering,
)

VOCABULARY = 600


@cache
def _pieces(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Word pieces of the texts; made once, as two trainings break ties in different ways."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=special))
    return tuple(sorted(set(tokenizer.get_vocab()) - set(special)))


def _wordpiece(texts: list[str], family: str = "bert") -> PreTrainedTokenizerFast:
    """A tokenizer of BERT's kind; MPNet has the same word pieces under other ids, and other special tokens."""
    pieces, is_mpnet = _pieces(tuple(texts)), family == "mpnet"
    first, last, pad = ("<s>", "</s>", "<pad>") if is_mpnet else ("[CLS]", "[SEP]", "[PAD]")
    words = [first, pad, last, "[UNK]", *(reversed(pieces) if is_mpnet else pieces)]
    tokenizer = Tokenizer(models.WordPiece({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} {last} $B {last}" if is_mpnet else f"{first} $A {last} $B:1 {last}:1",
        special_tokens=[(first, 0), (last, 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=pad,
        cls_token=first,
        sep_token=last,
        model_input_names=["input_ids", *(["token_type_ids"] if family == "bert" else []), "attention_mask"],
    )


def _byte_pairs(texts: list[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>"]
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=special))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", cls_token="<s>", sep_token="</s>")


def _model(family: str, texts: list[str]) -> tuple[Any, Any]:
    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    if family == "bert":
        return BertForQuestionAnswering(BertConfig(vocab_size=VOCABULARY, pad_token_id=1, **size)), _wordpiece(texts)
    if family == "electra":
        config = ElectraConfig(vocab_size=VOCABULARY, embedding_size=16, **size)
        return ElectraForQuestionAnswering(config), _wordpiece(texts)
    if family == "distilbert":
        config = DistilBertConfig(vocab_size=VOCABULARY, dim=32, n_layers=2, n_heads=4, hidden_dim=64)
        return DistilBertForQuestionAnswering(config), _wordpiece(texts, "distilbert")
    if family == "deberta":
        config = DebertaV2Config(
            vocab_size=VOCABULARY,
            relative_attention=True,
            pos_att_type=["p2c", "c2p"],
            position_biased_input=False,
            **size,
        )
        return DebertaV2ForQuestionAnswering(config), _wordpiece(texts)
    if family == "fnet":
        del size["num_attention_heads"]
        return FNetForQuestionAnswering(FNetConfig(vocab_size=VOCABULARY, **size)), _wordpiece(texts)
    if family == "mpnet":
        config = MPNetConfig(vocab_size=VOCABULARY, max_position_embeddings=514, pad_token_id=1, **size)
        return MPNetForQuestionAnswering(config), _wordpiece(texts, "mpnet")
    config = RobertaConfig(
        vocab_size=VOCABULARY, type_vocab_size=1, max_position_embeddings=514, pad_token_id=1, **size
    )
    return RobertaForQuestionAnswering(config), _byte_pairs(texts)


@pytest.fixture(scope="session")
def tiny_reader(tmp_path_factory: pytest.TempPathFactory, seeds_folder: Path) -> Callable[[str], Path]:
    """Makes a folder with an untrained reader of a family: bert, deberta, distilbert, electra, fnet, mpnet or roberta."""
    made: dict[str, Path] = {}

    def make(family: str) -> Path:
        if family not in made:
            torch.manual_seed(0)
            model, tokenizer = _model(family, [path.read_text() for path in sorted(seeds_folder.glob("*.txt"))])
            # An untrained span head gives all tokens nearly the same score, which no comparison could tell apart.
            torch.nn.init.normal_(model.qa_outputs.weight, std=1.0)
            made[family] = tmp_path_factory.mktemp(family)
            model.save_pretrained(made[family])
            tokenizer.save_pretrained(made[family])
        return made[family]

    return make


@pytest.fixture(scope="session")
def question_files(tmp_path_factory: pytest.TempPathFactory, seeds_folder: Path) -> Path:
    """A folder with a small SQuAD-format file made of seeds/ and their questions."""
    entries = json.loads((Path(__file__).parents[1] / "scenarios" / "seed_questions.json").read_text())
    articles: dict[str, list[dict[str, Any]]] = {}
    for entry in entries["answerable"]:
        context = (seeds_folder / f"{entry['article']}.txt").read_text()[:4000]
        answers = [{"text": a, "answer_start": context.find(a)} for a in entry["answers"] if a in context]
        if answers:
            question = {"id": entry["id"], "question": entry["question"], "answers": answers}
            articles.setdefault(entry["article"], []).append({"context": context, "qas": [question]})
    data = [{"title": title, "paragraphs": paragraphs} for title, paragraphs in articles.items()]
    folder = tmp_path_factory.mktemp("questions")
    (folder / "seeds.json").write_text(json.dumps({"version": "1.1", "data": data}))
    return folder
