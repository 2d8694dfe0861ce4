"""Files that people post are fetched from Slack, with the bot's token, and from nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from embeddings.errors import StoreError
from qa_bot.slack.web_api.files import FOLDER, FileError, Obstacle, PostedFile, fetch, read_files
from qa_bot.slack.web_api.workspaces import new_session

TOKEN = "xoxb-1-2-test"
PLACE = Path("T1", "C1")
MOST = 100_000


@asynccontextmanager
async def served(seen: list[str | None], elsewhere: str = "") -> AsyncIterator[str]:
    """An address at which files lie; who asks for them is noted."""

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Authorization"))
        if request.path == "/moved":
            raise web.HTTPFound(elsewhere)
        if request.path == "/login":
            return web.Response(text="<title>Sign in</title>", content_type="text/html")
        if request.path == "/endless":
            response = web.StreamResponse(headers={"Content-Type": "text/plain"})
            await response.prepare(request)
            while True:
                await response.write(b"more " * 10_000)
        return web.Response(text="The harbour reopened.", content_type="text/plain")

    app = web.Application()
    app.router.add_get("/{name}", answer)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}"


def fetched(
    folder: Path, path: str, *, at: str = "slack", **facts: Any
) -> tuple[Path | Obstacle, list[str | None], list[str | None]]:
    """What comes of fetching a file, and who asked for files at Slack and at another place."""

    async def story() -> tuple[Path | Obstacle, list[str | None], list[str | None]]:
        slack: list[str | None] = []
        other: list[str | None] = []
        async with served(other) as elsewhere, served(slack, f"{elsewhere}/stolen") as own, new_session() as session:
            url = f"{own if at == 'slack' else elsewhere}/{path}"
            file = PostedFile.model_validate({"id": "F1", "name": "a.txt", "url": url, "size": 0} | facts)
            try:
                result: Path | Obstacle = await fetch(
                    session, file, TOKEN, folder, Path("T1", "C1"), most=MOST, api_url=f"{own}/api/"
                )
            except FileError as error:
                result = error.obstacle
        return result, slack, other

    return asyncio.run(story())


def test_a_file_is_fetched_with_the_token_and_lies_below_its_id(tmp_path: Path) -> None:
    path, slack, _ = fetched(tmp_path, "a.txt")
    assert path == tmp_path / FOLDER / "T1" / "C1" / "F1" / "a.txt"
    assert path.read_text() == "The harbour reopened."
    assert slack == [f"Bearer {TOKEN}"]


def test_another_place_is_not_asked_at_all(tmp_path: Path) -> None:
    result, _, other = fetched(tmp_path, "a.txt", at="elsewhere")
    assert (result, other) == (Obstacle.ELSEWHERE, [])


def test_no_redirect_is_followed_so_that_the_token_stays_at_slack(tmp_path: Path) -> None:
    result, _, other = fetched(tmp_path, "moved")
    assert (result, other) == (Obstacle.NOT_GIVEN, [])


@pytest.mark.parametrize(
    ("path", "facts", "obstacle"),
    [
        ("login", {}, Obstacle.NOT_GIVEN),
        ("endless", {}, Obstacle.TOO_LARGE),
        ("a.txt", {"size": MOST + 1}, Obstacle.TOO_LARGE),
        ("a.exe", {"name": "a.exe"}, Obstacle.UNSUPPORTED),
    ],
)
def test_what_is_not_taken_leaves_nothing_behind(
    tmp_path: Path, path: str, facts: dict[str, Any], obstacle: Obstacle
) -> None:
    assert fetched(tmp_path, path, **facts)[0] is obstacle
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.txt", "𠀀" * 200 + ".txt", "a/.b.txt", "a\x00b\n.txt", "..txt", "CON .txt"]
)
def test_whatever_a_file_is_called_it_lies_in_its_own_folder(tmp_path: Path, name: str) -> None:
    path, *_ = fetched(tmp_path, "a.txt", name=name)
    assert isinstance(path, Path)
    assert path.resolve().parent == (tmp_path / FOLDER / "T1" / "C1" / "F1").resolve()
    assert len(path.name.encode()) <= 255


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(StoreError, match=FOLDER):
        fetched(tmp_path, "a.txt")


@pytest.mark.parametrize("file_id", ["../F1", "", "f1", "F1/..", 7, None, "F" * 100])
def test_a_file_without_a_proper_id_is_none(file_id: object) -> None:
    assert read_files({"files": [{"id": file_id, "name": "a.txt", "url_private": "https://files.slack.com/a"}]}) == []


def test_of_a_file_from_another_organisation_only_the_id_is_known() -> None:
    stub = {"id": "F1", "file_access": "check_file_info", "url_private": "https://evil.example/", "name": "x.txt"}
    assert read_files({"files": [stub]}) == [PostedFile(id="F1", name="", url="", size=0)]
