"""A random schema: twelve tables that several programs share, with rows, under names of their own."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Key = int | str | uuid.UUID
Role = Literal[
    "owner", "group", "item", "part", "second", "note", "code", "head", "position", "site", "device", "pref", "rate"
]

FIRST = [
    "amber",
    "apple",
    "arrow",
    "autumn",
    "basin",
    "beacon",
    "birch",
    "blue",
    "bronze",
    "canal",
    "candle",
    "cedar",
    "cliff",
    "cobalt",
    "copper",
    "coral",
    "crater",
    "crimson",
    "dawn",
    "delta",
    "desert",
    "dune",
    "eagle",
    "echo",
    "ember",
    "falcon",
    "fern",
    "field",
    "flint",
    "forest",
    "fossil",
    "frost",
    "garnet",
    "glacier",
    "gold",
    "granite",
    "grove",
    "harbor",
    "hazel",
    "heron",
    "indigo",
    "iris",
    "island",
    "ivory",
    "jade",
    "juniper",
    "lagoon",
    "laurel",
    "lemon",
    "lilac",
    "linen",
    "lunar",
    "maple",
    "marble",
    "meadow",
    "mist",
    "moss",
    "north",
    "oak",
    "ocean",
    "olive",
    "onyx",
    "opal",
    "orchid",
    "otter",
    "pearl",
    "pebble",
    "pine",
    "plum",
    "polar",
    "prairie",
    "quartz",
    "rain",
    "raven",
    "reef",
    "ridge",
    "river",
    "rose",
    "ruby",
    "rust",
    "sage",
    "salt",
    "sand",
    "scarlet",
    "shadow",
    "silver",
    "slate",
    "solar",
    "spruce",
    "stone",
    "storm",
    "summer",
    "thistle",
    "tidal",
    "topaz",
    "tundra",
    "umber",
    "valley",
    "velvet",
    "violet",
    "walnut",
    "willow",
    "winter",
    "wren",
    "zephyr",
]
SECOND = [
    "agent",
    "album",
    "asset",
    "badge",
    "basket",
    "batch",
    "beast",
    "board",
    "bottle",
    "branch",
    "bucket",
    "bundle",
    "cabin",
    "camera",
    "carrier",
    "cart",
    "case",
    "chart",
    "claim",
    "clinic",
    "coach",
    "column",
    "contract",
    "course",
    "crate",
    "crew",
    "deck",
    "depot",
    "desk",
    "device",
    "doctor",
    "driver",
    "editor",
    "engine",
    "entry",
    "fleet",
    "folder",
    "forum",
    "frame",
    "garden",
    "gate",
    "grant",
    "guide",
    "hotel",
    "hub",
    "journal",
    "kettle",
    "label",
    "ladder",
    "ledger",
    "lesson",
    "letter",
    "locker",
    "market",
    "member",
    "meter",
    "mirror",
    "model",
    "motor",
    "needle",
    "nurse",
    "office",
    "order",
    "outlet",
    "packet",
    "parcel",
    "patent",
    "patient",
    "pilot",
    "planet",
    "plant",
    "player",
    "pocket",
    "portal",
    "poster",
    "press",
    "printer",
    "quota",
    "racket",
    "record",
    "region",
    "rental",
    "report",
    "robot",
    "route",
    "saddle",
    "sample",
    "school",
    "sensor",
    "server",
    "shelf",
    "signal",
    "sketch",
    "socket",
    "sprint",
    "station",
    "studio",
    "survey",
    "tablet",
    "target",
    "tenant",
    "ticket",
    "timer",
    "token",
    "tower",
    "track",
    "trailer",
    "tunnel",
    "vendor",
    "vessel",
    "vote",
    "wagon",
    "wallet",
    "window",
    "worker",
]


@dataclass(frozen=True)
class Table:
    """One table: what models and statements need of it."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """Name and type (`bigint`, `uuid`, `text`, `int`), in order."""
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return tuple(name for name, _ in self.columns)


@dataclass(frozen=True)
class Domain:
    """The tables of one schema, by role."""

    number: int
    seed: int
    keys: Literal["bigint", "uuid"]
    declared: bool
    """Whether foreign keys are declared."""
    tables: dict[Role, Table]
    owner_ref: str
    """Column that points at the owner."""
    item_ref: str
    group_ref: str
    code_column: str

    def __getitem__(self, role: Role) -> Table:
        return self.tables[role]

    def id(self, role: Role, row: int) -> Key:
        """Return the key of a row of a table, counted from 1."""
        name = self[role].name
        return uuid.UUID(hashlib.md5(f"{name}{row}".encode()).hexdigest()) if self.keys == "uuid" else row


OWNERS, ITEMS, PARTS, GROUPS, CODES, HEADS, SITES = 300, 1200, 2400, 60, 200, 150, 80
"""Rows."""


def domain(number: int, seed: int, taken: set[str]) -> Domain:
    """Return a random schema; its tables' names are added to `taken`."""
    chance = random.Random(f"domain {seed} {number}")
    keys: Literal["bigint", "uuid"] = chance.choice(("bigint", "bigint", "bigint", "uuid"))
    plural = chance.random() < 0.7

    def fresh() -> tuple[str, str]:
        while True:
            word = f"{chance.choice(FIRST)}_{chance.choice(SECOND)}"
            if word not in taken:
                taken.add(word)
                return word, f"{word}s" if plural else word

    roles: tuple[Role, ...] = (
        "owner", "group", "item", "part", "second", "note", "code", "head", "position", "site", "device", "pref", "rate"
    )  # fmt: skip
    words = {role: fresh() for role in roles}
    owner_ref, item_ref, group_ref = (f"{words[role][0]}_id" for role in ("owner", "item", "group"))
    number_column = chance.choice(("doc_no", "order_no", "del_no", "bill_no"))
    code_column = chance.choice(("code", "sku", "iso", "slug"))
    columns: dict[Role, tuple[str, str]] = {
        "owner": (f"id {keys}, name text, email text, tenant int, state text, {group_ref} {keys}", "id"),
        "group": (f"id {keys}, label text, weight int", "id"),
        "item": (f"id {keys}, {owner_ref} {keys}, label text, qty int, state text", "id"),
        "part": (f"id {keys}, {item_ref} {keys}, body text", "id"),
        "second": (f"id {keys}, {owner_ref} {keys}, body text, place int", "id"),
        "note": (f"id {keys}, subject_type text, subject_id {keys}, body text", "id"),
        "code": (f"id bigint, {code_column} text, label text", "id"),
        "head": (f"{number_column} text, state text, made int", number_column),
        "position": (f"{number_column} text, line int, label text", f"{number_column} line"),
        "site": ("org_id int, id bigint, label text", "org_id id"),
        "device": ("org_id int, id bigint, site_id bigint, tag text", "org_id id"),
        "pref": ("k text, v text", "k"),
        "rate": ("currency text, valid_from int, rate int", "currency valid_from"),
    }
    tables = {
        role: Table(words[role][1], tuple(tuple(one.split()) for one in text.split(", ")), tuple(key.split()))  # type: ignore[misc]
        for role, (text, key) in columns.items()
    }
    declared = chance.random() < 0.75
    return Domain(number, seed, keys, declared, tables, owner_ref, item_ref, group_ref, code_column)


