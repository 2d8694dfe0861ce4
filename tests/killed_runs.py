"""Runs `qa-bot` again and again and kills it: a process that has imported everything forks one for each run.

Importing takes longer than an index run over a few articles; so most moments that a signal can hit are those that matter.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import NamedTuple

_NOTHING: Mapping[str, str] = MappingProxyType({})
_SERVER = """
import json, os, signal, sys, time
import faiss, numpy, tantivy, tokenizers
import qa_bot.bot, qa_bot.cli, qa_bot.commands.index, qa_bot.terminal.progress, qa_bot.terminal.render

for line in sys.stdin:
    order = json.loads(line)
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        out = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        if order["file_size"]:
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_size"], order["file_size"]))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        code = 70
        os.environ.update(order["environment"])
        try:
            code = qa_bot.cli.main(order["arguments"])
            sys.stdout.flush()
        finally:
            os._exit(code)
    done = 0
    while order["after"] is not None and not done and time.monotonic() < began + order["after"]:
        done, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.0005)
    if order["after"] is not None and not done:
        os.kill(child, order["signal"])
    if not done:
        done, status = os.waitpid(child, 0)
    print(json.dumps([os.waitstatus_to_exitcode(status), time.monotonic() - began]), flush=True)
"""


class Ended(NamedTuple):
    """How a run ended.

    Attributes:
        code: its exit code; minus the signal that ended it.
        seconds: that it ran.
        output: what it printed.
    """

    code: int
    seconds: float
    output: str


class KilledRuns:
    """Runs the command in processes that are killed; a context manager.

    Args:
        folder: the current folder of the runs.
        environment: theirs.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._output = folder / "output"
        self._server = subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        arguments: Sequence[str],
        *,
        after: float | None = None,
        signal: int = 9,
        file_size: int = 0,
        environment: Mapping[str, str] = _NOTHING,
    ) -> Ended:
        """Runs the command once.

        Args:
            arguments: of the command.
            after: seconds after which the signal is sent; None to let it end.
            signal: its number.
            file_size: largest file that it can write, in bytes, as on a full disk; 0 for any.
            environment: what is different from that of the other runs.
        """
        assert self._server.stdin
        assert self._server.stdout
        order = {
            "arguments": list(arguments),
            "after": after,
            "signal": signal,
            "file_size": file_size,
            "environment": dict(environment),
            "output": str(self._output),
        }
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        code, seconds = json.loads(self._server.stdout.readline())
        return Ended(code, seconds, self._output.read_text())

    def __enter__(self) -> KilledRuns:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait(30)
        if self._server.stdout:
            self._server.stdout.close()
