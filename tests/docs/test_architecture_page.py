"""docs/architecture.md: every name that it mentions exists, where it says so, and every room is on it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from qa_bot import Settings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
FENCE = re.compile(r"^( *)```\w*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
TEXT = PAGE.read_text()
PROSE = FENCE.sub("", TEXT)
LINK = re.compile(r"\[`([^`]+)`\]\(([^)#]+)\)")


@cache
def defined_in(module: Path) -> frozenset[str]:
    """Names that a module defines: its functions, classes, constants, and the members of its classes."""

    def members(body: list[ast.stmt], prefix: str = "") -> set[str]:
        names: set[str] = set()
        for node in body:
            if isinstance(node, ast.ClassDef):
                names |= {prefix + node.name} | members(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(prefix + node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names |= {prefix + target.id for target in targets if isinstance(target, ast.Name)}
        return names

    return frozenset(members(ast.parse(module.read_text()).body) if module.is_file() else ())


def exists(name: str) -> bool:
    """Whether something that stands between backticks, without a link, is there."""
    if re.match(r"(?:qa-bot|python|make|@qa_bot) ", name) or name == "qa_bot.toml":
        return True  # the commands are checked in test_docs.py
    if name in Settings.model_fields or re.match(r"(?:QA_BOT|SLACK)_", name):
        return True
    if re.fullmatch(r"[\w.]+", name) and name.split(".")[0] in ("qa_bot", "embeddings"):
        path = ROOT / name.replace(".", "/")
        return path.is_dir() or path.with_suffix(".py").is_file() or name in (ROOT / "pyproject.toml").read_text()
    is_room = any((ROOT / package / name).is_dir() for package in ("qa_bot", "embeddings"))
    return is_room or f'"{name}"' in TEXT or name in ("__all__", "slack.sqlite3")


def test_each_name_is_defined_in_the_file_that_it_links_to() -> None:
    links = [(name, (PAGE.parent / link).resolve()) for name, link in LINK.findall(PROSE)]
    packages = {(path.parent.name, path) for _, path in links if path.name == "__init__.py"}
    wrong = [f"{path}: {name}" for name, path in links if name not in defined_in(path) and (name, path) not in packages]
    assert not wrong


def test_each_other_name_exists() -> None:
    unknown = {name for name in re.findall(r"`([^`\n]+)`", LINK.sub("", PROSE)) if not exists(name)}
    assert not unknown, "neither modules, settings, commands nor JSON fields; link each to its file"


def test_the_page_follows_a_question_an_event_and_an_article_through_the_house() -> None:
    for way in ("question", "Slack event", "article"):
        section = TEXT.partition(f"## The way of a{'n' if way == 'article' else ''} {way}\n")[2].partition("\n## ")[0]
        assert len(re.findall(r"^\d+\. ", section, re.MULTILINE)) >= 5
        assert len(re.findall(r"\[`[^`]+`\]\(", section)) >= 10


def test_every_room_is_on_the_page() -> None:
    tree = re.search(
        r"```\nembeddings/\n(?P<embeddings>.*?)^qa_bot/\n(?P<qa_bot>.*?)```", TEXT, re.MULTILINE | re.DOTALL
    )
    assert tree is not None
    for package in ("embeddings", "qa_bot"):
        rooms = {folder.parent.name for folder in (ROOT / package).glob("*/__init__.py")}
        assert rooms <= set(re.findall(r"^  (\w+)/ ", tree[package], re.MULTILINE))
