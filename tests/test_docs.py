"""The documents say what there is, and what they say works: settings, commands, links, examples."""

from __future__ import annotations

import importlib.util
import re
import shlex
import textwrap
from pathlib import Path

import click
import pytest
from commands import parse

from qa_bot import QABot, Settings, __version__
from qa_bot.cli import COMMANDS, main
from qa_bot.terminal.render import sureness

ROOT = Path(__file__).parents[1]
ROOMS_WITH_DOCUMENTS = (".github", "qa_bot", "embeddings", "deploy", "docs", "tests")
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(path for room in ROOMS_WITH_DOCUMENTS for path in (ROOT / room).rglob("*.md"))]
)
README = (ROOT / "README.md").read_text()
REFERENCE = (ROOT / "qa_bot" / "README.md").read_text()
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(text: str) -> list[str]:
    """The contents of the fenced blocks, without the indentation that they have in a list."""
    return [textwrap.dedent(block.group(3)) for block in FENCED.finditer(text)]


def prose(text: str) -> str:
    """A document without its blocks and tables."""
    return "\n".join(line for line in FENCED.sub("", text).splitlines() if not line.startswith("|"))


def anchor(heading: str) -> str:
    """The name of a heading in a link, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def commands(text: str, program: str) -> list[str]:
    """The arguments of each call of a program, in blocks and between backticks; patterns such as ``[ID]`` are no calls."""
    lines = [line for block in blocks(text) for line in block.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", FENCED.sub("", text))
    calls = (re.search(rf"(?:^|[ /]){re.escape(program)}( .*|)$", line.strip()) for line in [*lines, *inline])
    return [call.group(1).split(" | ")[0] for call in calls if call and "[" not in call.group(1)]


# -- what there is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_doc_line(name: str) -> None:
    row = next((line for line in REFERENCE.splitlines() if line.startswith(f"| `{name}` |")), None)
    assert row is not None, f"{name} is missing from the table of settings"
    assert row.endswith(f"| {Settings.model_fields[name].description} |")
    default = Settings.model_fields[name].default
    if isinstance(default, int | str):
        assert str(default).casefold() in row.split("|")[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"| `qa-bot {command}" in REFERENCE


def test_the_commands_of_make_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = commands(README, "make")
    assert {"repl", "test"} <= {target.split()[0] for target in targets if target.strip()}
    for target in filter(None, targets):
        assert re.search(rf"^{target.split()[0]}:", makefile, re.MULTILINE), target


def test_the_changelog_begins_with_this_version_or_what_comes_after_it() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = headings[1:] if headings[0] == "Unreleased" else headings
    assert released[0].split()[0] == __version__
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)", heading) for heading in released)


def test_the_readme_is_read_in_two_minutes() -> None:
    assert len(prose(README).split()) <= 600


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_the_product_has_one_name_in_prose(document: Path) -> None:
    """``qa_bot`` is an identifier: it stands between backticks, or it is a link to the folder."""
    text = re.sub(
        r"`[^`]*`|\[qa_bot[\w/.]*\](?=\()|\]\([^)]*\)|\([^)\s]*/[^)\s]*\)", "", FENCED.sub("", document.read_text())
    )
    assert "qa_bot" not in text


# -- what they say works -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_the_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", document.read_text())):
        if link.startswith(("http://", "https://")):
            continue
        place, _, heading = link.partition("#")
        target = document.parent / place if place else document
        assert target.exists(), f"{named(document)}: {link}"
        if heading:
            headings = re.findall(r"^#+ (.+)$", FENCED.sub("", target.read_text()), re.MULTILINE)
            assert heading in map(anchor, headings), f"{named(document)}: {link}"


def parses(words: list[str]) -> bool:
    """Whether the command takes these arguments."""
    try:
        parse(words)
    except click.exceptions.Exit as done:
        return done.exit_code == 0
    except click.UsageError:
        return False
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_the_commands_are_those_that_there_are(document: Path) -> None:
    for arguments in commands(document.read_text(), "qa-bot"):
        words = shlex.split(arguments, comments=True) or ["--help"]
        # Where a document speaks of `qa-bot articles` or `qa-bot ask --more`, there is no verb or no question.
        alone = len(words) == 1 and parses([*words, "--help"])
        assert alone or parses(words) or parses([*words, "x"]), f"qa-bot {arguments}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_the_modules_and_scripts_are_there(document: Path) -> None:
    for arguments in commands(document.read_text(), "python"):
        words = shlex.split(arguments, comments=True)
        if words[:1] == ["-m"]:
            module = importlib.util.find_spec(words[1])
            assert module, f"{named(document)}: python {arguments}"
            path = Path(module.origin or "")
            options = "".join(
                file.read_text() for file in (path.parent.glob("*.py") if module.submodule_search_locations else [path])
            )
        else:
            options = (ROOT / words[0]).read_text()
        for option in re.findall(r"--([a-z-]+)", arguments):
            assert f"--{option}" in options or re.search(rf"\b{option.replace('-', '_')}\b", options), arguments


EXAMPLES = [block for block in blocks(README) if block.startswith("$ qa-bot ask ")]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda block: str(block).partition("\n")[0])
def test_an_example_of_the_readme_is_what_the_seeds_answer(
    seed_bot: QABot,
    settings: Settings,
    example: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert seed_bot.store.status().articles == 15
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QA_BOT_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("QA_BOT_CACHE_DIR", str(settings.cache_dir))
    command, _, documented = example.partition("\n")
    main(shlex.split(command)[2:])
    printed = capsys.readouterr().out
    percent = re.compile(r"^(.*) \((\d+)%\):$", re.MULTILINE)
    assert percent.sub("", printed) == percent.sub("", documented), f"the README should have:\n{command}\n{printed}"
    for (words, stated), (_, measured) in zip(percent.findall(documented), percent.findall(printed), strict=True):
        assert sureness(int(stated) / 100) == f"{words.lower()} ({stated}%)"
        assert abs(int(stated) - int(measured)) <= 5, f"another processor may be a little off, but this is {measured}%"


def test_the_readme_shows_an_answer_a_refusal_and_a_mistake() -> None:
    assert len(EXAMPLES) == 3


def test_the_python_example_runs(
    tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("QA_BOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("QA_BOT_CACHE_DIR", str(cache_dir))
    (example,) = [match.group(3) for match in FENCED.finditer(REFERENCE) if match.group(2) == "python"]
    exec(compile(example, "qa_bot/README.md", "exec"), {})
    assert capsys.readouterr().out == "August 20, 1977 The Voyager Probes, Still Calling Home\n"
