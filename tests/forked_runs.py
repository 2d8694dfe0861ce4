"""Runs `qa-bot` again and again: one process that has imported everything forks another for each run.

Importing takes longer than most runs do. So a test file with fifty commands takes seconds, and a signal that is sent at a
random moment hits the work itself.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, NoReturn


class Ended(NamedTuple):
    """How a run ended.

    Attributes:
        code: its exit code; minus the signal that ended it.
        seconds: that it ran.
        output: what it printed on stdout.
        errors: what it printed on stderr.
    """

    code: int
    seconds: float
    output: str
    errors: str


class ForkServer:
    """Runs commands in processes of their own, one after another.

    Args:
        folder: receives what the runs print.
    """

    def __init__(self, folder: Path) -> None:
        self._output, self._errors = folder / "stdout", folder / "stderr"
        self._turn = threading.Lock()
        self._server = subprocess.Popen(
            [sys.executable, "-P", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        after: float | None = None,
        signal: int = 9,
        file_size: int = 0,
    ) -> Ended:
        """Runs the command once, and waits for its end.

        Args:
            arguments: of the command.
            folder: its current folder.
            environment: all of its environment variables.
            after: seconds after which the signal is sent; None to let it end.
            signal: its number.
            file_size: largest file that it can write, in bytes, as on a full disk; 0 for any.
        """
        assert self._server.stdin
        assert self._server.stdout
        order = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
            "after": after,
            "signal": signal,
            "file_size": file_size,
            "output": str(self._output),
            "errors": str(self._errors),
        }
        with self._turn:
            self._server.stdin.write(json.dumps(order) + "\n")
            self._server.stdin.flush()
            code, seconds = json.loads(self._server.stdout.readline())
            return Ended(code, seconds, self._output.read_bytes().decode(), self._errors.read_bytes().decode())

    def close(self) -> None:
        """Ends the server."""
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.close()
        self._server.wait(30)
        self._server.stdout.close()


PRELOADED = (
    "faiss",
    "numpy",
    "onnxruntime",
    "tantivy",
    "tokenizers",
    "qa_bot.bot",
    "qa_bot.cli",
    "qa_bot.commands.index",
    "qa_bot.reader.model",
)


def _serve() -> None:
    """Forks a process for each order on stdin, and prints how it ended."""
    for name in PRELOADED:
        import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            _become(order)
        status = _wait(child, order, began)
        print(json.dumps([os.waitstatus_to_exitcode(status), time.monotonic() - began]), flush=True)


def _become(order: dict[str, Any]) -> NoReturn:
    """Becomes the command, and ends with its exit code."""
    code = 70
    try:
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        time.tzset()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream, name in ((1, "output"), (2, "errors")):
            os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), stream)
        if order["file_size"]:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_size"], order["file_size"]))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        sys.argv = ["qa-bot", *order["arguments"]]
        code = import_module("qa_bot.cli").main()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # a signal may come before the command begins, and after its end
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _wait(child: int, order: dict[str, Any], began: float) -> int:
    """Waits for the end of a child, and sends it the signal if its time has come; its status."""
    if order["after"] is not None:
        while time.monotonic() < began + order["after"]:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status
            time.sleep(0.0005)
        os.kill(child, order["signal"])
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    _serve()
