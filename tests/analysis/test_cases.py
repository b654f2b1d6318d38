"""The shape of a query is what its case file says, and every case is a statement that PostgreSQL accepts.

A case file holds blocks: `-- what is shown`, the statement, `-->`, the shape. `-- search_path: a, b` before a statement
sets the session's search path; `-- invalid` marks what the server refuses, `-- values decide` what reads differently
once its literals are `$n`. `python -m tests.analysis.rewrite` writes the shapes anew, to be read in the diff.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.analysis.shaping.features import FEATURES
from advisor.catalog.schema import Schema
from tests.analysis.readable import readable

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One block of a case file."""

    file: str
    title: str
    sql: str
    expected: str
    search_path: tuple[str, ...] | None = None
    invalid: bool = False
    values_decide: bool = False


def blocks(path: Path) -> Iterator[Case]:
    """Yield the cases of one file."""
    for block in path.read_text().split("\n\n"):
        if not block.strip():
            continue
        head, _, expected = block.strip().partition("\n-->\n")
        comments = [line[3:] for line in head.splitlines() if line.startswith("-- ")]
        sql = "\n".join(line for line in head.splitlines() if not line.startswith("-- "))
        options = dict(line.split(": ", 1) for line in comments[1:] if ": " in line)
        path_text = options.get("search_path")
        names = tuple(name.strip() for name in path_text.split(",")) if path_text else None
        yield Case(path.stem, comments[0], sql, expected, names, "invalid" in comments, "values decide" in comments)


ALL = [case for path in sorted(CASES.glob("*.sql")) for case in blocks(path)]


@pytest.mark.parametrize("case", ALL, ids=[f"{case.file}: {case.title}" for case in ALL])
def test_the_shape_is_as_the_case_says(case: Case, schema: Schema) -> None:
    assert readable(analyse(case.sql, schema, case.search_path)) == case.expected


def test_every_feature_of_the_cases_is_described_and_every_description_has_a_case(schema: Schema) -> None:
    shapes = [analyse(case.sql, schema, case.search_path) for case in ALL]
    seen = {feature for shape in shapes if isinstance(shape, QueryShape) for feature in shape.features}
    assert seen == set(FEATURES)


@pytest.mark.parametrize("case", [case for case in ALL if not case.invalid], ids=lambda case: case.title)
def test_postgresql_accepts_the_statement(case: Case, cases_connection: psycopg.Connection) -> None:
    path = ", ".join(case.search_path) if case.search_path else "public"
    with cases_connection.transaction(force_rollback=True):
        cases_connection.execute("SELECT set_config('search_path', %s, true)", (path,))
        cases_connection.execute(f"EXPLAIN (GENERIC_PLAN) {case.sql}".encode())
