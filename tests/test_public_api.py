"""What is public, and which package may import which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import qa_bot

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("embeddings", "qa_bot")
    for path in sorted((ROOT / package).rglob("*.py"))
}
# Arrows run one way: a module may import what stands in a lower layer than its own, or in the same one.
LAYERS = (
    ("embeddings",),
    (
        "qa_bot.settings",
        "qa_bot.answering.span_edges",
        "qa_bot.retrieval.retriever",
        "qa_bot.retrieval.near_duplicates",
        "qa_bot.reader",
        "qa_bot.evaluation.metrics",
    ),
    ("qa_bot.answering.results",),
    ("qa_bot.bot",),
    (
        "qa_bot.cli",
        "qa_bot.commands",
        "qa_bot.repl.loop",
        "qa_bot.repl.session",
        "qa_bot.slack",
        "qa_bot.__main__",
        "qa_bot.evaluation.modes",
        "qa_bot.training.calibrate",
    ),
)


def imports_of(name: str) -> set[str]:
    """The modules of ours that a module imports, at its top or in a function; not those for type checkers only."""
    found = set()
    tree = ast.parse(MODULES[name].read_text())
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in set(ast.walk(tree)) - typing_only:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative import"
            modules = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {module if module in MODULES else str(node.module) for module in modules}
    return {module for module in found if module.partition(".")[0] in ("embeddings", "qa_bot")}


def layer_of(name: str) -> int | None:
    """The layer of a module, if it has one."""
    parts = {part: number for number, layer in enumerate(LAYERS) for part in layer}
    within = [part for part in parts if name == part or name.startswith(f"{part}.")]
    return parts[max(within, key=len)] if within else None


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


@pytest.mark.parametrize("name", MODULES)
def test_nothing_imports_upward(name: str) -> None:
    own = layer_of(name)
    for imported in imports_of(name) - {"qa_bot"}:
        other = layer_of(imported)
        if own is not None and other is not None:
            assert other <= own, f"{name} imports {imported}"


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("embeddings")])
def test_embeddings_knows_nothing_of_questions_and_answers(name: str) -> None:
    assert not any(imported.startswith("qa_bot") for imported in imports_of(name))


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
