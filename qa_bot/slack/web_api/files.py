"""Fetches the files that people post from Slack, with the bot's token, into a folder that is indexed."""

from __future__ import annotations

import asyncio
import logging
import re
from enum import Enum
from pathlib import Path

import aiohttp
from pydantic import BaseModel, ConfigDict
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import SourceError, StoreError
from qa_bot.slack.incoming.requests import mapping, read_id
from qa_bot.slack.web_api.calls import call, error_code, is_slacks

FOLDER = "slack_files"
SUFFIXES = frozenset({".txt", ".md", ".markdown", ".html", ".htm", ".pdf"})
CHUNK = 65_536

_log = logging.getLogger(__name__)


class PostedFile(BaseModel):
    """A file in a message: its id, its name, the address to fetch it from, and its size in bytes (0 if unknown).

    A message tells only the id of another organisation's file; `look_up` finds the rest.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    url: str
    size: int


class Obstacle(Enum):
    """Why a file is not fetched; `qa_bot.slack.views.texts` has the words for people."""

    UNSUPPORTED = "unsupported kind of file"
    TOO_LARGE = "too large"
    ELSEWHERE = "not stored at Slack"
    NOT_GIVEN = "Slack refuses it; check the scope files:read"
    UNREACHABLE = "cannot be fetched"


class FileError(SourceError):
    """A file that cannot be fetched, and why."""

    def __init__(self, name: str, obstacle: Obstacle) -> None:
        super().__init__(name, obstacle.value)
        self.obstacle = obstacle


def read_files(message: object) -> list[PostedFile]:
    """Reads the files in a message; incomplete ones are left out."""
    files = mapping(message).get("files")
    posted = []
    for file in map(mapping, files if isinstance(files, list) else []):
        url = file.get("url_private_download") or file.get("url_private")
        file_id, name, size = read_id(file.get("id")), file.get("name"), file.get("size")
        if file.get("file_access") == "check_file_info":
            url, name = "", ""
        if isinstance(url, str) and file_id is not None and isinstance(name, str):
            posted.append(PostedFile(id=file_id, name=name[:200], url=url, size=size if isinstance(size, int) else 0))
    return posted


async def look_up(client: AsyncWebClient, file: PostedFile) -> PostedFile:
    """Asks Slack for a file's name and address, if they are missing.

    Raises:
        FileError: Slack does not tell them.
    """
    if file.url:
        return file
    try:
        info = await call(client.files_info, file=file.id)
    except SlackApiError as error:
        _log.warning("Slack does not describe a file: %s", error_code(error))
        raise FileError(file.id, Obstacle.NOT_GIVEN) from error
    files = read_files({"files": [info.get("file")]})
    if not files or not files[0].url:
        raise FileError(file.id, Obstacle.NOT_GIVEN)
    return files[0]


async def fetch(
    session: aiohttp.ClientSession, file: PostedFile, token: str, folder: Path, place: Path, *, most: int, api_url: str
) -> Path:
    """Fetches a file into a folder of its own, and returns its path.

    Args:
        session: of HTTP connections.
        file: what to fetch.
        token: of the bot; it is sent to Slack's own hosts only.
        folder: the data folder.
        place: of the file in it, under `FOLDER`: the workspace and channel that it was posted in.
        most: largest size, in bytes.
        api_url: of Slack; its host is Slack's, too.

    Raises:
        FileError: it is unsupported, too large, not stored at Slack, or cannot be fetched.
        StoreError: the data folder cannot be written.
    """
    suffix = Path(file.name).suffix.lower()
    if suffix not in SUFFIXES:
        raise FileError(file.name, Obstacle.UNSUPPORTED)
    if file.size > most:
        raise FileError(file.name, Obstacle.TOO_LARGE)
    if not is_slacks(file.url, api_url):
        raise FileError(file.name, Obstacle.ELSEWHERE)
    content = await _download(session, file, token, most)
    path = folder / FOLDER / place / file.id / _safe_name(file.name, suffix)
    try:
        await asyncio.to_thread(_write, path, content)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror})") from error
    return path


async def _download(session: aiohttp.ClientSession, file: PostedFile, token: str, most: int) -> bytes:
    content = bytearray()
    try:
        headers = {"Authorization": f"Bearer {token}"}
        async with session.get(file.url, headers=headers, allow_redirects=False) as response:
            if response.status != 200:
                _log.warning("Slack refuses a file: HTTP %d", response.status)
                raise FileError(file.name, Obstacle.NOT_GIVEN)
            if response.content_type == "text/html" and not file.name.lower().endswith((".html", ".htm")):
                raise FileError(file.name, Obstacle.NOT_GIVEN)  # the page to sign in
            async for chunk in response.content.iter_chunked(CHUNK):
                content += chunk
                if len(content) > most:
                    raise FileError(file.name, Obstacle.TOO_LARGE)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        _log.warning("a file cannot be fetched: %s", type(error).__name__)
        raise FileError(file.name, Obstacle.UNREACHABLE) from error
    return bytes(content)


def _safe_name(name: str, suffix: str) -> str:
    stem = re.sub(r"[^\w -]", "_", name.removesuffix(Path(name).suffix)).strip(" _")[:50]  # of at most four bytes each
    return (stem or "file") + suffix


def _write(path: Path, content: bytes) -> None:
    for folder in (path.parents[1], path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)  # one that an older version made
    path.touch(mode=0o600)
    path.write_bytes(content)
