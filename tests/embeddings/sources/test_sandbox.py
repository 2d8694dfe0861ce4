"""What strangers wrote is parsed in a process that can take neither our time nor our memory, and reaches nothing."""

from __future__ import annotations

import io
import os
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import SourceContext
from embeddings.sources.documents import Document, charset_of, decode
from embeddings.sources.formats.html import decode_page
from embeddings.sources.opening import open_source
from embeddings.sources.sandbox import MEMORY, Sandbox

Read = Callable[..., tuple[list[Article], dict[str, list[str]]]]
LISTED = '"author": {"name' * 20_000
"""What trafilatura looks for an author in; the time grows with the square of it."""


@pytest.fixture
def sandbox() -> Sandbox:
    """One with little patience."""
    return Sandbox(seconds=3)


def reason(call: Callable[[], object]) -> str:
    """Why a document cannot be read."""
    with pytest.raises(SourceError) as caught:
        call()
    return caught.value.reason


def test_a_document_that_takes_too_long_costs_itself_only(sandbox: Sandbox) -> None:
    assert "takes longer than 3 s to read" in reason(lambda: sandbox.call("a.pdf", "time:sleep", 600))
    assert sandbox.call("b.pdf", "math:sqrt", 4) == 2


def test_a_parser_that_ends_its_process_costs_one_document(sandbox: Sandbox) -> None:
    assert "ends the process that reads it" in reason(lambda: sandbox.call("a.pdf", "os:abort"))
    assert sandbox.call("b.pdf", "math:sqrt", 4) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not limit memory")
def test_a_document_gets_no_more_memory_than_the_limit(sandbox: Sandbox) -> None:
    assert str(MEMORY // 10**6) in reason(lambda: sandbox.call("a.docx", "builtins:bytearray", MEMORY))
    assert sandbox.call("b.pdf", "math:sqrt", 4) == 2


def test_what_a_parser_raises_is_the_reason(sandbox: Sandbox) -> None:
    assert reason(lambda: sandbox.call("a.docx", "math:sqrt", -1)).startswith("cannot be read (ValueError: ")


def test_the_process_writes_no_file(sandbox: Sandbox, tmp_path: object) -> None:
    assert "cannot be read" in reason(lambda: sandbox.call("a", "shutil:copyfile", __file__, f"{tmp_path}/copy"))


def test_the_process_gets_no_token(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    assert sandbox.call("a", "os:getenv", "SLACK_BOT_TOKEN") is None
    assert sandbox.call("a", "os:getenv", "PATH") == os.environ["PATH"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process leave the network")
def test_the_process_reaches_no_network(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        network = "/proc/self/ns/net"
        if sandbox.call("a", "os:readlink", network) == os.readlink(network):
            pytest.skip("this container lets no process leave the network")
        assert "unreachable" in reason(lambda: sandbox.call("a", "socket:create_connection", address, 2))


def test_other_threads_go_on_while_a_document_is_read(sandbox: Sandbox) -> None:
    sandbox.call("first", "math:sqrt", 4)  # the process is there
    reading = threading.Thread(target=lambda: reason(lambda: sandbox.call("a", "time:sleep", 600)))
    reading.start()
    longest, last = 0.0, time.monotonic()
    while reading.is_alive():
        time.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 1


def test_a_page_made_to_take_hours_is_given_up(read_file: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.sources.sandbox.Sandbox.__init__.__defaults__", (2,))
    page = f'<html><head><script type="application/ld+json">{LISTED}</script></head><body><p>Words.</p></body></html>'
    articles, failed = read_file(page, "page.html")
    assert articles == []
    assert "takes longer than 2 s to read" in failed["page.html"][0]


def test_nested_paragraphs_of_a_word_document_take_no_time(read_file: Read) -> None:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    nested = "<w:p>" * 190 + "<w:r><w:t>The harbour reopened.</w:t></w:r>" + "</w:p>" * 190
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f"<w:document {space}><w:body>{nested}</w:body></w:document>")
    began = time.monotonic()
    articles, failed = read_file(packed.getvalue(), "nested.docx")
    assert [article.text for article in articles] == ["The harbour reopened."], failed
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", ["punycode", "idna", "unicode_escape", "raw-unicode-escape", "utf-7", "hex", "zlib"])
def test_a_charset_that_is_none_for_text_is_not_used(name: str) -> None:
    data = b"a-" * 40_000
    document = Document("page", lambda: io.BytesIO(data), charset=name)
    assert charset_of(document) is None
    assert decode(document, data) == data.decode()
    assert decode_page(data, name) == data.decode()


@pytest.mark.parametrize(
    "name", ["utf-8", "latin1", "windows-1252", "Shift_JIS", "koi8-r", "gb2312", "macintosh", "iso-8859-15"]
)
def test_the_charsets_of_web_pages_are_used(name: str) -> None:
    assert charset_of(Document("page", lambda: io.BytesIO(b""), charset=name)) is not None


class Overtaken(Sandbox):
    """A sandbox whose parser somebody has taken over."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self._result = result

    def call(self, source: str, function: str, *arguments: Any) -> Any:
        return self._result


@pytest.mark.parametrize("result", [None, 7, "x", [1], [[1, 2]], [["url", None]], [{}], {"a": 1}, [["a"] * 40]])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("feed.xml", '<rss version="2.0"><channel><item><title>a</title></item></channel></rss>'),
        ("sitemap.xml", "<urlset><url><loc>https://news.example/a</loc></url></urlset>"),
        ("page.html", "<p>The harbour of Aldport reopened on Thursday.</p>"),
    ],
)
def test_a_wrong_result_of_the_sandbox_is_an_error_of_its_source(
    tmp_path: Path, name: str, content: str, result: Any
) -> None:
    (tmp_path / name).write_text(content)
    context = SourceContext(sandbox=Overtaken(result))
    with pytest.raises(SourceError):
        read_all(str(tmp_path / name), context)


def read_all(location: str, context: SourceContext) -> None:
    """Reads all entries of a source; to give none is an error too."""
    articles = [entry.read() for entry in open_source(location, context).entries()]
    if not articles:
        raise SourceError(location, "nothing in it")
