"""Random statements in the grammar that the rules rewrite, and one step beyond it.

Each says by construction whether a right rewrite exists (`right`), how it is ordered, and what its parameters take.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.rewrites.schemas import PLAIN, Column, Table, q


@dataclass
class Place:
    """What one `$n` takes."""

    table: Table | None
    column: Column | None
    kind: str = "compared"
    """`compared`, `stored` or `size`."""


@dataclass
class Statement:
    rule: str
    text: str
    right: bool
    places: list[Place] = field(default_factory=list)
    keyed: str | None = None
    """The same without LIMIT and OFFSET, in front of each row its place in the order (`ranked`)."""
    keys: int = 0
    """Columns in front of `keyed`: 1, or 0 where the statement is not ordered."""
    limited: bool = False
    writes: bool = False
    varying: list[int] = field(default_factory=list)
    once_keys: list[int] = field(default_factory=list)
    columns: frozenset[str] = frozenset()
    unique: bool = False
    beyond: str = ""


def ranked(order: str, listed: str) -> str:
    """Return a SELECT's list whose first column is the place in `order`: one for all rows that the server sorts alike.

    The keys themselves would not do: 1 and 1.00 are two texts and one place.
    """
    return f"dense_rank() OVER ({order.strip()}), {listed}"


class Maker:
    def __init__(self, tables: list[Table], rng: random.Random) -> None:
        self.tables, self.rng, self.places = tables, rng, []

    def place(self, table: Table | None, column: Column | None, kind: str = "compared", cast: str = "") -> str:
        self.places.append(Place(table, column, kind))
        return f"${len(self.places)}{cast}"

    def column(self, table: Table, *, plain: bool = True, null: bool | None = None) -> Column:
        choices = [c for c in table.columns if (not plain or c.kind in PLAIN) and (null is None or c.null == null)]
        return self.rng.choice(choices or [table.columns[0]])

    def condition(self, table: Table, alias: str = "") -> str:
        column = self.column(table)
        name = f"{alias}{column.sql}"
        form = self.rng.randrange(4)
        if form == 0:
            return f"{name} IS {'NOT ' if self.rng.random() < 0.6 else ''}NULL"
        if form == 1:
            return f"{name} <> {self.place(table, column)}"
        if form == 2:
            return f"{name} >= {self.place(table, column)}"
        return f"{name} = {self.place(table, column)}"

    def pair(self) -> tuple[Table, Column, Table, Column]:
        """Two tables (may be one) with columns of one type."""
        for _ in range(50):
            one, two = self.rng.choice(self.tables), self.rng.choice(self.tables)
            mine, its = self.column(one), self.column(two)
            if mine.kind == its.kind and mine.kind != "boolean" and mine is not its:
                return one, mine, two, its
        one = self.tables[0]
        return one, one.columns[0], one, one.columns[0]


def not_in(m: Maker) -> Statement:
    one, mine, two, its = m.pair()
    rng = m.rng
    alias = rng.choice(["", "a", one.sql])
    inner_alias = rng.choice(["", "", "b", "a"])
    source = two.sql + (f" {inner_alias}" if inner_alias else "")
    named = f"{alias}." if alias == "a" and rng.random() < 0.7 else ""
    prefix = f"{inner_alias}." if inner_alias and rng.random() < 0.5 else ""
    where = f" WHERE {m.condition(two, prefix)}" if rng.random() < 0.5 else ""
    shape = rng.randrange(7)
    listed = f"{prefix}{its.sql}"
    beyond = ""
    inner = f"SELECT {listed} FROM {source}{where}"
    if shape == 0 and its.kind in ("bigint", "integer", "text"):
        inner = f"SELECT max({listed}) FROM {source}{where} GROUP BY {prefix}{two.columns[0].sql}"
    elif shape == 1:
        inner = f"SELECT DISTINCT {listed} FROM {source}{where}"
    elif shape == 2:
        inner += f" UNION SELECT {its.sql} FROM {two.sql}"
    elif shape == 3:
        inner, beyond = inner + " LIMIT 3", "limit"
    elif shape == 4:
        third = m.column(two)
        inner += f"{' AND' if where else ' WHERE'} {prefix}{third.sql} NOT IN (SELECT {third.sql} FROM {two.sql} WHERE {third.sql} IS NOT NULL)"
    test = f"{named}{mine.sql} NOT IN ({inner})"
    if rng.random() < 0.1:
        test, beyond = f"({test}) IS NOT FALSE", "context"
    if rng.random() < 0.2:
        test = f"({test} OR {named}{one.columns[0].sql} = {m.place(one, one.columns[0])})"
    kind = rng.choice(["select", "select", "delete", "update"])
    target = one.sql + (" a" if alias == "a" else "")
    if kind == "delete":
        text = f"DELETE FROM {target} WHERE {test}"
    elif kind == "update":
        column = next(
            (
                c
                for c in one.columns
                if c.kind in ("text", "bigint", "integer")
                and c.name not in one.key
                and c.name not in one.references
                and c.name != one.unique
            ),
            None,
        )
        if column is None:
            text, kind = f"DELETE FROM {target} WHERE {test}", "delete"
        else:
            text = f"UPDATE {target} SET {column.sql} = '7' WHERE {test}"
    else:
        text = f"SELECT {named}* FROM {target} WHERE {test}" if named else f"SELECT * FROM {target} WHERE {test}"
    return Statement("SQL006 NOT IN", text, not beyond, m.places, writes=kind != "select", beyond=beyond)


def arms(m: Maker) -> Statement:
    rng, table = m.rng, m.rng.choice(m.tables)
    chosen = (
        rng.sample([c for c in table.columns if c.kind in PLAIN], 2)
        if sum(c.kind in PLAIN for c in table.columns) > 1
        else table.columns[:2]
    )
    alias = rng.choice(["", "t"])
    prefix = f"{alias}." if alias else ""
    parts = []
    for column in chosen:
        part = f"{prefix}{column.sql} = {m.place(table, column)}"
        parts.append(f"({part} AND {m.condition(table, prefix)})" if rng.random() < 0.3 else part)
    where = " OR ".join(parts)
    if rng.random() < 0.4:
        where = f"({where}) AND {m.condition(table, prefix)}"
    listed = (
        "*"
        if rng.random() < 0.4
        else ", ".join(prefix + c.sql for c in rng.sample(table.columns, rng.randint(1, len(table.columns))))
    )
    source = f"{table.sql} {alias}".strip()
    order = rng.sample([c for c in table.columns if c.kind in PLAIN], 1) if rng.random() < 0.5 else []
    tail = (
        " ORDER BY " + ", ".join(f"{prefix}{c.sql}{rng.choice(['', ' DESC', ' NULLS FIRST'])}" for c in order)
        if order
        else ""
    )
    keyed = (
        f"SELECT {ranked(tail, listed)} FROM {source} WHERE {where}{tail}"
        if order
        else f"SELECT {listed} FROM {source} WHERE {where}"
    )
    limited = rng.random() < 0.3
    end = " LIMIT 7" + rng.choice(["", " OFFSET 2"]) if limited else ""
    beyond = rng.choice(["", "", "", "", "lock", "distinct", "window", "count", "random"])
    text = f"SELECT {listed} FROM {source} WHERE {where}{tail}{end}"
    if beyond == "lock":
        text += " FOR UPDATE"
    elif beyond == "distinct":
        beyond = "distinct"
        text = (
            text.replace("SELECT ", "SELECT DISTINCT ", 1)
            if not order
            else text.replace("SELECT ", "SELECT row_number() OVER (), ", 1)
        )
    elif beyond == "window":
        text = text.replace("SELECT ", "SELECT count(*) OVER (), ", 1)
    elif beyond == "count":
        text = f"SELECT count(*) FROM {source} WHERE {where}"
    elif beyond == "random":
        text = (
            text.replace("WHERE ", "WHERE random() < 0.5 AND ", 1)
            if " AND " not in where
            else text.replace("WHERE ", "WHERE random() < 0.5 AND (", 1).replace(tail + end, ")" + tail + end, 1)
            if tail + end
            else text + " AND random() < 0.5"
        )
    return Statement(
        "SQL005 OR",
        text,
        not beyond,
        m.places,
        keyed,
        len(order),
        limited,
        columns=frozenset(c.name for c in chosen),
        beyond=beyond,
    )


def keyset(m: Maker) -> Statement:
    rng, table = m.rng, m.rng.choice(m.tables)
    alias = rng.choice(["", "t"])
    prefix = f"{alias}." if alias else ""
    source = f"{table.sql} {alias}".strip()
    keyless = not table.key
    joined = None
    if rng.random() < 0.35:
        for name, parent in table.references.items():
            joined = parent
            prefix, source = (
                "c.",
                f"{table.sql} c {rng.choice(['JOIN', 'LEFT JOIN'])} {parent.sql} p ON p.id = c.{q(name)}",
            )
    order = rng.sample(
        [c for c in table.columns if c.kind in PLAIN],
        min(rng.randint(1, 2), sum(c.kind in PLAIN for c in table.columns)),
    )
    same = rng.choice(["", " DESC"])
    keys = [
        f"{prefix}{c.sql}{same if rng.random() < 0.7 else rng.choice(['', ' DESC'])}{rng.choice(['', '', ' NULLS LAST', ' NULLS FIRST'])}"
        for c in order
    ]
    shown = rng.sample(table.columns, rng.randint(1, len(table.columns)))
    listed = f"{prefix}*" if rng.random() < 0.3 else ", ".join(prefix + c.sql for c in shown)
    where = f" WHERE {m.condition(table, prefix)}" if rng.random() < 0.5 else ""
    if where and rng.random() < 0.3:
        where += f" OR {m.condition(table, prefix)}"
    beyond = "keyless" if keyless else rng.choice(["", "", "", "", "", "distinct", "lock", "window", "expression"])
    if keyless and table.unique and not table.partial and not table.column(table.unique).null:
        beyond = ""
    limit = rng.choice(["LIMIT 3", f"LIMIT {m.place(None, None, 'size')}"])
    offset = rng.choice(["OFFSET 6", f"OFFSET {m.place(None, None, 'size')}"])
    extra = {"distinct": "DISTINCT ", "window": "row_number() OVER (), "}.get(beyond, "")
    if beyond == "expression":
        keys[0] = f"coalesce({prefix}{order[0].sql}, {prefix}{order[0].sql})"
    tail = " FOR UPDATE" + (" OF c" if joined else "") if beyond == "lock" else ""
    if beyond == "distinct":
        listed = ", ".join(prefix + c.sql for c in dict.fromkeys(c.name for c in order) and order)
    text = f"SELECT {extra}{listed} FROM {source}{where} ORDER BY {', '.join(keys)} {limit} {offset}{tail}"
    by = f"ORDER BY {', '.join(keys)}"
    keyed = f"SELECT {ranked(by, listed)} FROM {source}{where} {by}"
    return Statement("SQL001 OFFSET", text, not beyond, m.places, keyed, 1, True, beyond=beyond)


def _key_columns(m: Maker, table: Table) -> list[Column]:
    first = m.column(table)
    if m.rng.random() < 0.3:
        second = m.column(table)
        if second.name != first.name:
            return [first, second]
    return [first]


def read(m: Maker) -> Statement:
    rng, table = m.rng, m.rng.choice(m.tables)
    alias = rng.choice(["", "t", "keys"])
    prefix = f"{alias}." if alias else ""
    source = f"{table.sql} {alias}".strip()
    if table.references and rng.random() < 0.3:
        name, parent = next(iter(table.references.items()))
        prefix, source = "c.", f"{table.sql} c JOIN {parent.sql} p ON p.id = c.{q(name)}"
    keys = _key_columns(m, table)
    tests = [f"{prefix}{c.sql} = {m.place(table, c)}" for c in keys]
    varying = list(range(1, len(m.places) + 1))
    if rng.random() < 0.4:
        tests.append(m.condition(table, prefix))
    if rng.random() < 0.15:
        column = m.column(table)
        tests.append(f"{prefix}{column.sql} > {m.place(table, column)}")
        varying.append(len(m.places))
    where = " AND ".join(tests)
    shape = rng.choice(["rows", "rows", "count", "limit", "group", "exists", "distinct", "mixed", "union"])
    listed = (
        "*"
        if rng.random() < 0.2 and prefix != "c."
        else ", ".join(prefix + c.sql for c in rng.sample(table.columns, rng.randint(1, len(table.columns))))
    )
    column = m.column(table)
    order = f" ORDER BY {prefix}{column.sql}{rng.choice(['', ' DESC'])}"
    keyed, ordered, limited, beyond = None, 0, False, ""
    body = f"FROM {source} WHERE {where}"
    text = f"SELECT {listed} {body}"
    if (shape == "rows" and rng.random() < 0.4) or shape == "limit":
        ordered = 1
        keyed = f"SELECT {ranked(order, listed)} {body}{order}"
        text += order
    if shape == "limit":
        limited = True
        text += " LIMIT 2"
    elif shape == "count":
        target = m.column(table)
        text = f"SELECT count(*), count(DISTINCT {prefix}{target.sql}), {'max' if target.kind in ('bigint', 'integer', 'text', 'date', 'numeric') else 'count'}({prefix}{target.sql}) {body}"
    elif shape == "group":
        text = f"SELECT {prefix}{column.sql}, count(*) {body} GROUP BY {prefix}{column.sql}"
    elif shape == "exists":
        text = f"SELECT EXISTS (SELECT 1 {body})"
    elif shape == "distinct":
        text = f"SELECT DISTINCT {prefix}{column.sql} {body}"
    elif shape == "mixed":
        text = f"SELECT count(*) + 1, coalesce(sum(1), 0) {body}"
    elif shape == "union":
        text = f"SELECT {prefix}{column.sql} {body} UNION ALL SELECT {prefix}{column.sql} {body}"
    roll = rng.random()
    if roll < 0.06:
        text, beyond = text.replace("WHERE ", "WHERE random() < 0.5 AND ", 1), "random"
    elif roll < 0.12 and shape == "rows":
        text += " FOR UPDATE" + (" OF c" if prefix == "c." else "")
    unique = bool(table.key) and {c.name for c in keys} >= set(table.key) and prefix != "c."
    return Statement(
        "NPO read", text, not beyond, m.places, keyed, ordered, limited, varying=varying, unique=unique, beyond=beyond
    )


def insert(m: Maker) -> Statement:
    rng, table = m.rng, m.rng.choice(m.tables)
    names, values, beyond = [], [], ""
    for column in table.columns:
        if column.null and column.name not in table.key and rng.random() < 0.3:
            continue
        names.append(column.sql)
        if column.null and rng.random() < 0.1:
            values.append("DEFAULT")
        elif column.kind == "text" and rng.random() < 0.2 and column.name not in (*table.key, table.unique):
            values.append(f"lower({m.place(table, column, 'stored')})")
        else:
            values.append(m.place(table, column, "stored"))
    varying = list(range(1, len(m.places) + 1))
    text = f"INSERT INTO {table.sql} ({', '.join(names)}) VALUES ({', '.join(values)})"
    others = [name for name in names if name.strip('"') not in table.key]
    roll = rng.random()
    if roll < 0.3 and table.key and others:
        chosen = others if rng.random() < 0.5 else others[:1]
        conflict = ", ".join(q(name) for name in table.key)
        text += f" ON CONFLICT ({conflict}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in chosen)}"
    elif roll < 0.4:
        text += " ON CONFLICT DO NOTHING"
    elif roll < 0.5:
        text, beyond = (
            f"INSERT INTO {table.sql} ({', '.join(names)}) SELECT {', '.join(names)} FROM {table.sql} WHERE {table.columns[0].sql} = $1",
            "select",
        )
        m.places[:] = [Place(table, table.columns[0])]
        varying = [1]
    if rng.random() < 0.2 and not beyond:
        text += f" RETURNING {names[0]}"
    return Statement("BAT insert", text, not beyond, m.places, writes=True, varying=varying, beyond=beyond)


def update(m: Maker) -> Statement:
    rng, table = m.rng, m.rng.choice(m.tables)
    key = m.column(table)
    free = [
        c
        for c in table.columns
        if c.name != key.name and c.name not in table.key and c.name not in table.references and c.name != table.unique
    ]
    beyond = ""
    if not free:
        return delete(m)
    chosen = rng.sample(free, min(len(free), rng.randint(1, 2)))
    parts = []
    reads = False
    for column in chosen:
        if column.kind in ("integer", "bigint") and rng.random() < 0.25:
            parts.append(f"{column.sql} = {column.sql} + {m.place(table, column, 'stored')}")
            reads = True
        else:
            parts.append(f"{column.sql} = {m.place(table, column, 'stored')}")
    where = f"{key.sql} = {m.place(table, key)}"
    once = [len(m.places)]
    varying = list(range(1, len(m.places) + 1))
    if rng.random() < 0.3:
        where += f" AND {m.condition(table)}"
        names = {column.sql for column in chosen}
        if any(where.split(" AND ", 1)[1].startswith(f"{name} ") for name in names):
            beyond = "reads"
    roll = rng.random()
    if roll < 0.1 and chosen[0].kind in PLAIN:
        where, beyond = where + f" AND {chosen[0].sql} < {m.place(table, chosen[0])}", "guard"
        varying.append(len(m.places))
    text = f"UPDATE {table.sql} SET {', '.join(parts)} WHERE {where}"
    if rng.random() < 0.2:
        text += " RETURNING *"
        beyond = beyond or ("returning" if reads else "")
    return Statement(
        "BAT update", text, not beyond, m.places, writes=True, varying=varying, once_keys=once, beyond=beyond
    )


def delete(m: Maker) -> Statement:
    rng, table = m.rng, m.rng.choice(m.tables)
    keys = _key_columns(m, table)
    where = " AND ".join(f"{c.sql} = {m.place(table, c)}" for c in keys)
    varying = list(range(1, len(m.places) + 1))
    beyond = ""
    if rng.random() < 0.3:
        where += f" AND {m.condition(table)}"
    if rng.random() < 0.2:
        column = m.column(table)
        where += f" AND {column.sql} < {m.place(table, column)}"
        varying.append(len(m.places))
    if rng.random() < 0.1:
        where, beyond = where + f" AND EXISTS (SELECT 1 FROM {table.sql})", "subquery"
    text = f"DELETE FROM {table.sql} WHERE {where}" + (" RETURNING *" if rng.random() < 0.3 else "")
    return Statement("BAT delete", text, not beyond, m.places, writes=True, varying=varying, beyond=beyond)


def days(m: Maker) -> Statement:
    rng = m.rng
    choices = [(t, c) for t in m.tables for c in t.columns if c.kind == "timestamp"]
    if not choices:
        return arms(m)
    table, column = rng.choice(choices)
    place = m.place(table, Column("day", "date", False), "compared")
    test = rng.choice(
        [
            f"{column.sql}::date = {place}",
            f"date({column.sql}) = {place}::date",
            f"date_trunc('month', {column.sql}) = {place}",
        ]
    )
    text = f"SELECT * FROM {table.sql} WHERE {test}" + (f" AND {m.condition(table)}" if rng.random() < 0.4 else "")
    return Statement("SQL003 day", text, True, m.places, columns=frozenset({column.name}))


MAKERS: list[Callable[[Maker], Statement]] = [not_in, arms, keyset, read, read, insert, update, delete, days]
