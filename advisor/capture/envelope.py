"""The envelope protocol: what a transport wraps around each line of a log, and how it comes off again.

An envelope is a module of `advisor.capture.envelopes`, found by discovery. Below it lies another envelope or any
record reader; the two know nothing of each other.
"""

from __future__ import annotations

from typing import Protocol


class Envelope(Protocol):
    """What a module of `advisor.capture.envelopes` offers; all of it stateless, since blocks unwrap in parallel."""

    NAME: str
    """How the coverage report calls it, for example `Kubernetes`."""

    @staticmethod
    def sniff(head: bytes) -> float:
        """Return how surely `head`, the beginning of an input, wears this envelope: 0 no, 1 certain."""

    @staticmethod
    def unwrap(block: bytes) -> bytes:
        """Return the inner lines of whole outer lines, each ended by a newline.

        A message of several lines comes out as the server would have written it: continuation lines start with a tab
        (stderr), or one JSON object a line (jsonlog, whose keys records may also be given by).
        """


def cut(block: bytes) -> int:
    """Return the length of the whole lines at the beginning of `block`: the default place to cut enveloped bytes.

    An envelope whose messages span lines may define its own `cut(block: bytes) -> int`.
    """
    return block.rfind(b"\n") + 1
