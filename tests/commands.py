"""Runs the command `qa-bot` as a person does, in a process of its own."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import click
from forked_runs import ForkServer

from qa_bot.cli import cli

AS_ORDINARY_USER = """
import ctypes
if os.geteuid() == 0:  # root may write to everything, until it gives up the capabilities that let it
    for capability in (1, 2):
        assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0
"""
"""Makes file permissions count in the process that follows, even where the tests run as root."""

FILES_OF_AT_MOST = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""
"""Makes writing a file fail beyond a size, as on a full disk."""


def parse(words: Sequence[str]) -> click.Context:
    """Parses a command line as `qa-bot` does, and runs nothing.

    Raises:
        click.UsageError: there is no such command, or it does not take these arguments.
        click.exceptions.Exit: the line asks for help, which has been printed.
    """
    context = cli.make_context("qa-bot", list(words))
    while isinstance(context.command, click.Group):
        if context.command.invoke_without_command and not context._protected_args:
            break
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert command
        context = command.make_context(name, rest, parent=context)
    return context


@cache
def fork_server() -> ForkServer:
    """What the commands of this test process are forked from."""
    folder = tempfile.TemporaryDirectory()
    server = ForkServer(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(server.close)
    return server


class Done(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    output: str
    lines: list[str]

    @property
    def json(self) -> Any:
        """The object on stdout."""
        return json.loads(self.output)


class Command:
    """`qa-bot` with a store, a cache and a home of its own.

    Args:
        folder: receives the home and is the current folder of the command.
        cache_dir: compiled models.
        data_dir: the store; made by the command if it is missing.
    """

    def __init__(self, folder: Path, cache_dir: Path, data_dir: Path) -> None:
        self.folder = folder
        self.data_dir = data_dir
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.upper().startswith("QA_BOT_")},
            "HOME": str(folder),
            "HF_HUB_OFFLINE": "1",
            "COLUMNS": "100",
            "QA_BOT_CACHE_DIR": str(cache_dir),
            "QA_BOT_DATA_DIR": str(data_dir),
        }

    def __call__(
        self, *arguments: str | Path | bytes, before: str = "", environment: Mapping[str, str] | None = None
    ) -> Done:
        """Runs ``qa-bot ARGUMENTS``.

        Args:
            arguments: of the command.
            before: Python code that the process runs before it becomes the command.
            environment: further environment variables.
        """
        environment = {**self.environment, **(environment or {})}
        if not before and hasattr(os, "fork"):
            ended = fork_server().run(list(map(os.fsdecode, arguments)), folder=self.folder, environment=environment)
            return Done(ended.code, ended.output, ended.errors.splitlines())
        become = f"import os, sys\n{before}\nos.execv(sys.executable, [sys.executable, '-m', 'qa_bot', *sys.argv[1:]])"
        done = subprocess.run(
            [sys.executable, "-c", become, *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=500,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode().splitlines())
