"""A process that parses what strangers wrote, under limits of time and memory that we set.

Parsers of HTML, feeds, PDF and Word are other people's code, some of it C++, and some takes hours for a page made for that.
In a process of its own, a hostile document can at worst end that process: it costs one document and one line of the
report.  The process stays for the next document; while it works, threads of this one go on.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from embeddings.errors import SourceError

SECONDS = 15.0
"""Time that a document may take, by default."""
MEMORY = 1_000_000_000
"""Memory that the process may take, in bytes."""
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ", "SYSTEMROOT")
"""Environment variables that the process gets; a token is none of them."""
_LARGEST_REPLY = 500_000_000
"""Bytes; a page of the largest size, with each character escaped, has fewer."""


class Sandbox:
    """Calls functions in the process, which starts with the first call and ends with this object.

    Args:
        seconds: time that one call may take.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, source: str, function: str, *arguments: Any) -> Any:
        """Calls a function on what a stranger wrote.

        Args:
            source: what is read, for messages.
            function: of ours, as `module:name`; what it returns can be written as JSON.
            arguments: for the function.

        Raises:
            SourceError: the function raises it, or fails, or takes too much time or memory.
        """
        with self._guard:
            process = self._running(source)
            late = threading.Event()

            def end() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(self.seconds, end)
            timer.start()
            try:
                reply = _exchange(process, pickle.dumps((function, arguments, self.seconds)))
            finally:
                timer.cancel()
            if reply is None:
                self._end()
                reason = (
                    f"takes longer than {self.seconds:g} s to read; split it, or raise the setting document_seconds"
                    if late.is_set()
                    else f"ends the process that reads it; it is damaged, or needs more than {MEMORY // 10**6} MB to read"
                )
                raise SourceError(source, reason)
        return _result(source, json.loads(reply))

    def _running(self, source: str) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            # Our own packages, and not what happens to have their names in the current folder.
            path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "embeddings.sources.sandbox_process"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={**{name: os.environ[name] for name in _PASSED_ON if name in os.environ}, "PYTHONPATH": path},
                    start_new_session=True,  # Ctrl-C is for whoever waits for the document
                )
            except OSError as error:
                reason = f"cannot be read: no process can be started ({error.strerror})"
                raise SourceError(source, reason) from error
            weakref.finalize(self, _stop, self._process)
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            _stop(self._process)
            self._process = None


@contextlib.contextmanager
def checked_reply(source: str) -> Iterator[None]:
    """Turns what goes wrong while a result of the sandbox is unpacked into an error of the source: a parser was taken over.

    Raises:
        SourceError: the result has not the shape that was expected.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise SourceError(source, f"cannot be read (its parser gave a wrong result: {type(error).__name__})") from error


def _exchange(process: subprocess.Popen[bytes], call: bytes) -> bytes | None:
    """Sends a call and waits for its reply; None if the process ends instead."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(len(call).to_bytes(8))
        process.stdin.write(call)
        process.stdin.flush()
        size = process.stdout.read(8)
        if len(size) < 8 or int.from_bytes(size) > _LARGEST_REPLY:
            return None
        reply = process.stdout.read(int.from_bytes(size))
    except OSError:
        return None
    return reply if len(reply) == int.from_bytes(size) else None


def _result(source: str, reply: Mapping[str, Any]) -> Any:
    if "source" in reply:
        raise SourceError(reply["source"], reply["reason"])
    if "failure" in reply:
        raise SourceError(source, f"cannot be read ({reply['failure']})")
    return reply["result"]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    process.wait()
