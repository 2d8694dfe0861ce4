"""What is public, which room may import which, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import house
from importlinter.cli import lint_imports

import qa_bot

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("embeddings", "qa_bot")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def test_what_is_public() -> None:
    assert qa_bot.__all__ == ["Answer", "QABot", "QABotError", "Settings", "__version__", "load_settings"]
    for name in qa_bot.__all__:
        assert getattr(qa_bot, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        qa_bot.nothing  # noqa: B018


def test_public_names_exist_in_every_module_that_lists_them() -> None:
    from importlib import import_module

    for name, path in MODULES.items():
        if "__all__" in path.read_text():
            module = import_module(name)
            assert [public for public in module.__all__ if not hasattr(module, public)] == []


def test_the_house_keeps_its_import_contract(capsys: pytest.CaptureFixture[str]) -> None:
    """Arrows run one way; `[tool.importlinter]` in pyproject.toml says which."""
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out


def test_every_room_has_its_place_in_the_contract() -> None:
    rooms = {room for rooms in house.layers() for room in rooms}
    graph = house.import_graph()
    assert (graph.find_children("qa_bot") | {"embeddings"}) == rooms


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert house.circles(house.import_graph()) == []


def test_importing_what_is_public_loads_no_library_that_trains() -> None:
    code = (
        "import sys, qa_bot; [getattr(qa_bot, name) for name in qa_bot.__all__]; "
        "print([name for name in ('torch', 'transformers', 'sentence_transformers', 'onnx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_importing_the_package_alone_loads_next_to_nothing() -> None:
    code = "import sys, qa_bot; print([name for name in ('pydantic', 'numpy', 'faiss') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
