"""Prints how the house stands: modules with one importer, imports that run upward, circles, lines, test cases.

Run it as ``python tests/benchmarks/house.py``; ``--list`` names the modules and the imports, ``--cases`` counts the tests.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
PACKAGES = ("qa_bot", "embeddings")


def layers() -> list[list[str]]:
    """The rooms of the import contract in `pyproject.toml`, from top to bottom; those of one layer beside each other."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = options["tool"]["importlinter"]["contracts"]
    return [[room.strip() for room in layer.split("|")] for layer in contract["layers"]]


def import_graph() -> grimp.ImportGraph:
    """Who imports whom in the product, imports inside functions and for type checkers included."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def single_importers(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    """Each module that exactly one other module imports, and that importer."""
    importers = {module: graph.find_modules_that_directly_import(module) for module in sorted(graph.modules)}
    return [(module, next(iter(those))) for module, those in importers.items() if len(those) == 1]


def upward_imports(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    """Imports of a room that stands above the importer's, or beside it in the same layer."""
    places = {room: level for level, rooms in enumerate(layers()) for room in rooms}

    def room_of(module: str) -> str | None:
        return next((room for room in places if module == room or module.startswith(f"{room}.")), None)

    imports = []
    for importer in sorted(graph.modules):
        own = room_of(importer)
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            other = room_of(imported)
            if own and other and own != other and places[other] <= places[own]:
                imports.append((importer, imported))
    return imports


def circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Groups of modules that import each other, directly or through others of the group."""
    groups = {
        module: {module} | (graph.find_upstream_modules(module) & graph.find_downstream_modules(module))
        for module in graph.modules
    }
    return sorted(sorted(group) for module, group in groups.items() if len(group) > 1 and module == min(group))


def product_lines() -> int:
    """Lines of the product's Python files."""
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sum(path.read_bytes().count(b"\n") for path in files)


def test_cases() -> dict[str, int]:
    """Numbers of test cases: in `make test`, and in all."""
    numbers = {}
    for name, marker in (("quick", "not slow"), ("all", "")):
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", marker, "-p", "no:cacheprovider"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        numbers[name] = sum("::" in line for line in done.stdout.splitlines())
    return numbers


def main() -> None:
    """Prints the table, and the lists if they are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="name the modules and the imports too")
    parser.add_argument("--cases", action="store_true", help="count the test cases too; takes half a minute")
    options = parser.parse_args()
    graph = import_graph()
    single, upward, rings = single_importers(graph), upward_imports(graph), circles(graph)
    rows = [
        ("modules with one importer", f"{len(single)} of {len(graph.modules)}", "35 at most"),
        ("imports that run upward", str(len(upward)), "0"),
        ("circles", str(len(rings)), "0"),
        ("lines of product code", f"{product_lines():,}", "22,500 at most"),
    ]
    if options.cases:
        cases = test_cases()
        rows += [("test cases in make test", f"{cases['quick']:,}", ""), ("test cases in all", f"{cases['all']:,}", "")]
    table = Table("figure", "now", "wanted")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    if options.list:
        for title, pairs in (("One importer", single), ("Upward", upward)):
            print(f"\n{title}:", *(f"  {left}  {right}" for left, right in pairs), sep="\n")
        print("\nCircles:", *("  " + ", ".join(ring) for ring in rings), sep="\n")


if __name__ == "__main__":
    main()
