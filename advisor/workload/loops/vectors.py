"""Value columns: what each slot was over many executions of one query, without looking at one execution at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.capture.assembly.parameters import listed_values
from advisor.workload.counting.text_slots import SlotMap, literal_value
from advisor.workload.counting.textkey import LITERAL, SEPARATOR, text_keys
from advisor.workload.loops.steps import Content

Column = Sequence[bytes]

SlotMapOf = Callable[[bytes, bytes], SlotMap | None]
"""Text key and text to the slots of the key's texts."""


@dataclass(slots=True)
class Executions:
    """Executions of one query, as columns."""

    keys: set[bytes]
    """Their text keys."""
    texts: list[bytes]
    parameters: list[bytes | None]
    sessions: int
    """Sessions that ran them."""
    application: bytes


def executions(contents: Sequence[Content]) -> Executions:
    """Return executions as columns."""
    return Executions(
        {content.key for content in contents},
        [content.text for content in contents],
        [content.parameters for content in contents],
        len({content.session for content in contents}),
        contents[0].application,
    )


def columns(of: Executions, slot_map_of: SlotMapOf) -> dict[int, Column] | None:
    """Return slot to the raw tokens of each execution, `None` when the executions have no slots.

    Slots whose values the log does not hold are left out. Texts of one query may differ in the lengths of their lists
    and in NULL where others have a value: what they have in common is compared.
    """
    if len(of.keys) == 1:
        return _columns(next(iter(of.keys)), of.texts, of.parameters, slot_map_of)
    keys = text_keys(of.texts)
    places: dict[bytes, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    parts: list[tuple[list[int], dict[int, Column]]] = []
    for key, held in places.items():
        texts, parameters = [of.texts[place] for place in held], [of.parameters[place] for place in held]
        found = _columns(key, texts, parameters, slot_map_of, fixed=True)
        if found is None:
            return None
        parts.append((held, found))
    return {slot: _merged(slot, parts, len(keys)) for slot in sorted(set.intersection(*(set(one) for _, one in parts)))}


def _merged(slot: int, parts: Sequence[tuple[list[int], dict[int, Column]]], size: int) -> Column:
    column = [b""] * size
    for places, found in parts:
        for place, token in zip(places, found[slot], strict=True):
            column[place] = token
    return column


def _columns(
    key: bytes, texts: list[bytes], parameters: Sequence[bytes | None], slot_map_of: SlotMapOf, *, fixed: bool = False
) -> dict[int, Column] | None:
    slots = slot_map_of(key, texts[0])
    if slots is None:
        return None
    found = _bound(parameters, slots.parameters) if slots.parameters else {}
    if slots.slots:
        found.update(_literals(texts, slots, fixed=fixed))
    return found


def _bound(listings: Sequence[bytes | None], parameters: int) -> dict[int, Column]:
    rows = [listed_values(listing) for listing in listings if listing is not None]
    if len(rows) < len(listings) or any(row is None or len(row) != len(rows[0] or ()) for row in rows):
        return {}
    return dict(enumerate(list(zip(*(row for row in rows if row is not None), strict=True))[:parameters]))


def _literals(texts: list[bytes], slots: SlotMap, *, fixed: bool) -> dict[int, Column]:
    if texts.count(texts[0]) == len(texts):
        tokens = [[token] * len(texts) for token in _tokens(texts[:1])]
    else:
        flat = _tokens(texts)
        width = len(flat) // len(texts)
        tokens = [flat[place::width] for place in range(width)]
    found: dict[int, Column] = {}
    for number, group in enumerate(slots.slots, start=slots.parameters):
        held = [constant.token for constant in group if constant.token is not None and constant.token < len(tokens)]
        if len(held) == 1:
            found[number] = tokens[held[0]]
        elif held:
            found[number] = [b",".join(row) for row in zip(*(tokens[token] for token in held), strict=True)]
        elif fixed:
            found[number] = [(group[0].fixed or "NULL").encode()] * len(texts)
    return found


def _tokens(texts: Sequence[bytes]) -> list[bytes]:
    found = LITERAL.findall(SEPARATOR.join(texts))
    return [token for token in found if not token.startswith((b"/*", b"--"))]


def shown(token: bytes) -> str | None:
    """Return a raw token as the bare value it stands for."""
    return None if token == b"NULL" else literal_value(b"", 0, token)


def numbers(column: Column) -> list[int] | None:
    """Return a column of whole numbers as such, `None` when it holds anything else."""
    try:
        return [int(token.strip(b"'")) for token in column]
    except ValueError:
        return None
