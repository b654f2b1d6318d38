"""JSON: an array of objects (`json_agg`), one object a line (`row_to_json`), or an object that holds such an array."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from advisor.capture.exports.left_out import Tally
from advisor.capture.exports.table import Table, column_name

ENVELOPES = ("rows", "data", "statements", "queries", "result", "results", "items")
"""Keys under which tools put the array."""
DECODER = json.JSONDecoder()


def recognise(text: str) -> bool:
    """Return whether the text begins like JSON."""
    return text.lstrip()[:1] in ("{", "[")


def read(text: str) -> Table:
    """Return one record an object; what is not an object, or was cut off, is counted."""
    tally = Tally()
    records: list[dict[str, str | None]] = []
    places: list[int] = []
    columns: dict[str, None] = {}
    for place, value in enumerate(values_of(text, tally), start=1):
        if not isinstance(value, dict):
            tally.add("not an object", f"record {place}", str(value))
            continue
        record = {column_name(name): _cell(cell) for name, cell in value.items()}
        columns.update(dict.fromkeys(record))
        records.append(record)
        places.append(place)
    form = "JSON array" if text.lstrip().startswith("[") else "JSON lines"
    return Table(form, tuple(columns), tuple(records), tuple(places), tally.skipped())


def values_of(text: str, tally: Tally) -> Iterator[Any]:
    """Yield the values of a JSON array, of JSON lines, or of the array in an object; what is broken is counted."""
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError:
        yield from _piecemeal(text, tally)
        return
    if isinstance(whole, dict):
        whole = next((whole[key] for key in ENVELOPES if isinstance(whole.get(key), list)), [whole])
    yield from whole


def _piecemeal(text: str, tally: Tally) -> Iterator[Any]:
    """Yield one object after the other, as lines or from an array that is broken or cut off somewhere."""
    position = len(text) - len(text.lstrip())
    if text.startswith("[", position):
        position += 1
    while (position := _skip(text, position)) < len(text):
        try:
            began = position
            value, position = DECODER.raw_decode(text, began)
            yield _encodable(value) if "\\u" in text[began:position] else value
        except (json.JSONDecodeError, RecursionError):
            line = text.count("\n", 0, position) + 1
            tally.add("broken or cut-off JSON", f"line {line}", text[position : position + 200])
            following = text.find("\n", position)
            position = len(text) if following < 0 else following + 1


def _encodable(value: Any) -> Any:
    """Return the value with a question mark for every half of a surrogate pair, which no UTF-8 can hold."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,]\x1e":
        position += 1
    return position


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value) if isinstance(value, int | float) else json.dumps(value)
