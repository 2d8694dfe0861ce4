"""The compiled encoder: it agrees with sentence-transformers, whatever the model's folder asks for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import make_encoder, set_pooling

from embeddings.encoder import compiler
from embeddings.encoder.compiler import MIN_MEAN_COSINE, compile_encoder
from embeddings.encoder.model import Encoder
from embeddings.errors import ModelError
from embeddings.onnx.model_cache import PACKAGED_ENCODER, cache_key, packaged_weights
from qa_bot import QABot, Settings

TEXTS = (
    "The harbour reopened on Thursday after the worst storm in forty years.",
    "who painted the lighthouse?",
    "“It cannot go on like this,” said the captain; her crew of 14 agreed.",
    "In 1904, the 310-metre bridge cost £2.4m (about £300m today).",
    "Gletscher verlieren jeden Sommer mehrere Meter Eis, sagte Dr. Özdemir.",
    "A ferry.",
    "The recipe needs two eggs, 200 g of flour and a pinch of salt. " * 5,
    "Interest rates rose for the third time in a row, to 4.25 per cent.",
)
LONG = "The harbour of the old town was closed for repairs, and the ships went elsewhere. " * 60


@pytest.fixture(scope="module")
def encoder(cache_dir: Path) -> Encoder:
    """The encoder that needs no download."""
    return Encoder.load(PACKAGED_ENCODER, cache_dir / "models")


@pytest.fixture(autouse=True)
def _libraries_may_warn() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def original(name: str) -> Any:
    """The model as sentence-transformers serves it."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(name, device="cpu")


def compiled(name: str, folder: Path) -> Encoder:
    """The model as we serve it."""
    folder.mkdir()
    compile_encoder(name, folder)
    return Encoder(folder, json.loads((folder / "compiled.json").read_text()))


def cosines(vectors: Any, others: Any) -> list[float]:
    """Cosine of each row with its partner."""
    return [float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in zip(vectors, others, strict=True)]


# -- the packaged encoder ----------------------------------------------------------------------------------------------


def test_the_packaged_encoder_agrees_with_sentence_transformers(encoder: Encoder) -> None:
    agreement = cosines(encoder.encode_passages(TEXTS), original(str(packaged_weights())).encode(list(TEXTS)))
    assert np.mean(agreement) >= MIN_MEAN_COSINE
    assert min(agreement) >= 0.97


@pytest.mark.slow
def test_the_packaged_encoder_is_what_the_compiler_makes(tmp_path: Path) -> None:
    made, packaged = tmp_path / "made", Path(compiler.__file__).parent / "packaged"
    compiled(PACKAGED_ENCODER, made)
    for file in ("model.onnx", "tokenizer.json"):
        assert (made / file).read_bytes() == (packaged / file).read_bytes(), f"compile it again: {file}"
    facts = [json.loads((folder / "compiled.json").read_text()) for folder in (made, packaged)]
    cosine, packaged_cosine = (fact.pop("mean_cosine") for fact in facts)
    assert facts[0] == facts[1]
    assert cosine == pytest.approx(packaged_cosine, abs=0.001)  # the last digits are the processor's


def test_similar_texts_have_similar_vectors(encoder: Encoder) -> None:
    question = encoder.encode_question("When did the port open again?")
    assert int(np.argmax(encoder.encode_passages(TEXTS) @ question)) == 0


def test_a_vector_does_not_depend_on_the_texts_beside_it(encoder: Encoder, cache_dir: Path) -> None:
    alone = [encoder.encode_passages([text]).tobytes() for text in TEXTS]
    assert [vector.tobytes() for vector in encoder.encode_passages(TEXTS)] == alone
    assert [vector.tobytes() for vector in encoder.encode_passages((LONG, *TEXTS[::-1]))[:0:-1]] == alone
    with ThreadPoolExecutor(4) as pool:
        assert [
            vector.tobytes() for vector in pool.map(lambda text: encoder.encode_passages([text])[0], TEXTS)
        ] == alone
    one_thread = Encoder.load(PACKAGED_ENCODER, cache_dir / "models", threads=1)
    assert [vector.tobytes() for vector in one_thread.encode_passages(TEXTS)] == alone


