"""Kinds of changes of production itself: settings and rows."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.gate.change import Change, Sort, kind
from benchmarks.gate.shop import Shop, Table


def setting(name: str, sort: Sort, *pairs: tuple[str, str]) -> None:
    @kind(name, sort)
    def make(rng: random.Random, shop: Shop) -> Change:
        return Change(name, sort, settings=dict(pairs), cause=tuple(pair[0] for pair in pairs))


setting(
    "index scans off",
    "regression",
    ("enable_indexscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_indexonlyscan", "off"),
)
setting("pages dear", "regression", ("random_page_cost", "900"))
setting("nested loops off", "regression", ("enable_nestloop", "off"))
setting("more work_mem", "harmless", ("work_mem", "64MB"))
setting("less cache", "harmless", ("effective_cache_size", "2GB"))
setting("jit off", "harmless", ("jit", "off"))
setting("pages a little dearer", "harmless", ("random_page_cost", "1.3"))


def data(name: str, sort: Sort, made: Callable[[Table], list[str]], cause: Callable[[Table], tuple[str, ...]]) -> None:
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


data("analysed again", "harmless", lambda t: [], lambda t: ())
data("a fifth more rows", "harmless", lambda t: _more(t, 0.2), lambda t: ())
data("a fifth updated", "harmless", lambda t: [f"UPDATE {t.name} SET note = 'y' WHERE id % 10 < 2"], lambda t: ())
data("the rare state became common", "regression", lambda t: [f"UPDATE {t.name} SET {t.state} = 'disputed' WHERE id % 3 > 0"],
      lambda t: (t.name, t.state))  # fmt: skip

setting("index entries dear", "regression", ("cpu_index_tuple_cost", "60"))
setting(
    "sequential pages free", "regression", ("seq_page_cost", "0"), ("cpu_tuple_cost", "0"), ("cpu_operator_cost", "0")
)
setting("hash joins off", "harmless", ("enable_hashjoin", "off"))
setting("merge joins off", "harmless", ("enable_mergejoin", "off"))
setting("materialize off", "harmless", ("enable_material", "off"))
setting("collapse limits", "harmless", ("from_collapse_limit", "4"), ("join_collapse_limit", "4"))
data("clustered by its key", "harmless", lambda t: [f"CLUSTER {t.name} USING {t.name}_pkey"], lambda t: ())
data("notes emptied", "harmless", lambda t: [f"UPDATE {t.name} SET note = NULL WHERE id % 10 = 3"], lambda t: ())
data(
    "fewer of the rare state",
    "harmless",
    lambda t: [f"UPDATE {t.name} SET {t.state} = 'done' WHERE {t.state} = 'disputed' AND id % 1000 = 0"],
    lambda t: (),
)


@kind("one parent took over", "regression")
def _took_over(rng: random.Random, shop: Shop) -> Change | None:
    found = [one for one in shop.statements if one.kind == "join" and shop.table(one.table).rows >= 10_000]
    if not found:
        return None
    one = rng.choice(found)
    table = shop.table(one.table)
    moved = f"UPDATE {table.name} SET {table.key} = {one.values[0]} WHERE id % 3 > 0"
    return Change(
        "one parent took over", "regression", data=(moved, "VACUUM ANALYZE", "CHECKPOINT"), cause=(table.name,)
    )
