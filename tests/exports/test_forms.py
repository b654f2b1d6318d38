"""However an export was written, the same statements with the same numbers come out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from advisor.capture.exports.export import StatementExport
from tests.exports.conftest import Exporter, read

Write = Callable[[Exporter], bytes]


def copied(options: str) -> Write:
    return lambda exporter: exporter.copy(exporter.select(), options)


def printed(*arguments: str) -> Write:
    return lambda exporter: exporter.psql(exporter.select(), *arguments)


def as_json(expression: str, *arguments: str) -> Write:
    return lambda exporter: exporter.psql(f"SELECT {expression} FROM ({exporter.select()}) s", *arguments)


FORMS: dict[str, tuple[Write, str]] = {
    "csv": (copied("CSV HEADER"), "CSV"),
    "csv, everything quoted": (copied("CSV HEADER FORCE QUOTE *"), "CSV"),
    "csv with semicolons": (copied("CSV HEADER DELIMITER ';'"), "semicolon-separated"),
    "csv with tabs": (copied(r"CSV HEADER DELIMITER E'\t'"), "tab-separated"),
    "COPY text": (copied("(HEADER)"), "tab-separated"),
    "psql --csv": (printed("--csv"), "CSV"),
    "psql aligned": (printed(), "psql aligned text"),
    "psql without border": (printed("-P", "border=0"), "psql aligned text"),
    "psql with border": (printed("-P", "border=2"), "psql aligned text"),
    "psql with Unicode lines": (printed("-P", "linestyle=unicode", "-P", "border=2"), "psql aligned text"),
    "psql with old lines": (printed("-P", "linestyle=old-ascii"), "psql aligned text"),
    "psql wrapped": (printed("-P", "format=wrapped", "-P", "columns=900"), "psql aligned text"),
    "psql without footer": (printed("-P", "footer=off"), "psql aligned text"),
    "psql expanded": (printed("-x"), "psql expanded text"),
    "psql expanded without border": (printed("-x", "-P", "border=0"), "psql expanded text"),
    "psql expanded with border": (printed("-x", "-P", "border=2"), "psql expanded text"),
    "psql expanded with Unicode lines": (printed("-x", "-P", "linestyle=unicode"), "psql expanded text"),
    "psql unaligned": (printed("-A"), "psql unaligned text, unquoted"),
    "psql unaligned with commas": (printed("-A", "-F", ","), "CSV, unquoted"),
    "psql unaligned with tabs": (printed("-A", "-F", "\t"), "tab-separated, unquoted"),
    "psql unaligned expanded": (printed("-A", "-x"), "psql unaligned expanded text"),
    "json_agg": (as_json("json_agg(s)", "-At"), "JSON array"),
    "json_agg in a psql table": (as_json("json_agg(s)"), "JSON array"),
    "json_agg in a CSV": (as_json("jsonb_agg(s) AS statements", "--csv"), "JSON array"),
    "jsonb_pretty": (as_json("jsonb_pretty(jsonb_agg(s))", "-At"), "JSON array"),
    "row_to_json": (as_json("row_to_json(s)", "-At"), "JSON lines"),
}


def numbers(export: StatementExport) -> list[tuple[object, ...]]:
    """Return each row's numbers with its text as its words: psql drops blanks before a line's end."""
    return sorted(
        (" ".join(row.text.split()), row.calls, row.total_ms, row.rows, row.query_id or "", row.top_level,
         tuple(sorted(row.counters.items())), row.stats_since or 0.0)
        for row in export.rows
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows(exporter: Exporter, form: str) -> None:
    write, name = FORMS[form]
    export = read(write(exporter))
    assert numbers(export) == numbers(read(exporter.copy(exporter.select())))
    assert not export.coverage.skipped
    assert export.coverage.kind == f"pg_stat_statements 1.12 ({name})"


@pytest.mark.parametrize("form", ["csv", "COPY text", "json_agg", "psql --csv", "psql unaligned"])
def test_texts_come_out_byte_for_byte(exporter: Exporter, form: str) -> None:
    write, _ = FORMS[form]
    texts = {row.text for row in read(write(exporter)).rows}
    assert "SELECT extract($1 FROM at), note\n  FROM invoice\n WHERE at > date $2 AND note <> $3 LIMIT $4" in texts


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_byte_order_marks_are_understood(exporter: Exporter, encoding: str) -> None:
    data = exporter.copy(exporter.select())
    mark = "" if encoding == "utf-8-sig" else "\ufeff"
    assert numbers(read((mark + data.decode()).encode(encoding))) == numbers(read(data))


def test_windows_line_ends_are_understood(exporter: Exporter) -> None:
    data = exporter.copy(exporter.select())
    assert numbers(read(data.replace(b"\n", b"\r\n"))) == numbers(read(data))


def test_decimal_commas_are_understood_between_semicolons(exporter: Exporter) -> None:
    columns = "queryid, calls, replace(total_exec_time::text, '.', ',') AS total_exec_time, rows, query"
    export = read(exporter.copy(exporter.select(columns), "CSV HEADER DELIMITER ';'"))
    whole = read(exporter.copy(exporter.select()))
    assert sorted(row.total_ms for row in export.rows) == sorted(row.total_ms for row in whole.rows)


def test_text_printed_before_the_table_is_passed_over(exporter: Exporter) -> None:
    data = b"Timing is on.\nPager usage is off.\n" + exporter.psql(exporter.select()) + b"Time: 12.345 ms\n"
    assert len(read(data).rows) == len(read(exporter.copy(exporter.select())).rows)


def test_several_tables_in_one_text_leave_the_widest(exporter: Exporter) -> None:
    data = exporter.psql("SELECT 1 AS one, 2 AS two") + exporter.psql(exporter.select())
    assert len(read(data).rows) == len(read(exporter.copy(exporter.select())).rows)


def test_another_encoding_is_recognised_and_named(exporter: Exporter) -> None:
    text = exporter.copy(exporter.select()).decode().replace("customer", "küche").replace("invoice", "größe")
    export = read(text.encode("cp1252", errors="replace"))
    assert export.coverage.settings["encoding"] == "cp1252"
    assert any("größe" in row.text for row in export.rows)


@pytest.mark.parametrize("written", ["2026-03-01 12:00:00+00", "2026-03-01 12:00:00.000 +0000", "2026-03-01T12:00:00Z"])
def test_times_are_read_as_clients_write_them(exporter: Exporter, written: str) -> None:
    export = read(exporter.copy(exporter.select(f"'{written}' AS captured_at, s.*")))
    assert export.captured == 1772366400.0


def test_a_cell_that_is_no_number_costs_the_cell_not_the_row(exporter: Exporter) -> None:
    export = read(exporter.copy(exporter.select("query, calls, total_exec_time, '∅' AS rows, 'n/a' AS wal_bytes")))
    assert len(export.rows) == len(read(exporter.copy(exporter.select())).rows)
    assert all(row.rows is None and "wal_bytes" not in row.counters for row in export.rows)
    assert export.coverage.settings["cells that are no numbers (left out)"] == str(2 * len(export.rows))