def test_a_long_text_is_encoded_to_its_end(encoder: Encoder) -> None:
    plain, with_an_end = encoder.encode_passages([LONG, LONG + "Penicillin was found by Alexander Fleming."])
    assert float(plain @ with_an_end) < 0.9999
    question = encoder.encode_question("Who found penicillin?")
    assert float(with_an_end @ question) > float(plain @ question) + 0.02


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_text_has_a_unit_vector(encoder: Encoder, texts: list[str]) -> None:
    vectors = encoder.encode_passages(texts)
    assert vectors.shape == (len(texts), encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)


# -- other sentence-transformers models --------------------------------------------------------------------------------

PROMPTS = {"query": "query: ", "passage": "passage: "}
MODELS: dict[str, dict[str, Any]] = {
    "mean pooling": {},
    "cls pooling": {"pooling": "cls"},
    "max pooling": {"pooling": "max"},
    "prompts": {"prompts": PROMPTS},
    "document prompt": {"prompts": {"query": "find: ", "document": "text: "}},
    "dense layer": {"dense": True},
    "normalised": {"normalize": True, "dense": True, "prompts": PROMPTS, "pooling": "cls"},
    "no token types: distilbert": {"family": "distilbert"},
    "no token types: mpnet": {"family": "mpnet"},
    "no token types: roberta": {"family": "roberta", "prompts": PROMPTS},
}


QUICK = ("normalised", "no token types: roberta")
"""What `make test` compiles: everything that a folder can ask for, in as few models as can be."""


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[] if kind in QUICK else [pytest.mark.slow]) for kind in MODELS]
)
def test_what_the_folder_of_a_model_asks_for_is_honoured(tmp_path: Path, kind: str) -> None:
    options = MODELS[kind]
    name = make_encoder(tmp_path / "model", **options)
    encoder, model = compiled(name, tmp_path / "compiled"), original(name)
    prompts = options.get("prompts", {})
    passage = prompts.get("passage") or prompts.get("document") or ""
    short = [text[:50] for text in TEXTS]
    passages = encoder.encode_passages(short)
    assert passages.shape == (len(TEXTS), 24 if options.get("dense") else 32)
    assert np.mean(cosines(passages, model.encode([passage + text for text in short]))) >= MIN_MEAN_COSINE
    questions = np.stack([encoder.encode_question(text) for text in short])
    expected = model.encode([prompts.get("query", "") + text for text in short])
    assert np.mean(cosines(questions, expected)) >= MIN_MEAN_COSINE
    if prompts:
        assert not np.array_equal(questions, passages)


@pytest.mark.parametrize(
    "family", ["roberta", *(pytest.param(name, marks=pytest.mark.slow) for name in ("bert", "distilbert", "mpnet"))]
)
def test_a_model_that_names_no_longest_text_is_fed_no_more_than_it_has_positions_for(
    tmp_path: Path, family: str
) -> None:
    encoder = compiled(make_encoder(tmp_path / "model", family=family, max_tokens=None), tmp_path / "compiled")
    vector, other = encoder.encode_passages([LONG, LONG + "Penicillin!"])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert not np.array_equal(vector, other)


@pytest.mark.slow
def test_models_that_make_other_vectors_have_other_identities(tmp_path: Path) -> None:
    name = make_encoder(tmp_path / "model")
    first = compiled(name, tmp_path / "first").identity
    assert first.startswith("model:")
    assert compiled(name, tmp_path / "again").identity == first
    set_pooling(tmp_path / "model", pooling_mode="cls")
    assert compiled(name, tmp_path / "cls").identity != first
    shutil.rmtree(tmp_path / "model")
    make_encoder(tmp_path / "model", prompts=PROMPTS)
    assert compiled(name, tmp_path / "prompts").identity != first
    shutil.rmtree(tmp_path / "model")
    make_encoder(tmp_path / "model", seed=2)
    assert compiled(name, tmp_path / "weights").identity != first


