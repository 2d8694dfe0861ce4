"""Unpacking in small pieces, up to a limit, so that a packed bomb does no harm."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

_PIECE = 65_536
RATIO = 100
"""How many times larger than packed data unpacked data may be; text is three to ten times as large."""
FREE = 20_000_000
"""Bytes that may be unpacked at any ratio."""


class UnpackingError(Exception):
    """Data that cannot be unpacked; the message says why, without naming the place."""


class Unpacker:
    """Unpacks a gzip stream as it comes in.

    Args:
        most: largest unpacked size, in bytes.
        deflate: the stream is what HTTP calls deflate: in zlib's format, or raw.
    """

    def __init__(self, most: float, *, deflate: bool = False) -> None:
        self._most = most
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | (0 if deflate else 16))
        self._may_be_raw = deflate
        self._head = b""
        self._packed = self._unpacked = 0
        self.finished = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Unpacks a piece of the stream, in pieces of bounded size.

        Raises:
            UnpackingError: it is damaged, or unpacks to more than is allowed.
        """
        self._packed += len(packed)
        full = False
        while packed or full:
            if self.finished:
                if not packed.strip(b"\0"):  # the padding of tapes
                    return
                self._inflater, self.finished = zlib.decompressobj(zlib.MAX_WBITS | 16), False
            piece = self._inflate(packed)
            packed, full = self._inflater.unconsumed_tail, len(piece) == _PIECE
            if self._inflater.eof:
                self.finished, packed, full = True, self._inflater.unused_data, False
            self._unpacked += len(piece)
            if self._unpacked > min(self._most, max(FREE, RATIO * self._packed)):
                raise UnpackingError("unpacks to far more than an article or a list of articles has")
            yield piece

    def _inflate(self, packed: bytes) -> bytes:
        self._head = self._head + packed if self._may_be_raw else b""
        try:
            piece = self._inflater.decompress(packed, _PIECE)
        except zlib.error as error:
            if not self._may_be_raw:
                raise UnpackingError("is damaged: it cannot be unpacked") from error
            self._may_be_raw, self._inflater = False, zlib.decompressobj(-zlib.MAX_WBITS)
            return self._inflate(self._head)
        self._may_be_raw = self._may_be_raw and not piece
        return piece


class GzipFile(io.RawIOBase):
    """A gzip file as its unpacked bytes, read from beginning to end.

    Args:
        packed: the file; closed with this one.
        most: largest unpacked size, in bytes.

    Raises:
        UnpackingError: while reading: it is damaged, cut off, or unpacks to more than is allowed.
    """

    def __init__(self, packed: BinaryIO, most: float = float("inf")) -> None:
        self._packed = packed
        self._pieces = self._unpack(Unpacker(most))
        self._rest = b""

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills a buffer, or part of it; 0 at the end."""
        self._rest = self._rest or next(filter(None, self._pieces), b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Closes the packed file too."""
        self._packed.close()
        super().close()

    def _unpack(self, unpacker: Unpacker) -> Iterator[bytes]:
        while packed := self._packed.read(_PIECE):
            yield from unpacker.feed(packed)
        if not unpacker.finished:
            raise UnpackingError("is cut off: its end is missing; get it again")
