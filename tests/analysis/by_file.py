"""One test a case file instead of one a case, where each case is a matter of milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg
import pytest

from advisor.catalog.schema import Schema
from tests.analysis.test_cases import Case

Check = Callable[[Case, Schema, psycopg.Connection], None]


def by_file(cases: Sequence[Case], connection: str = "cases_connection") -> Callable[[Check], Callable[..., None]]:
    """Return a decorator that makes a check of one case a test of each file's cases, on the connection of this name."""

    def decorate(check: Check) -> Callable[..., None]:
        @pytest.mark.parametrize("file", sorted({case.file for case in cases}))
        def test(file: str, schema: Schema, request: pytest.FixtureRequest) -> None:
            for case in cases:
                if case.file == file:
                    check(case, schema, request.getfixturevalue(connection))

        return test

    return decorate
