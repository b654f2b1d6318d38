"""Rules of selection as a user sets them: by name, as numbers, and what is no such thing is refused."""

from __future__ import annotations

import psycopg
import pytest

from advisor.errors import UsageError
from advisor.indexes.chosen_rules import RULES, with_rules
from advisor.indexes.index_options import AdviseOptions
from tests.indexes.small import advised, make

TWO = """
CREATE TABLE pier (id int PRIMARY KEY, port int NOT NULL, ship int NOT NULL, body text);
INSERT INTO pier SELECT i, i % 4000, (i * 11) % 4001, repeat('x', 80) FROM generate_series(1, 60000) AS i
"""


def test_a_rule_is_set_by_its_name_and_the_last_one_counts() -> None:
    found = with_rules(AdviseOptions(), ["max_regression=0.02", "width=3", "width=2"])
    assert (found.max_regression, found.width) == (0.02, 2)


def test_every_rule_is_an_option_of_the_stage() -> None:
    assert all(hasattr(AdviseOptions(), name) for name in RULES)


@pytest.mark.parametrize("given", ["budget=1", "max_regresion=1", "tail", "tail=x", "tail=-1", "tail=nan", "width=1.5"])
def test_what_is_no_rule_or_no_number_is_refused_with_a_remedy(given: str) -> None:
    with pytest.raises(UsageError) as refused:
        with_rules(AdviseOptions(), [given])
    assert refused.value.do


def test_a_rule_changes_the_choice(connection: psycopg.Connection) -> None:
    make(connection, TWO)
    queries = {"a": ("SELECT * FROM pier WHERE port = 7", 60000.0), "b": ("SELECT * FROM pier WHERE ship = 9", 50000.0)}
    assert len(advised(connection, queries).proposals) == 2
    one = advised(connection, queries, options=with_rules(AdviseOptions(), ["max_per_table=1"]))
    assert [p.definition.keys[0].column for p in one.proposals] == ["port"]
