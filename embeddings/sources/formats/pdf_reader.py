"""Reads a PDF in its own process: bytes on stdin, JSON on stdout.

PDFium is quick and reads text well, but it is C++ that reads bytes from strangers.  In its own process, with limited
memory and time, a hostile file can at worst end that process.  This file imports nothing from the package, so that it
starts at once.
"""

import contextlib
import json
import sys

MEMORY = 2 << 30
SECONDS = 50
MAX_PAGES = 3000
MAX_CHARS = 20_000_000
_PASSWORD = 4  # FPDF_ERR_PASSWORD


def main() -> None:
    """Prints `{"pages": [...], "title": "...", "author": "...", "created": "..."}` or `{"error": "..."}`."""
    _limit()
    data = sys.stdin.buffer.read()
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == _PASSWORD or "password" in str(error).lower()
        json.dump({"error": "locked" if locked else "damaged"}, sys.stdout)
        return
    pages: list[str] = []
    for number in range(min(len(document), MAX_PAGES)):
        if sum(map(len, pages)) > MAX_CHARS:
            break
        try:
            pages.append(document[number].get_textpage().get_text_bounded())
        except pypdfium2.PdfiumError:
            pages.append("")  # a page that is damaged; the others may not be
    facts = document.get_metadata_dict()
    named = {"title": "Title", "author": "Author", "created": "CreationDate"}
    json.dump({"pages": pages, **{name: facts.get(key, "") for name, key in named.items()}}, sys.stdout)


def _limit() -> None:
    with contextlib.suppress(ImportError):  # Windows has none
        import resource

        for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0)):
            _, hard = resource.getrlimit(what)
            if hard == resource.RLIM_INFINITY or most < hard:
                with contextlib.suppress(OSError, ValueError):  # a system that does not limit this
                    resource.setrlimit(what, (most, hard))


if __name__ == "__main__":
    main()