def test_a_model_that_the_compiled_one_disagrees_with_is_refused(tmp_path: Path) -> None:
    """A folder may ask for pooling without the prompt's tokens, which the compiled chain cannot do."""
    name = make_encoder(tmp_path / "model", prompts={"passage": "zzz 999 qqq: " * 4}, include_prompt=False)
    with pytest.raises(
        ModelError, match=r"disagrees with the original \(mean cosine 0\.\d+, at least 0\.99 is needed\)"
    ):
        compiled(name, tmp_path / "compiled")


@pytest.mark.parametrize("content", [None, "photo.jpg", "config.json"])
def test_what_holds_no_model_is_refused(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "model"
    if content:
        folder.mkdir()
        (folder / content).write_text("{}")
    else:
        folder.write_text("a file")
    with pytest.raises(ModelError, match=f"encoder {folder}: "):
        compiled(str(folder), tmp_path / "compiled")


# -- the cache of compiled models --------------------------------------------------------------------------------------


def test_the_cache_key_follows_what_is_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    first = cache_key(str(folder))
    assert first.startswith("my-model-")
    assert cache_key(str(folder)) == first
    (folder / "config.json").write_text("{ }")
    second = cache_key(str(folder))
    (folder / "weights").write_bytes(b"1")
    third = cache_key(str(folder))
    os.utime(folder / "weights", (1, 1))
    assert len({first, second, third, cache_key(str(folder)), cache_key("org/my model")}) == 5
    assert "/" not in cache_key("org/model")


@pytest.mark.slow
def test_a_model_is_compiled_once_and_again_when_the_copy_is_damaged(tmp_path: Path) -> None:
    name, cache = make_encoder(tmp_path / "model"), tmp_path / "cache"
    messages: list[str] = []

    def load() -> bytes:
        vectors: bytes = Encoder.load(name, cache, say=messages.append).encode_passages(TEXTS).tobytes()
        return vectors

    first = load()
    assert messages == [f"compiling the encoder {name} for this machine (once)"]
    assert load() == first
    assert len(messages) == 1
    (folder,) = cache.iterdir()
    damages: list[Callable[[], object]] = [
        lambda: os.truncate(folder / "model.onnx", 1000),
        lambda: (folder / "compiled.json").write_text("{"),
        lambda: _alter_a_byte(folder / "model.onnx"),
        lambda: _alter_a_byte(folder / "tokenizer.json"),
    ]
    for number, damage in enumerate(damages, start=2):
        damage()
        assert load() == first
        assert len(messages) == number
    assert [path.name for path in cache.iterdir()] == [folder.name]
    assert folder.stat().st_mode & 0o777 == 0o777 & ~_umask()


def _alter_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.slow
def test_packages_in_the_current_folder_do_not_get_in_the_way(tmp_path: Path) -> None:
    """Articles may well lie in a folder called embeddings."""
    name = make_encoder(tmp_path / "model")
    (tmp_path / "here" / "embeddings").mkdir(parents=True)
    (tmp_path / "here" / "embeddings" / "__init__.py").write_text("raise SystemExit('not this one')")
    code = (
        "import sys; from pathlib import Path; from embeddings.encoder.model import Encoder; "
        "Encoder.load(sys.argv[1], Path(sys.argv[2]))"
    )
    command = [sys.executable, "-P", "-c", code, name, str(tmp_path / "cache")]
    assert subprocess.run(command, cwd=tmp_path / "here", check=False).returncode == 0


def test_asking_loads_no_library_that_trains(seed_bot: QABot, settings: Settings, tmp_path: Path) -> None:
    code = (
        "import sys; from qa_bot.cli import main; code = main(sys.argv[1:]); "
        "print([name for name in ('torch', 'transformers', 'sentence_transformers', 'onnx') if name in sys.modules])"
    )
    options = ["--data-dir", str(settings.data_dir), "--cache-dir", str(settings.cache_dir), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, "ask", *options, "Who landed on the Moon?"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert seed_bot.store.status().articles > 0
    assert done.stdout.splitlines()[-1] == "[]"
