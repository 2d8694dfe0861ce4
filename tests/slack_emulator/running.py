"""The command `qa-bot slack`, as a process beside the emulator."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from slack_emulator.emulator import SlackEmulator
from slack_emulator.workspace import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET

SECRETS = (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningApp:
    """Starts, watches and stops the app.

    Args:
        slack: the Slack that it shall talk to.
        folder: its current folder and home; `qa_bot.toml` is written there.
        data_dir: the store.
        cache_dir: compiled models.
        config: what stands in `qa_bot.toml`.
        arguments: of `qa-bot slack`.
        environment: further environment variables.
    """

    def __init__(
        self,
        slack: SlackEmulator,
        folder: Path,
        data_dir: Path,
        cache_dir: Path,
        config: str = "",
        arguments: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.slack = slack
        self.folder = folder
        self.data_dir = data_dir
        self.arguments = arguments
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.upper().startswith(("QA_BOT_", "SLACK_"))},
            "HOME": str(folder),
            "HF_HUB_OFFLINE": "1",
            "QA_BOT_CACHE_DIR": str(cache_dir),
            "QA_BOT_CONFIG": str(folder / "qa_bot.toml"),
            "QA_BOT_DATA_DIR": str(data_dir),
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": slack.api_url,
            **(environment or {}),
        }
        (folder / "qa_bot.toml").write_text(config)
        self.lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self) -> float:
        """Starts it and waits until it is connected; returns the seconds that took."""
        began = time.monotonic()
        before = len(self.slack.socket_mode.history)
        self._launch()
        self.slack.workspace.wait_for(
            "the app to connect", lambda: len(self.slack.socket_mode.history) > before or self._ended(), 60
        )
        assert not self._ended(), self.log
        return self.slack.socket_mode.history[before] - began

    def start_http(self, port: int, path: str = "/slack/events") -> float:
        """Starts it as an HTTP server and waits until it is ready; returns the seconds that took."""
        began = time.monotonic()
        self._launch("--http", "--host", "127.0.0.1", "--port", str(port))
        while self.gets(f"http://127.0.0.1:{port}/readyz") != 200:
            assert not self._ended(), self.log
            assert time.monotonic() < began + 60, f"not ready after a minute\n{self.log}"
            time.sleep(0.05)
        self.slack.over_http(f"http://127.0.0.1:{port}{path}")
        return time.monotonic() - began

    @staticmethod
    def gets(address: str) -> int:
        """The status of a GET; 0 if nobody answers."""
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def _launch(self, *more: str) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "qa_bot", "slack", *self.arguments, *more],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._process = process

        def read() -> None:
            assert process.stdout is not None
            with process.stdout:
                for line in process.stdout:
                    self.lines.append(line.rstrip("\n"))
            with self.slack.workspace.change():
                process.wait()

        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()

    def _ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    @property
    def log(self) -> str:
        """All that it wrote."""
        return "\n".join(self.lines)

    @property
    def runs(self) -> bool:
        """Whether it runs."""
        return self._process is not None and not self._ended()

    @property
    def memory_mb(self) -> float:
        """Resident memory of it and of what it started, in megabytes."""
        assert self._process is not None
        family = psutil.Process(self._process.pid)
        sizes = [process.memory_info().rss for process in (family, *family.children(recursive=True))]
        return float(sum(sizes)) / 1024 / 1024

    @property
    def processor_seconds(self) -> float:
        """What it has used of the processors so far, in seconds."""
        assert self._process is not None
        family = psutil.Process(self._process.pid)
        times = [process.cpu_times() for process in (family, *family.children(recursive=True))]
        return float(sum(time.user + time.system for time in times))

    def kill(self) -> None:
        """Kills it, and what it started, as the kernel does."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._end(signal.SIGKILL, children)

    def stop(self) -> tuple[float, int]:
        """Asks it to stop; returns the seconds that took, and the exit code."""
        began = time.monotonic()
        code = self._end(signal.SIGTERM)
        return time.monotonic() - began, code

    def _end(self, how: signal.Signals, also: Sequence[psutil.Process] = ()) -> int:
        assert self._process is not None
        assert self._reader is not None
        self._process.send_signal(how)
        for child in also:
            with suppress(psutil.NoSuchProcess):
                child.send_signal(how)
        try:
            code = self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"it did not stop within 30 s\n{self.log}") from None
        self._reader.join()
        return code

    def close(self) -> None:
        """Ends it if it still runs."""
        if self.runs:
            self.kill()
