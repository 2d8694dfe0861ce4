"""The search page in a real browser: by keyboard, on a phone and a desktop, light and dark, without a script, and accessible."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from browser import DESKTOP, PHONE, Page, chromium, opened, served

from qa_bot import QABot, Settings, load_settings

QUESTION, ANSWER = "When was Voyager 2 launched?", "August 20, 1977"
UNANSWERED = "What does a ticket to the moon cost in euros?"
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
HOSTILE = """---
title: <img src=x onerror="document.title='owned'"> Merrow
url: https://example.org/?'onclick='document.title=1
---
The lighthouse of Merrow <script>document.title='owned'</script> was built in 1843 by the engineer Una Callister."""

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium here; run: make browser")

Story = Callable[[Page], Awaitable[None]]


@pytest.fixture(scope="module")
def address(settings: Settings, seed_bot: QABot) -> Iterator[str]:
    """A server of the seeds."""
    with served(settings) as address:
        yield address


def play(story: Story) -> None:
    """Plays a story in a browser of its own."""
    program = chromium()
    assert program

    async def run() -> None:
        async with opened(program) as page:
            await story(page)

    asyncio.run(run())


def test_a_question_is_typed_and_answered_without_touching_the_mouse(address: str) -> None:
    async def story(page: Page) -> None:
        await page.open(address)
        assert await page.wait_for("document.activeElement.id === 'q'"), "one can type at once"
        await page.type(QUESTION)
        await page.press("Enter", 13, "\r")
        assert await page.wait_for("document.querySelector('mark')?.textContent") == ANSWER
        assert await page.run("new URL(location).searchParams.get('q')") == QUESTION, "a link that can be shared"
        assert await page.run("location.search.includes('publisher')") is False, "and is short"
        await page.run("document.activeElement.blur()")
        await page.press("/", 191, "/")
        assert await page.run("document.activeElement.id") == "q"
        assert await page.run("getSelection().toString() || document.activeElement.value") == QUESTION

    play(story)


def test_the_words_are_marked_in_their_article(address: str) -> None:
    async def story(page: Page) -> None:
        await page.open(f"{address}/?q={quote(QUESTION)}")
        await page.run("document.querySelector('.source a[href^=\"/article/\"]').click()")
        assert await page.wait_for("document.querySelector('article mark')?.textContent") == ANSWER
        assert await page.run("document.querySelector(':target')?.textContent") == ANSWER

    play(story)


def test_a_filter_is_in_the_link_and_stays_in_the_form(address: str) -> None:
    async def story(page: Page) -> None:
        await page.open(f"{address}/?q={quote(QUESTION)}")
        await page.run("document.querySelector('details').open = true; document.querySelector('#since').focus()")
        await page.type("2025")
        await page.press("Enter", 13, "\r")
        await page.wait_for(
            "new URL(location).searchParams.get('since') === '2025' && !!document.querySelector('#answer')"
        )
        assert "Searched only part of the archive: since 2025-01-01" in await page.run("document.body.textContent")
        assert (
            await page.run("document.querySelector('details').open && document.querySelector('#since').value") == "2025"
        )
        await page.run("history.back()")
        assert await page.wait_for("document.querySelector('mark')?.textContent") == ANSWER
        assert await page.run("document.querySelector('#since').disabled") is False

    play(story)


def test_it_loads_nothing_from_elsewhere_and_breaks_no_policy(address: str) -> None:
    watch = (
        "window.broken = []; addEventListener('securitypolicyviolation', e => broken.push(e.blockedURI + e.sourceFile))"
    )

    async def story(page: Page) -> None:
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=watch)
        for query in ("", f"?q={quote(QUESTION)}", f"?q={quote(UNANSWERED)}"):
            await page.open(f"{address}/{query}")
            assert await page.run("broken") == []
            loaded = await page.run("performance.getEntriesByType('resource').map(one => one.name)")
            assert loaded
            assert all(name.startswith(address) for name in loaded), loaded

    play(story)


def test_it_works_without_a_script(address: str) -> None:
    async def story(page: Page) -> None:
        await page.call("Emulation.setScriptExecutionDisabled", value=True)
        await page.open(address)
        await page.wait_for("document.activeElement.id === 'q'")
        await page.type(QUESTION)
        await page.press("Enter", 13, "\r")
        assert await page.wait_for("document.querySelector('mark')?.textContent") == ANSWER

    play(story)


@pytest.mark.parametrize("size", [(320, 640), PHONE, DESKTOP], ids=["narrow", "phone", "desktop"])
def test_nothing_is_wider_than_the_window_and_what_is_tapped_is_large_enough(
    address: str, size: tuple[int, int]
) -> None:
    async def story(page: Page) -> None:
        await page.resize(size)
        for query in ("", f"?q={quote(QUESTION)}&since=2024", f"?q={quote(UNANSWERED)}"):
            await page.open(f"{address}/{query}")
            await page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert await page.run("document.documentElement.scrollWidth <= innerWidth"), query
            heights = await page.run(
                "[...document.querySelectorAll('input, button')].map(e => e.getBoundingClientRect().height)"
            )
            assert min(heights) >= 44, heights

    play(story)


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core here; run: make browser")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(address: str, dark: bool, seed_bot: QABot) -> None:
    article = seed_bot.store.articles.list(limit=1)[0].id
    paths = [
        "/",
        f"/?q={quote(QUESTION)}",
        f"/?q={quote(UNANSWERED)}&publisher=nobody",
        "/?q=%20",
        f"/article/{article}",
    ]
    paths += [f"/?q={quote('tell me about the reef')}", f"/?q={quote('why')}&since=never"]

    async def story(page: Page) -> None:
        for size in (PHONE, DESKTOP):
            await page.resize(size, dark=dark)
            for path in paths:
                await page.open(address + path)
                await page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
                await page.run(AXE.read_text())
                found = await page.run("axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
                assert found == [], (path, size, found)

    play(story)


def test_articles_can_inject_nothing(tmp_path: Path, cache_dir: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "data", cache_dir=cache_dir)
    (tmp_path / "a.txt").write_text(HOSTILE)
    with QABot(settings) as bot:
        assert bot.reindex([str(tmp_path / "a.txt")]).failed == ()

    async def story(page: Page) -> None:
        question = "Who built the lighthouse of Merrow?<script>document.title='owned'</script>"
        await page.open(f"{address}/?q={quote(question)}&publisher={quote(HOSTILE[:100])}")
        await page.open(f"{address}/?q={quote(question)}")
        assert "Una Callister" in await page.run("document.body.textContent")
        assert "owned" not in (await page.run("document.title")).replace(question, "")
        assert await page.run("[...document.images].length + document.scripts.length") == 1
        blocked = "const s = document.createElement('script'); s.textContent = 'window.x = 1'; document.body.append(s); window.x"
        assert await page.run(blocked) is None, "the policy holds even if something got in"

    with served(settings) as address:
        play(story)


def test_the_pictures_can_be_looked_at(address: str, tmp_path: Path) -> None:
    """Written to the folder that the environment variable PICTURES names, for a person to see."""

    async def story(page: Page) -> None:
        for name, size, dark in (("phone", PHONE, False), ("desktop", DESKTOP, True)):
            await page.resize(size, dark=dark)
            await page.open(f"{address}/?q={quote(QUESTION)}")
            picture = await page.picture()
            assert picture.startswith(b"\x89PNG")
            assert len(picture) > 5_000, "not an empty page"
            (tmp_path / f"{name}.png").write_bytes(picture)
            if folder := os.environ.get("PICTURES"):
                shutil.copy(tmp_path / f"{name}.png", folder)
        assert json.loads(await page.run("JSON.stringify([getComputedStyle(document.body).backgroundColor])")) == [
            "rgb(23, 24, 27)"
        ]

    play(story)
