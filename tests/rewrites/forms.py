"""What every rewrite prints, kept in forms.json: each form was run beside its original on rows when it was written.

    python -m tests.rewrites.forms            # keep what is printed today, after a change that is meant to change it

Leaves out, and names, every form that rows do not prove.
"""

from __future__ import annotations

import dataclasses
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.catalog.schema import Schema
from advisor.catalog.snapshot import snapshot_from_files
from advisor.rewrites.arms import arms, over_tables
from advisor.rewrites.contains import as_containment
from advisor.rewrites.days import as_range
from advisor.rewrites.joined import joined
from advisor.rewrites.keyset import keyset
from advisor.rewrites.not_in import NotIn, not_exists
from advisor.rewrites.proof.prover import Prover
from advisor.rewrites.proof.proving_database import proof_database
from advisor.rewrites.repeated_reads import read_at_once
from advisor.rewrites.repeated_writes import write_at_once
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.rounds import Repeated
from advisor.rewrites.tree_walk import whole_tree
from advisor.twin.servers.server import Server, embedded_binaries

FOLDER = Path(__file__).parent
FILE = FOLDER / "forms.json"
SCHEMAS = {"review": FOLDER / "tables.sql", "random": FOLDER / "forms.sql"}
RANDOM = 150
"""Statements of the benchmark's grammar that are kept beside those of the tests."""
Asked = dict[str, Any]


def answers(asked: Asked, schema: Schema) -> list[Rewrite | Refusal]:
    """Return what is offered for one statement, each form and each refusal."""
    text, kind = asked["text"], asked["kind"]
    schema = dataclasses.replace(schema, server_version=asked.get("version", schema.server_version))
    if kind == "not-in":
        found = not_exists(text, schema)
        return [one for one in (found.exact, found.choice) if one] if isinstance(found, NotIn) else [found]
    if kind == "arms":
        return [arms(text, frozenset(asked["columns"]), schema)]
    if kind == "tables":
        named = over_tables(text, schema)
        shown = ", ".join(f"{table.qualified}.{column}" for table, column in named) or "one table"
        return [Refusal(f"over {shown}"), arms(text, frozenset(column for _, column in named), schema)]
    if kind == "keyset":
        return [keyset(text, schema)]
    if kind in ("contains", "range"):
        return [(as_containment if kind == "contains" else as_range)(text, asked["columns"][0], schema)]
    loop = Repeated(text, frozenset(asked["varying"]), asked["types"], schema, asked.get("unique", False))
    if kind == "joined":
        return [joined(asked["parent"], loop, asked["link"])]
    if kind == "walk":
        return [whole_tree(loop) or Refusal("no tree")]
    return [(write_at_once if kind == "write" else read_at_once)(loop)]


def said(answer: Rewrite | Refusal) -> dict[str, Any]:
    """Return what an answer tells, without what it leaves at its default, as JSON holds it."""
    if isinstance(answer, Refusal):
        return {"refused": answer.reason}
    told: dict[str, Any] = {}
    for one in dataclasses.fields(answer):
        default = one.default_factory() if callable(one.default_factory) else one.default
        value = getattr(answer, one.name)
        if value != default and one.name != "original":
            told[one.name] = value
    return dict(json.loads(json.dumps(told)))


def _listed() -> Iterator[Asked]:
    """Yield the statements of forms_more.json: those of the other tests, and some one step beyond the grammar."""
    yield from ({"schema": "review", **one} for one in json.loads((FOLDER / "forms_more.json").read_text()))


def _random(seed: int) -> tuple[str, list[Asked]]:
    from benchmarks.rewrites.schemas import ddl, schema
    from benchmarks.rewrites.statements import MAKERS, Maker

    rng = random.Random(seed)
    tables = schema(rng)
    kinds = {"SQL006": "not-in", "SQL005": "arms", "SQL001": "keyset", "SQL003": "range"}
    made = []
    for _ in range(RANDOM):
        one = rng.choice(MAKERS)(Maker(tables, rng))
        kind = kinds.get(one.rule[:6], "write" if one.writes else "read")
        made.append({"schema": "random", "kind": kind, "text": one.text, "columns": sorted(one.columns),
                     "varying": sorted(one.varying), "unique": one.unique})  # fmt: skip
    return ddl(tables), made


def main() -> int:
    """Write forms.json and forms.sql; print what was left out."""
    text, made = _random(20261201)
    SCHEMAS["random"].write_text(text if text.endswith("\n") else text + "\n")
    kept, wrong = [], 0
    with Server(embedded_binaries()) as server:
        for name, path in SCHEMAS.items():
            with proof_database(server.conninfo(), snapshot_from_files(path, None)) as database:
                prover = Prover(database)
                for asked in [one for one in (*_listed(), *made) if one["schema"] == name]:
                    try:
                        types = list(prover.parameter_types(asked["text"]))
                        asked = {**asked, "types": [] if asked.get("untyped") else types}
                    except Exception as error:  # the server does not take the statement
                        print(f"left out: {asked['text']}: {error}", file=sys.stderr)
                        continue
                    found = answers(asked, database.schema)
                    refusals = [prover.prove(one) for one in found if isinstance(one, Rewrite)]
                    if any(refusals):
                        wrong += 1
                        print(f"not proven: {asked['text']}: {refusals}", file=sys.stderr)
                    else:
                        kept.append({**asked, "says": [said(one) for one in found]})
    FILE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    print(f"{len(kept)} kept, {wrong} not proven")
    return 0


if __name__ == "__main__":
    sys.exit(main())
