"""Decides what an input is: which envelopes it wears and which reader understands what is inside."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from advisor.capture.nul import blanked
from advisor.errors import InputError

THRESHOLD = 0.1
"""Least certainty at which a reader may have an input."""

DEPTH = 3
"""Most envelopes one inside the other."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What an input turned out to be."""

    envelopes: tuple[Any, ...]
    """Envelope modules, outermost first."""
    reader: Any
    """The record reader or export reader module."""
    certainty: float
    inner: bytes
    """The beginning of the input with all envelopes off."""

    @property
    def export(self) -> bool:
        """Return whether the reader reads statement exports, not log records."""
        return bool(self.reader.__name__.startswith("advisor.capture.exports."))


@cache
def modules(package: str) -> tuple[ModuleType, ...]:
    """Return the modules of a package that can `sniff`, by name."""
    parent = importlib.import_module(package)
    found = sorted(module.name for module in pkgutil.iter_modules(parent.__path__))
    loaded = [importlib.import_module(f"{package}.{name}") for name in found]
    return tuple(module for module in loaded if hasattr(module, "sniff"))


def best(package: str, head: bytes) -> tuple[float, ModuleType | None]:
    """Return the module of `package` that is surest about `head`, with its certainty; ties go by name."""
    scores = [(module.sniff(head), module) for module in modules(package)]
    return max(scores, key=lambda pair: pair[0], default=(0.0, None))


def detect(head: bytes, name: str, envelopes: tuple[Any, ...] = ()) -> Detected:
    """Return what the input that begins with `head` is; raises `InputError` when nobody understands it."""
    head = blanked(head)
    if not head.strip():
        raise InputError("the file is empty", where=name, do="pass a server log or a statement export")
    record_score, record = best("advisor.capture.records", head)
    export_score, export = best("advisor.capture.exports", head)
    score, reader = (export_score, export) if export_score > record_score else (record_score, record)
    wrap_score, envelope = best("advisor.capture.envelopes", head)
    if envelope is not None and len(envelopes) < DEPTH and wrap_score >= max(score, THRESHOLD):
        inner = envelope.unwrap(_whole_lines(head))
        if inner.strip():
            return detect(inner, name, (*envelopes, envelope))
    if reader is None or score < THRESHOLD:
        raise InputError("nothing in it was understood", where=name, do=_advice(head))
    return Detected(envelopes, reader, score, head)


def _whole_lines(head: bytes) -> bytes:
    return head[: head.rfind(b"\n") + 1] or head


def _advice(head: bytes) -> str:
    if head.count(0) or sum(byte < 9 for byte in head[:4096]) > 40:
        return "this looks like a binary file; pass a server log, a statement export or a workload file"
    return "for a log written with an unusual log_line_prefix pass --log-line-prefix; see `advisor capture --help`"
