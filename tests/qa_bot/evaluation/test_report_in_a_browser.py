"""The report in a real browser, from a file: on a phone and a desktop, light and dark, on paper, and accessible."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from browser import DESKTOP, PHONE, Page, chromium, opened

from qa_bot.evaluation.html_report import html_page
from qa_bot.evaluation.report import EvaluationReport

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
SIZES = [(320, 640), PHONE, DESKTOP]

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium here; run: make browser")

Story = Callable[[Page], Awaitable[None]]


@pytest.fixture(scope="module")
def address(mixed_report: EvaluationReport, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page as a file."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html_page(mixed_report), encoding="utf-8")
    return path.as_uri()


def play(story: Story) -> None:
    """Plays a story in a browser of its own."""
    program = chromium()
    assert program

    async def run() -> None:
        async with opened(program) as page:
            await story(page)

    asyncio.run(run())


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_is_drawn_and_changes_its_colours(address: str, dark: bool) -> None:
    async def story(page: Page) -> None:
        for size in SIZES:
            await page.resize(size, dark=dark)
            await page.open(address)
            await page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert await page.run("document.documentElement.scrollWidth <= innerWidth"), size
            widths = await page.run("[...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect().width)")
            assert len(widths) >= 10
            assert min(widths) > 100
            assert max(widths) <= size[0]
            red, green, blue = await page.run(
                "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
            )
            assert (red + green + blue < 3 * 80) is dark
            assert (await page.picture()).startswith(b"\x89PNG")

    play(story)


def test_it_loads_nothing(address: str) -> None:
    async def story(page: Page) -> None:
        await page.open(address)
        assert await page.run("performance.getEntriesByType('resource').map(one => one.name)") == []
        assert await page.run("document.scripts.length + document.images.length") == 0

    play(story)


def test_on_paper_nothing_is_hidden_that_is_open(address: str) -> None:
    async def story(page: Page) -> None:
        await page.open(address)
        printed = await page.call("Page.printToPDF", preferCSSPageSize=True)
        assert len(printed["data"]) > 20_000
        await page.call("Emulation.setEmulatedMedia", media="print")
        assert await page.run("getComputedStyle(document.body).backgroundColor") in (
            "rgba(0, 0, 0, 0)",
            "rgb(255, 255, 255)",
        )
        assert await page.run("[...document.querySelectorAll('svg')].every(e => e.getBoundingClientRect().width > 100)")

    play(story)


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core here; run: make browser")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(address: str, dark: bool) -> None:
    async def story(page: Page) -> None:
        for size in (PHONE, DESKTOP):
            await page.resize(size, dark=dark)
            await page.open(address)
            await page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
            await page.run(AXE.read_text())
            found = await page.run("axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
            assert found == [], (size, found)

    play(story)


def test_the_pictures_can_be_looked_at(address: str) -> None:
    """Written to the folder that the environment variable PICTURES names, for a person to see."""

    async def story(page: Page) -> None:
        for name, size, dark in (("phone", PHONE, False), ("desktop", DESKTOP, True)):
            await page.resize(size, dark=dark)
            await page.open(address)
            picture = await page.picture()
            assert len(picture) > 5_000, "not an empty page"
            if folder := os.environ.get("PICTURES"):
                Path(folder, f"report-{name}.png").write_bytes(picture)

    play(story)
