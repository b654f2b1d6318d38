"""What goes to a terminal fits it: no line is wider, nothing that a column says of a number is lost, colours are asked for."""

from __future__ import annotations

import json
import random
import re

import pytest

from advisor.output.terminal.fitted import fitted
from advisor.output.terminal.painted import painted
from advisor.output.terminal.screen import Screen, coloured, columns, on_screen
from advisor.progress import counted
from tests.page.conftest import DEMO

TABLE = """What was read

query           calls     total  text                                                                          why
------------  -------  --------  ----------------------------------------------------------------------------  ---------------------
20afcc478241    1 219     4.3 s  SELECT threads.id, threads.session_id, threads.thread_type, threads.status F  an index on all of it
4f7b5e833e41       20  160.0 ms  SELECT 1                                                                      it is small

  and 3 more
"""


def widths(text: str) -> int:
    return max(map(len, text.splitlines()))


def words(count: int, draw: random.Random) -> str:
    return " ".join("x" * draw.randrange(1, 70) for _ in range(count))


@pytest.mark.parametrize("seed", range(30))
def test_no_line_is_wider_whatever_the_text(seed: int) -> None:
    draw = random.Random(seed)
    lines = []
    for _ in range(60):
        label = draw.choice(
            [
                "",
                "  fix:      ",
                "  evidence: ",
                "   why       ",
                "- ",
                "note: ",
                "1. ",
                "            ",
                "   serves    ",
            ]
        )
        lines += [label + words(draw.randrange(12), draw)] + [""] * draw.randrange(2)
    width = draw.choice([80, 100, 132])
    assert widths(fitted("\n".join(lines), width)) <= width


def test_a_table_keeps_its_numbers_and_cuts_or_folds_its_texts() -> None:
    found = fitted(TABLE, 80)
    assert widths(found) <= 80
    assert "20afcc478241    1 219     4.3 s  SELECT" in found and "…" in found
    assert " ".join(re.findall(r"an index|on all of|it$", found, re.MULTILINE)).startswith("an index")
    assert found.endswith("\n  and 3 more\n")
    assert fitted(TABLE, 200) == TABLE


def test_a_table_with_more_columns_than_fit_says_each_row_in_words() -> None:
    heads = "  ".join(f"column {number:>9}" for number in range(12))
    table = f"{heads}\n{'  '.join('-' * 16 for _ in range(12))}\n{'  '.join(f'{number:>16}' for number in range(12))}\n"
    found = fitted(table, 80)
    assert widths(found) <= 80 and all(f" {number}" in found for number in range(12))


def test_numbers_are_not_torn_apart() -> None:
    text = "  evidence: " + "; ".join(f"rows {number} 000" for number in range(100, 130))
    assert not re.search(r"\d\n", fitted(text, 80))


def test_long_explanations_say_how_much_is_left_out_and_full_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = (
        "  fix:      begin\n" + "".join(f"            line {number}\n" for number in range(20)) + "  cost:     none\n"
    )
    assert "line 5\n            … 14 more lines (--full)\n  cost" in on_screen(text)
    monkeypatch.setattr(Screen, "full", True)
    assert on_screen(text) == text


def test_the_width_is_the_terminals_and_never_less_than_eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, taken in (("132", 132), ("40", 80), ("0", 80)):
        monkeypatch.setenv("COLUMNS", said)
        assert columns() == taken


def test_colour_is_for_terminals_whose_owner_did_not_refuse_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert not coloured()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert coloured()
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as with_it:
            with_it.setenv(name, value)
            assert not coloured()


def test_what_is_coloured_is_the_severity_alone() -> None:
    text = "Findings (2)\n\nwarning NPO001 n-plus-one error here\n  fix:      error\n\nFAILED: 2 errors\n\n6c70  ix  proven  upgrade\n"
    found = painted(text)
    assert re.sub(r"\x1b\[\d*m", "", found) == text
    coloured_words = re.findall(r"\x1b\[[1-9]\d*m([^\x1b]*)\x1b\[0m", found)
    assert coloured_words == ["Findings (2)", "warning", "FAILED", "proven"]


def test_how_far_a_step_is_in_words() -> None:
    assert counted("read", 12, 48, 6.0) == "read 12 of 48 (25%), 2/s, 18 s left"
    assert counted("planned", 300, None, 3.0) == "planned 300, 100/s"
    assert counted("proven", 0, 11, 0.0) == "proven 0 of 11 (0%)"


def test_evidence_of_the_demo_holds_no_python_value() -> None:
    from advisor.output.evidence_words import evidence_words

    for finding in json.loads(DEMO.read_bytes())["findings"]:
        for label, said in evidence_words(finding["evidence"]):
            assert not re.search(r"[{}]|None|True|False|\['", f"{label} {said}"), (label, said)
