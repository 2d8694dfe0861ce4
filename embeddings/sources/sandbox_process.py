"""The process behind `embeddings.sources.sandbox`: calls come on stdin, replies go to stdout.

Its limits hold on Linux.  On macOS the system does not limit memory, and there and in some containers the network stays
within reach; the parsers do not use it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pickle
import sys
from pkgutil import resolve_name
from typing import Any

from embeddings.errors import SourceError
from embeddings.sources.facts import one_line
from embeddings.sources.sandbox import MEMORY

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_SPARE_SECONDS = 5.0


def main() -> None:
    """Answers calls until stdin ends."""
    calls, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no reply
    _limit()
    while size := calls.read(8):
        function, arguments, seconds = pickle.loads(calls.read(int.from_bytes(size)))
        _limit_time(seconds + _SPARE_SECONDS)
        reply = json.dumps(_call(function, arguments)).encode()
        replies.write(len(reply).to_bytes(8))
        replies.write(reply)
        replies.flush()


def _call(function: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
    try:
        return {"result": resolve_name(function)(*arguments)}
    except SourceError as error:
        return {"source": error.source, "reason": error.reason}
    except MemoryError:
        os._exit(1)  # with what memory is left, nothing else is sure
    except Exception as error:  # one document must not stop the others
        return {"failure": f"{type(error).__name__}: {one_line(str(error))[:200]}"}


def _limit() -> None:
    """No memory beyond the limit, no file, no process, and no network, as far as the system can do that."""
    with contextlib.suppress(ImportError):  # Windows has none
        import resource

        limits = {resource.RLIMIT_DATA: MEMORY, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0}
        for what, most in limits.items():
            _, hard = resource.getrlimit(what)
            if hard == resource.RLIM_INFINITY or most < hard:
                with contextlib.suppress(OSError, ValueError):  # a system that does not limit this
                    resource.setrlimit(what, (most, most))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER | _NEW_NET)  # it is refused in some containers


def _limit_time(seconds: float) -> None:
    """Ends this process after so much more work, even if nobody is left to end it."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, hard))


if __name__ == "__main__":
    main()
