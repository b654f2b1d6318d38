"""Numbers and statements read the same everywhere."""

from __future__ import annotations

import pytest

from advisor.output.number_units import count, milliseconds, one_line, size


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 B"), (812, "812 B"), (8192, "8.0 kB"), (98304, "96 kB"), (4404019, "4.2 MB"), (2**40 * 3, "3072 GB")],
)
def test_sizes_are_powers_of_1024(number: float, shown: str) -> None:
    assert size(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(None, "–"), (0.424, "0.42 ms"), (12.4, "12 ms"), (3400, "3.4 s"), (420_000, "7 min"), (7_560_000, "2.1 h")],
)
def test_durations_take_the_unit_that_reads_best(number: float | None, shown: str) -> None:
    assert milliseconds(number) == shown


def test_counts_have_thousands_apart() -> None:
    assert count(1234567) == "1 234 567"
    assert count(None) == "–"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-- who\n/* what */ SELECT  1\n FROM t", "SELECT 1 FROM t"),
        ("SELECT 1 /* stays */", "SELECT 1 /* stays */"),
        ("-- nothing else", ""),
        ("SELECT " + "x" * 30, "SELECT xxxxxxxxxxxx…"),
    ],
)
def test_a_statement_is_one_line_without_the_comments_before_it(text: str, shown: str) -> None:
    assert one_line(text, 20 if "xx" in text else 100) == shown
