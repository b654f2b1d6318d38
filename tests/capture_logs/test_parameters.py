"""DETAIL parameters are split exactly as the server joined them."""

from hypothesis import given
from hypothesis import strategies as st

from advisor.capture.assembly.parameters import listed, split_parameters
from advisor.capture.assembly.prepared import resolve

VALUE = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12).filter(
    lambda value: not value.endswith("...")
)


def as_the_server_lists(values: list[str | None]) -> bytes:
    quoted = ("NULL" if value is None else "'" + value.replace("'", "''") + "'" for value in values)
    return ", ".join(f"${number} = {value}" for number, value in enumerate(quoted, 1)).encode()


@given(st.lists(VALUE, min_size=1, max_size=12))
def test_any_values_come_back_as_they_were_bound(values: list[str | None]) -> None:
    assert split_parameters(as_the_server_lists(values)) == tuple(values)


def test_a_value_that_the_server_cut_short_spoils_the_listing() -> None:
    assert split_parameters(b"$1 = '1', $2 = 'abc...'") is None


def test_both_spellings_of_the_detail_line_are_read() -> None:
    assert listed(b"Parameters: $1 = '0'") == b"$1 = '0'" == listed(b"parameters: $1 = '0'")
    assert listed(b"prepare: prepare foo as select $1") is None


def test_an_execute_becomes_the_statement_it_names_with_its_values() -> None:
    detail = b"prepare: PREPARE p(int, text, numeric(3,1)) AS SELECT $1, $2;"
    found = resolve(b"EXECUTE p(-5, 'it''s, a', NULL, 'x'::text)", detail)
    assert found == (b"SELECT $1, $2", b"$1 = '-5', $2 = 'it''s, a', $3 = NULL, $4 = 'x'")
    assert split_parameters(found[1] or b"") == ("-5", "it's, a", None, "x")
    assert resolve(b"EXECUTE p(1 + 2)", detail) == (b"SELECT $1, $2", None)
    assert resolve(b"EXECUTE p", b"prepare: PREPARE p AS SELECT 1") == (b"SELECT 1", b"")
    assert resolve(b"SELECT 1", detail) is None
