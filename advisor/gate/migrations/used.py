"""Whether the application's statements name what a migration takes away."""

from __future__ import annotations

from advisor.gate.migrations.ahead import Ahead
from advisor.gate.verdict import Level
from advisor.verify.running.effects import Effect

_SHOWN = 3


def used(ahead: Ahead, effect: Effect, column: str = "") -> tuple[Level | None, str]:
    """Return how grave it is that a table or column goes, and the clause that says who uses it.

    Nothing for what is there under its name in the end (a view or a copy took its place), nor for a column that the
    migrations made themselves. Without any known statement
    a table that holds rows is a warning, an empty one nothing.
    """
    there, left = (schema.tables.get((effect.schema, effect.name)) for schema in (ahead.before, ahead.after))
    if there is not None and column and not there.column(column):
        return None, ""
    if left is not None and (not column or left.column(column)):
        return None, ""
    found = ahead.readers(effect.name, column)
    if found:
        listed = ", ".join(one.id[:12] for one in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return "fail", f"{len(found)} {'query names' if len(found) == 1 else 'queries name'} it ({listed}{more})"
    if ahead.readings:
        return "info", f"none of the {len(ahead.readings)} known queries names it"
    rows = ahead.rows(effect)
    return (None if rows == 0 else "warn"), "what still reads it is not known"
