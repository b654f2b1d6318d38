"""Evidence in words: what a finding or a query rests on, as pairs of a label and a text, never a Python value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from advisor.output.number_units import count, milliseconds, one_line, size

STATEMENTS = frozenset({"rewritten", "joined", "choice"})
"""Keys whose text stands in the finding's fix as well."""
IDS = frozenset({"parent_query", "child_query"})
"""Keys that hold a query's id, of which the first letters are enough."""
SHOWN = 6
"""Elements of a list that are shown."""


def evidence_words(evidence: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return labels and texts in the order of the evidence; what is empty or stands in the fix is left out."""
    pairs = ((key, _said(key, value)) for key, value in evidence.items() if key not in STATEMENTS)
    return [(_label(key), said) for key, said in pairs if said]


def _label(key: str) -> str:
    stem = next((key.removesuffix(unit) for unit in ("_ms", "_bytes", "_s") if key.endswith(unit)), key)
    return stem.replace("_", " ")


def _said(key: str, value: object) -> str:
    if value is None or value == "" or value == [] or value == {} or value == ():
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(key, value)
    if isinstance(value, Mapping):
        return ", ".join(_pair(str(inner), said) for inner, held in value.items() if (said := _said(str(inner), held)))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _listed(key, value)
    return one_line(str(value), 12 if key in IDS else 120)


def _pair(key: str, said: str) -> str:
    return f"{_label(key)} {said}"


def _number(key: str, value: float) -> str:
    if key.endswith("_ms") or key == "ms":
        return milliseconds(value)
    if key.endswith("_bytes") or key == "bytes":
        return size(value)
    if key.endswith("_s"):
        return f"{value:g} s"
    if key in ("share", "hit_rate") or key.endswith(("_share", "_rate")):
        return f"{value:.0%}"
    return count(value) if abs(value) >= 999.5 or isinstance(value, int) else f"{value:.3g}"


def _listed(key: str, values: Sequence[object]) -> str:
    nested = any(isinstance(value, Mapping) for value in values)
    said = [_said(key, value) for value in values[:SHOWN]]
    more = [f"{count(len(values) - SHOWN)} more"] if len(values) > SHOWN else []
    return ("; " if nested else ", ").join(_present([*said, *more]))


def _present(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text]
