"""SQL reaches the server byte for byte, whatever colons, percents, quotes and backslashes stand in it."""

from __future__ import annotations

import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from advisor.revisions.escape import python_string, text_literal
from advisor.revisions.message import docstring

SQL = st.text(alphabet=st.sampled_from("ab:\\%'\"$ _ü1\n"), max_size=30)


@given(SQL)
@example("x = ':v'")
@example("x = ':v:'")
@example(r"x = '\:v' AND y = '\\:w'")
@example("x::text = '10:30' AND y LIKE '50%'")
def test_a_text_literal_sends_exactly_the_sql(sql):
    clause = eval(text_literal(sql), {"sa": sa})
    assert not clause._bindparams
    dialect = PGDialect_psycopg(paramstyle="named")
    assert str(clause.compile(dialect=dialect, compile_kwargs={"literal_binds": True})) == sql


def test_what_needs_no_escape_gets_none():
    assert text_literal("at::date = '10:30'") == "sa.text(\"at::date = '10:30'\")"


@given(st.text(max_size=40))
def test_a_python_string_is_the_same_string(text):
    assert eval(python_string(text)) == text


@given(st.text(alphabet=st.sampled_from("ab\"'\\\n \x07ü$"), max_size=40))
def test_any_text_can_stand_in_a_docstring(text):
    assert eval(f'"""{docstring(text)}\n"""') == text.replace("\x07", " ") + "\n"
