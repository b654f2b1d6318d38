"""Compressed streams that unpack to far more than they are: refused instead of filling the memory."""

from __future__ import annotations

import io
from typing import BinaryIO

from advisor.capture.limits import limits, written
from advisor.errors import InputError


class Counted(io.RawIOBase):
    """A stream that knows how much was read of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.taken = 0

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Put the next bytes into the buffer and return how many."""
        part = self.stream.read(len(buffer))
        buffer[: len(part)] = part
        self.taken += len(part)
        return len(part)

    def close(self) -> None:
        """Close the stream beneath, too."""
        self.stream.close()
        super().close()


class Bounded(io.RawIOBase):
    """An unpacked stream; raises `InputError` once it is far longer than what it was unpacked from."""

    def __init__(self, stream: BinaryIO, packed: Counted) -> None:
        self.stream, self.packed = stream, packed
        self.given = 0

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Put the next bytes into the buffer and return how many."""
        read = getattr(self.stream, "read1", self.stream.read)
        part = read(len(buffer))
        buffer[: len(part)] = part
        self.given += len(part)
        if self.given > limits().unpacked and self.given > limits().ratio * self.packed.taken:
            raise InputError(
                f"unpacks to more than {limits().ratio} times its size, and to more than {written(limits().unpacked)}",
                do="unpack it yourself if you trust it, or pass --limit ratio=…",
            )
        return len(part)

    def close(self) -> None:
        """Close the streams beneath, too."""
        self.stream.close()
        self.packed.close()
        super().close()