def sql(made: Domain) -> Iterator[str]:
    """Yield the statements that make the tables, their indexes and rows."""
    for table in made.tables.values():
        columns = ", ".join(f'"{name}" {kind} NOT NULL' if name in table.key else f'"{name}" {kind}'
                            for name, kind in table.columns)  # fmt: skip
        yield f"CREATE TABLE {table.name} ({columns}, PRIMARY KEY ({', '.join(table.key)}))"
    name = {role: table.name for role, table in made.tables.items()}

    def key(role: Role, number: str) -> str:
        return f"md5('{name[role]}' || ({number}))::uuid" if made.keys == "uuid" else f"({number})"

    rows: tuple[tuple[Role, int, str], ...] = (
        ("group", GROUPS, f"{key('group', 'i')}, 'label ' || i, i % 7"),
        ("owner", OWNERS, f"{key('owner', 'i')}, 'name ' || i, 'user' || i || '@example.org', 1 + i % 5, "
                          f"(ARRAY['new', 'open', 'done'])[1 + i % 3], {key('group', f'1 + (i * 7) % {GROUPS}')}"),
        ("item", ITEMS, f"{key('item', 'i')}, {key('owner', f'1 + (i * 11) % {OWNERS}')}, 'item ' || i, i % 97, "
                        "(ARRAY['new', 'open', 'done'])[1 + i % 3]"),
        ("part", PARTS, f"{key('part', 'i')}, {key('item', f'1 + (i * 13) % {ITEMS}')}, 'part ' || i"),
        ("second", ITEMS, f"{key('second', 'i')}, {key('owner', f'1 + (i * 17) % {OWNERS}')}, 'text ' || i, i % 10"),
        ("note", ITEMS, f"{key('note', 'i')}, (ARRAY['owner', 'item'])[1 + i % 2], "
                        f"CASE i % 2 WHEN 0 THEN {key('owner', f'1 + (i * 7) % {OWNERS}')} "
                        f"ELSE {key('item', 'i')} END, 'note ' || i"),
        ("code", CODES, "i, 'C' || lpad((i * 7919 % 100000)::text, 5, '0'), 'code ' || i"),
        ("head", HEADS, "'N' || lpad(i::text, 6, '0'), (ARRAY['open', 'done'])[1 + i % 2], i"),
        ("position", 4 * HEADS, "'N' || lpad((1 + i / 4)::text, 6, '0'), i % 4, 'line ' || i"),
        ("site", SITES, "1 + i % 2, i, 'site ' || i"),
        ("device", 4 * SITES, f"1 + i % 2, i, (SELECT 2 * (1 + i % {SITES // 2 - 1}) + i % 2), 'tag ' || i"),
        ("pref", 50, "'setting ' || i, 'value ' || i"),
        ("rate", 400, "(ARRAY['EUR', 'USD', 'CHF', 'GBP', 'JPY', 'SEK', 'NOK', 'PLN'])[1 + i % 8], i / 8, i % 31"),
    )  # fmt: skip
    for role, count, values in rows:
        yield f"INSERT INTO {name[role]} SELECT {values} FROM generate_series(1, {count}) AS i"
    yield f"CREATE INDEX ON {name['item']} ({made.owner_ref})"
    yield f"CREATE INDEX ON {name['part']} ({made.item_ref})"
    yield f"CREATE INDEX ON {name['second']} ({made.owner_ref})"
    yield f"CREATE INDEX ON {name['note']} (subject_id, subject_type)"
    yield f"CREATE UNIQUE INDEX ON {name['owner']} (email)"
    yield f"CREATE UNIQUE INDEX ON {name['code']} ({made.code_column})"
    if made.declared:
        for child, column, parent in (
            ("owner", made.group_ref, "group"), ("item", made.owner_ref, "owner"),
            ("part", made.item_ref, "item"), ("second", made.owner_ref, "owner"),
        ):  # fmt: skip
            yield f"ALTER TABLE {name[child]} ADD FOREIGN KEY ({column}) REFERENCES {name[parent]} (id)"  # type: ignore[index]
        yield f"ALTER TABLE {name['device']} ADD FOREIGN KEY (org_id, site_id) REFERENCES {name['site']} (org_id, id)"
