"""Kinds of changes of production itself: settings and rows."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.gate.change import Change, Sort, kind
from benchmarks.gate.shop import Shop, Table


def _setting(name: str, sort: Sort, *pairs: tuple[str, str]) -> None:
    @kind(name, sort)
    def make(rng: random.Random, shop: Shop) -> Change:
        return Change(name, sort, settings=dict(pairs), cause=tuple(pair[0] for pair in pairs))


_setting(
    "index scans off",
    "regression",
    ("enable_indexscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_indexonlyscan", "off"),
)
_setting("pages dear", "regression", ("random_page_cost", "900"))
_setting("nested loops off", "regression", ("enable_nestloop", "off"))
_setting("more work_mem", "harmless", ("work_mem", "64MB"))
_setting("less cache", "harmless", ("effective_cache_size", "2GB"))
_setting("jit off", "harmless", ("jit", "off"))
_setting("pages a little dearer", "harmless", ("random_page_cost", "1.3"))


def _data(name: str, sort: Sort, made: Callable[[Table], list[str]], cause: Callable[[Table], tuple[str, ...]]) -> None:
    @kind(name, sort)
    def make(rng: random.Random, shop: Shop) -> Change:
        table = rng.choice(shop.tables[2:])
        return Change(name, sort, data=(*made(table), "VACUUM ANALYZE", "CHECKPOINT"), cause=cause(table))


def _more(table: Table, share: float) -> list[str]:
    columns = f"{table.key + ', ' if table.parent else ''}{table.state}, {table.arrived}, {table.code}, email, number, total, note"
    return [
        f"INSERT INTO {table.name} (id, {columns}) SELECT id + 10000000, {columns} FROM {table.name}"
        f" WHERE id % 100 < {100 * share:.0f}"
    ]


_data("analysed again", "harmless", lambda t: [], lambda t: ())
_data("a fifth more rows", "harmless", lambda t: _more(t, 0.2), lambda t: ())
_data("a fifth updated", "harmless", lambda t: [f"UPDATE {t.name} SET note = 'y' WHERE id % 10 < 2"], lambda t: ())
_data("the rare state became common", "regression", lambda t: [f"UPDATE {t.name} SET {t.state} = 'disputed' WHERE id % 3 > 0"],
      lambda t: (t.name, t.state))  # fmt: skip
