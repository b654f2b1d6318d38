"""Files saved again on another system: byte order marks, UTF-16 and line ends of Windows, turned into what was written.

PowerShell's redirection writes UTF-16, editors put marks before UTF-8, and both end lines with CR and LF.
"""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO, cast

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, and the encodings that they tell."""

HEAD = 8192
"""Bytes among which the first line's end is looked for."""

PART = 1 << 16


def recoding(head: bytes) -> tuple[int, str | None, bool]:
    """Return the length of the mark a file begins with, the encoding to undo, and whether its lines end with CR LF."""
    mark, encoding = next(((mark, name) for mark, name in MARKS if head.startswith(mark)), (b"", "utf-8"))
    text = head[len(mark) :].decode(encoding, "replace")
    end = text.find("\n")
    return len(mark), None if encoding == "utf-8" else encoding, end > 0 and text[end - 1] == "\r"


def as_written(stream: io.BufferedReader) -> BinaryIO:
    """Return the stream as UTF-8 without mark, its lines ended by LF; the stream itself where it is that already."""
    mark, encoding, windows = recoding(stream.peek(HEAD)[:HEAD])
    if not mark and not windows:
        return cast(BinaryIO, stream)
    stream.read(mark)
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, _Recoded(stream, encoding, windows)), PART))


class _Recoded(io.RawIOBase):
    """A stream in another encoding."""

    def __init__(self, stream: io.BufferedReader, encoding: str | None, windows: bool) -> None:
        self.stream = stream
        self.decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
        self.windows = windows
        self.held = b""
        """A CR whose LF may come next."""
        self.ready = b""

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Put the next bytes into the buffer and return how many; 0 at the end."""
        while not self.ready:
            part = self.stream.read1(PART)
            self.ready = self._recoded(part)
            if not part:
                break
        length = min(len(buffer), len(self.ready))
        buffer[:length] = self.ready[:length]
        self.ready = self.ready[length:]
        return length

    def _recoded(self, part: bytes) -> bytes:
        last = not part
        if self.decoder is not None:
            part = self.decoder.decode(part, last).encode("utf-8", "replace")
        if not self.windows:
            return part
        part, self.held = self.held + part, b""
        if part.endswith(b"\r") and not last:
            part, self.held = part[:-1], b"\r"
        return part.replace(b"\r\n", b"\n")

    def close(self) -> None:
        """Close the stream beneath, too."""
        self.stream.close()
        super().close()
