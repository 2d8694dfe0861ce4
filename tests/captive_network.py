"""Runs commands in a network of their own, in which only a resolver lives that knows no name but writes each down.

    python tests/captive_network.py '[[["qa-bot", "ask", "Who?"], "standard input"], ...]'

prints a JSON object: `codes` of the commands, their `output`, and the `names` that were looked up.  Linux only; it takes
`unshare`, and the right to make user namespaces.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_UNSHARE = ("unshare", "--map-root-user", "--net", "--mount")
_FLUSH_SECONDS = 2.0
"""How long a resolver waits for what a command that has ended may have left behind."""


class Seen(NamedTuple):
    """What the commands did.

    Attributes:
        codes: their exit codes.
        output: of each, stdout and stderr.
        names: that any of them looked up.
    """

    codes: list[int]
    output: list[str]
    names: list[str]


def is_possible() -> bool:
    """Whether this machine lets us make a network namespace."""
    return (
        shutil.which("unshare") is not None and subprocess.run([*_UNSHARE, "true"], capture_output=True).returncode == 0
    )


def watch(commands: Sequence[tuple[Sequence[str], str]], environment: dict[str, str]) -> Seen:
    """Runs the commands, each with its standard input, one after another."""
    given = json.dumps([[list(command), text] for command, text in commands])
    done = subprocess.run(
        [*_UNSHARE, sys.executable, __file__, given], env=environment, capture_output=True, text=True, check=True
    )
    return Seen(**json.loads(done.stdout.splitlines()[-1]))


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP | IFF_RUNNING


def _serve_names(resolver: socket.socket, names: list[str]) -> None:
    while True:
        query, client = resolver.recvfrom(4096)
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
            at += 1 + query[at]
        names.append(".".join(labels))
        resolver.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:], client)  # no such name


def main() -> None:
    _bring_loopback_up()
    names: list[str] = []
    resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    resolver.bind(("127.0.0.1", 53))
    threading.Thread(target=_serve_names, args=(resolver, names), daemon=True).start()
    seen: dict[str, Any] = {"codes": [], "output": []}
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "resolv.conf")
        settings.write_text("nameserver 127.0.0.1\n")
        subprocess.run(["mount", "--bind", str(settings), "/etc/resolv.conf"], check=True)
        for command, text in json.loads(sys.argv[1]):
            done = subprocess.run(command, input=text, capture_output=True, text=True)
            seen["codes"].append(done.returncode)
            seen["output"].append(done.stdout + done.stderr)
        time.sleep(_FLUSH_SECONDS)
        print(json.dumps({**seen, "names": names}))


if __name__ == "__main__":
    main()
