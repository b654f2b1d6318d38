"""Reads the files that we wrote ourselves: each is checked once against its type, and what is wrong has a path.

They come in with pull requests like everything else, so any part of them may be anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from advisor.errors import AdvisorError, InputError

T = TypeVar("T")
_STEP = re.compile(r"\[\.\.\.\]|\[(\d+)\]|\.([^.\[\]]+)")
_SAID = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?", re.DOTALL)
_LONG = re.compile(rb"[0-9]{19}")
_MISSING = re.compile(r"Object missing required field `(.+)`")


class _Version(msgspec.Struct):
    """The key that says which version of a format a file has, under any of its names."""

    schema_version: Any = msgspec.UNSET
    version: Any = msgspec.UNSET
    format: Any = msgspec.UNSET


def read_own(path: Path, missing: str, do: str) -> bytes:
    """Return a file's bytes; raises `InputError`, for one that does not exist with the remedy `missing`, else `do`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path), do=missing) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), do=do) from None


def decoded(data: bytes | str, kind: type[T], where: str, do: str, error: type[AdvisorError] = InputError) -> T:
    """Return what JSON says as a value of this type; raises `error` with the path into the document."""
    try:
        found = msgspec.json.decode(data, type=kind)
    except RecursionError:
        raise error("is nested too deeply", where=where, do=do) from None
    except (msgspec.DecodeError, UnicodeError):
        return converted(parsed(data, where, do, error), kind, where, do, error)
    if _LONG.search(data if isinstance(data, bytes) else data.encode()):
        _refuse_beyond(parsed(data, where, do, error), "$", where, do, error)
    return found


def _refuse_beyond(value: Any, path: str, where: str, do: str, error: type[AdvisorError]) -> None:
    """Raise `error` for an integer that PostgreSQL's bigint cannot hold, and that JSON is not written with again."""
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise error(f"{path}: a number beyond 64 bits", where=where, do=do)
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        _refuse_beyond(part, f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}", where, do, error)


def parsed(data: bytes | str, where: str, do: str, error: type[AdvisorError] = InputError) -> Any:
    """Return what JSON says as plain values; raises `error` for what is none, or nested too deeply."""
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise error("is nested too deeply", where=where, do=do) from None
    except (msgspec.DecodeError, UnicodeError) as wrong:
        raise error(f"is not JSON: {str(wrong).removeprefix('JSON is malformed: ')}", where=where, do=do) from None


def converted(
    document: Any, kind: type[T], where: str, do: str, error: type[AdvisorError] = InputError, *, root: str = "$"
) -> T:
    """Return plain values as a value of this type; raises `error` with the path, which begins with `root`."""
    try:
        return msgspec.convert(document, kind, str_keys=True)
    except RecursionError:
        raise error("is nested too deeply", where=where, do=do) from None
    except msgspec.ValidationError as wrong:
        what, path = _told(wrong)
        raise error(f"{root}{_exact(document, kind, path).removeprefix('$')}: {what}", where=where, do=do) from None


def refuse_version(
    data: bytes | str, known: str | int, where: str, do: str, error: type[AdvisorError] = InputError
) -> None:
    """Raise `error` unless JSON is an object of this version; of `MAJOR.MINOR`, a later minor one is taken as well."""
    said = decoded(data, _Version, where, do, error)
    name = next((name for name in said.__struct_fields__ if getattr(said, name) is not msgspec.UNSET), None)
    if name is None:
        raise error("$: lacks schema_version", where=where, do=do)
    found = getattr(said, name)
    same = type(found) is type(known) and found == known
    if not same and not (isinstance(known, str) and _major(found) == _major(known)):
        raise error(f"$.{name}: version {str(found)[:40]}; this pgadvisor reads {known}", where=where, do=do)


def _major(version: Any) -> str | None:
    found = re.fullmatch(r"(\d{1,9})\.\d{1,9}", version) if isinstance(version, str) else None
    return found[1] if found else None


def _told(wrong: msgspec.ValidationError) -> tuple[str, str]:
    """Return what msgspec says in our words, and the path as it gives it."""
    said = _SAID.fullmatch(str(wrong))
    assert said
    what = said["what"]
    if missing := _MISSING.fullmatch(what):
        what = f"lacks {missing[1]}"
    elif what == "Invalid RFC3339 encoded date":
        what = "is no date (YYYY-MM-DD)"
    else:
        what = what[:1].lower() + what[1:].replace("`", "")
    return what, said["path"] or "$"


def _exact(document: Any, kind: Any, path: str) -> str:
    """Return the path with its elements numbered and named: msgspec writes `[...]` for each of them."""
    steps: list[str | int] = []
    for step in _STEP.finditer(path):
        if step[0] == "[...]":
            held = _at(document, steps)
            if not isinstance(held, dict | list) or not held:
                return path
            steps.append(_culprit(document, kind, steps, list(held) if isinstance(held, dict) else range(len(held))))
        else:
            steps.append(int(step[1]) if step[1] else step[2])
    return "$" + "".join(map(_shown, steps))


def _shown(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if re.fullmatch(r"[\w-]{1,60}", step) else f"[{json.dumps(step[:60])}]"


def _culprit(document: Any, kind: Any, steps: Sequence[str | int], keys: Sequence[Any]) -> Any:
    """Return the first of these elements that is wrong, by halves."""
    held = _at(document, steps)
    while len(keys) > 1:
        first = keys[: len(keys) // 2]
        part = {key: held[key] for key in first} if isinstance(held, dict) else [held[key] for key in first]
        keys = first if _fails(_with(document, steps, part), kind) else keys[len(first) :]
    return keys[0]


def _fails(document: Any, kind: Any) -> bool:
    try:
        msgspec.convert(document, kind, str_keys=True)
    except msgspec.ValidationError:
        return True
    return False


def _at(document: Any, steps: Sequence[str | int]) -> Any:
    for step in cast(Sequence[Any], steps):
        document = document[step] if isinstance(document, dict | list) else None
    return document


def _with(document: Any, steps: Sequence[str | int], part: Any) -> Any:
    """Return the document with another value at a place; only what leads there is copied."""
    if not steps:
        return part
    place = cast(Any, steps[0])
    inner = _with(document[place], steps[1:], part)
    if isinstance(document, list):
        return [*document[:place], inner, *document[place + 1 :]]
    return {**document, place: inner}
