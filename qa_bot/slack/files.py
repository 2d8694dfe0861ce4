"""Files that people post: fetched from Slack, with the bot's token, into a folder that is indexed."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, ConfigDict

from embeddings.errors import SourceError

FOLDER = "slack_files"
SUFFIXES = frozenset({".txt", ".md", ".markdown", ".html", ".htm", ".pdf"})
SLACK_HOSTS = (".slack.com", ".slack-edge.com", ".slack-files.com", ".slack-gov.com")
CHUNK = 65_536


class PostedFile(BaseModel):
    """A file in a message: its id and name, where it is fetched from, and its size in bytes, as far as Slack says."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    url: str
    size: int


class UnsupportedFile(SourceError):
    """A file of another kind than those that are indexed."""


class TooLargeFile(SourceError):
    """A file that is larger than the settings allow."""


def read_files(message: object) -> list[PostedFile]:
    """The files in a message, as far as they are whole."""
    files = message.get("files") if isinstance(message, dict) else None
    found = []
    for file in files if isinstance(files, list) else []:
        facts = file if isinstance(file, dict) else {}
        url = facts.get("url_private_download") or facts.get("url_private")
        file_id, name, size = facts.get("id"), facts.get("name"), facts.get("size")
        if isinstance(url, str) and isinstance(file_id, str) and isinstance(name, str):
            found.append(
                PostedFile(id=file_id[:40], name=name[:200], url=url, size=size if isinstance(size, int) else 0)
            )
    return found


async def fetch(
    session: aiohttp.ClientSession, file: PostedFile, token: str, folder: Path, *, most: int, api_url: str
) -> Path:
    """Fetches a file into a folder of its own.

    Args:
        session: of HTTP connections.
        file: what to fetch.
        token: of the bot; it is sent to Slack's own hosts only.
        folder: the data folder.
        most: largest size, in bytes.
        api_url: of Slack; its host is Slack's, too.

    Raises:
        SourceError: it is of another kind, too large, not at Slack, or cannot be fetched.
    """
    suffix = Path(file.name).suffix.lower()
    if suffix not in SUFFIXES:
        raise UnsupportedFile(file.name, "another kind of file")
    if file.size > most:
        raise TooLargeFile(file.name, "too large")
    if not _is_slacks(file.url, api_url):
        raise SourceError(file.name, "it does not lie at Slack")
    content = await _download(session, file, token, most)
    path = folder / FOLDER / re.sub(r"\W", "", file.id) / _safe_name(file.name, suffix)
    await asyncio.to_thread(_write, path, content)
    return path


async def _download(session: aiohttp.ClientSession, file: PostedFile, token: str, most: int) -> bytes:
    content = bytearray()
    try:
        headers = {"Authorization": f"Bearer {token}"}
        async with session.get(file.url, headers=headers, allow_redirects=False) as response:
            if response.status != 200:
                raise SourceError(
                    file.name, f"Slack does not give it (HTTP {response.status}); is the scope files:read there?"
                )
            if response.content_type == "text/html" and not file.name.lower().endswith((".html", ".htm")):
                raise SourceError(file.name, "Slack asks to sign in for it; is the scope files:read there?")
            async for chunk in response.content.iter_chunked(CHUNK):
                content += chunk
                if len(content) > most:
                    raise TooLargeFile(file.name, "too large")
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise SourceError(file.name, f"cannot be fetched ({type(error).__name__})") from error
    return bytes(content)


def _is_slacks(url: str, api_url: str) -> bool:
    try:
        asked, own = urlsplit(url), urlsplit(api_url)
        if (asked.scheme, asked.hostname, asked.port) == (own.scheme, own.hostname, own.port):
            return True
        return asked.scheme == "https" and f".{asked.hostname}".endswith(SLACK_HOSTS) and "@" not in asked.netloc
    except ValueError:
        return False


def _safe_name(name: str, suffix: str) -> str:
    stem = re.sub(r"[^\w -]", "_", name.removesuffix(Path(name).suffix)).strip(" _")[:80]
    return (stem or "file") + suffix


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
