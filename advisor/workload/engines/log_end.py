"""When logs end, for moments that are told from there."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.capture.files.source import Source, blocks
from advisor.capture.nul import blanked
from advisor.capture.record import NO_TIME
from advisor.errors import UsageError
from advisor.workload.engines.logs import Log

TAIL = 4 << 20
"""Bytes at the end of a log in which its latest time stamp is sought."""


def logs_end(logs: Sequence[Log]) -> float | None:
    """Return the latest time stamp in the last bytes of the logs (seconds since the epoch), `None` without one.

    Raises `UsageError` for stdin, which is over when its end is known.
    """
    ends = [end for log in logs if (end := _end(log)) is not None]
    return max(ends, default=None)


def _end(log: Log) -> float | None:
    if log.source.path is None and log.source.name == "stdin":
        do = "give --begin and --end as dates with times, or write the log to a file first"
        raise UsageError("the end of stdin is not known before it was read", do=do)
    own = _tail(log.source)
    for envelope in log.detected.envelopes:
        own = envelope.unwrap(own)
    times = log.reader.read(blanked(own), len(own)).time
    times = times[times != NO_TIME]
    return int(times.max()) / 1e6 if len(times) else None


def _tail(source: Source) -> bytes:
    """Return the last whole lines of a source."""
    if (path := source.plain()) is not None:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - TAIL))
            buffer = stream.read()
        whole = path.stat().st_size <= TAIL
    else:
        buffer, whole = b"", True
        with source.open() as stream:
            for block in blocks(stream, TAIL, source.name):
                whole = whole and len(buffer) + len(block) <= TAIL
                buffer = (buffer + block)[-TAIL:]
    return buffer if whole else buffer[buffer.find(b"\n") + 1 :]
