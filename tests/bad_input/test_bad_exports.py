"""Inputs nobody can use end with one clear line and status 2; half-good ones say what was left out."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg import conninfo

from tests.bad_input.conftest import Run

Save = Callable[[str, bytes], Path]
Exported = Callable[..., bytes]

GARBAGE = random.Random(1).randbytes(100_000)

UNUSABLE = {
    "an empty file": (b"", "the file is empty"),
    "blank lines": (b"\n\n \n", "the file is empty"),
    "binary garbage": (GARBAGE, "nothing in it was understood"),
    "an image": (b"\x89PNG\r\n\x1a\n" + GARBAGE, "nothing in it was understood"),
    "prose": (b"Dear colleagues,\n\nplease find attached the export.\n", "nothing in it was understood"),
    "a table of something else": (b"id,name,price\n1,chair,5\n2,table,7\n", "nothing in it was understood"),
    "JSON of something else": (b'[{"id": 1, "name": "chair"}]', "nothing in it was understood"),
    "only a header": (b"userid,dbid,queryid,query,calls,total_exec_time,rows\n", "no statement in it was understood"),
    "an empty JSON array": (b"[]", "nothing in it was understood"),
    "a workload file of the future": (
        b'{"format":"pgadvisor workload","version":99,"workload":{"queries":[]}}', "$.version: version 99"),
    "a damaged workload file": (
        b'{"format":"pgadvisor workload","version":1,"workload":{"queries":[{"id":', "is not JSON"),
    "a workload file with a wrong type": (
        b'{"format":"pgadvisor workload","version":1,"workload":{"queries":7}}', "$.workload.queries: expected array, got int"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNUSABLE)
def test_an_unusable_file_is_one_clear_error(case: str, run: Run, save: Save) -> None:
    data, message = UNUSABLE[case]
    path = save("statements.csv", data)
    outcome = run("capture", "-q", path)
    assert outcome.status == 2
    assert outcome.out == ""
    (line, *rest) = outcome.err.splitlines()
    assert line.startswith(f"error: {path}: ") and message in line
    assert len(rest) <= 1 and all(more.startswith("  do: ") for more in rest)


def test_missing_columns_are_named_with_those_found(run: Run, save: Save, exported: Exported) -> None:
    path = save("statements.csv", exported("--csv", columns="queryid, query, rows, shared_blks_hit"))
    outcome = run("capture", path)
    assert outcome.status == 2
    assert "no column calls" in outcome.err and "total_exec_time" in outcome.err and "shared_blks_hit" in outcome.err


def test_a_truncated_csv_keeps_what_is_whole_and_says_what_is_not(run: Run, save: Save, exported: Exported) -> None:
    whole = exported("--csv")
    path = save("statements.csv", whole[: whole.index(b'"SELECT', len(whole) // 2) + 20])
    outcome = run("capture", "-q", "--format", "json", path)
    assert outcome.status == 0
    (warning,) = outcome.err.splitlines()
    assert warning.startswith(f"warning: {path}: 1 of ") and "records left out" in warning
    (read,) = json.loads(outcome.out)["inputs"]
    assert 0 < read["records"] < 14 and read["understood"] < 1


def test_a_broken_quote_in_the_middle_costs_one_record(run: Run, save: Save, exported: Exported) -> None:
    text = exported("--csv").decode()
    at = text.index('"SELECT', len(text) // 2)
    path = save("statements.csv", (text[:at] + 'oops" ' + text[at:]).encode())
    outcome = run("capture", "-q", "--format", "json", path)
    (read,) = json.loads(outcome.out)["inputs"]
    assert outcome.status == 0 and read["records"] == 13
    assert "left out" in outcome.err


@pytest.mark.parametrize("path", ["missing.csv", "missing/*.csv", "/dev/null/statements.csv"])
def test_an_unreadable_path_is_named(path: str, run: Run) -> None:
    outcome = run("capture", "-q", path)
    assert outcome.status == 2
    assert outcome.err.startswith(f"error: {path}: cannot be read") or "holds no file" in outcome.err


def test_an_empty_folder_is_named(run: Run, tmp_path: Path) -> None:
    outcome = run("capture", "-q", tmp_path)
    assert outcome.status == 2 and "holds no file" in outcome.err


def test_a_link_that_leads_nowhere_is_named(run: Run, tmp_path: Path) -> None:
    link = tmp_path / "current.csv"
    link.symlink_to("gone.csv")
    outcome = run("capture", "-q", link)
    assert outcome.status == 2 and outcome.err.startswith(f"error: {link}: cannot be read: No such file")


def test_a_pattern_that_meets_folders_reads_the_files_in_them_once(
    run: Run, tmp_path: Path, exported: Exported
) -> None:
    for day in ("day1", "day2"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "statements.csv").write_bytes(exported("--csv"))
    for pattern in ("day*", "**"):
        outcome = run("capture", "-q", "--format", "json", tmp_path / pattern)
        assert outcome.status == 0
        names = [Path(read["name"]).parent.name for read in json.loads(outcome.out)["inputs"]]
        assert names == ["day1", "day2"]


def test_stray_files_of_a_folder_are_left_out_and_named(run: Run, tmp_path: Path, exported: Exported) -> None:
    (tmp_path / "README.txt").write_text("exports of March")
    (tmp_path / "empty.csv").write_text("")
    outcome = run("capture", "-q", tmp_path)
    assert outcome.status == 2 and "README.txt" in outcome.err
    (tmp_path / "statements.csv").write_bytes(exported("--csv"))
    outcome = run("capture", "-q", tmp_path)
    assert outcome.status == 0
    assert "README.txt: nothing in it was understood" in outcome.out and "empty.csv: the file is empty" in outcome.out


def test_a_truncated_archive_gives_what_its_beginning_holds(run: Run, save: Save, exported: Exported) -> None:
    data = gzip.compress(exported("--csv"), 1)
    outcome = run("capture", "-q", "--format", "json", save("statements.csv.gz", data[:-300]))
    assert outcome.status == 0
    assert json.loads(outcome.out)["inputs"][0]["records"] > 0


def test_a_dead_address_is_named_without_its_password(run: Run) -> None:
    outcome = run("capture", "-q", "postgresql://me:secret@127.0.0.1:1/shop")
    assert outcome.status == 2
    assert "127.0.0.1:1/shop" in outcome.err and "secret" not in outcome.err


def test_no_permission_on_pg_stat_statements(run: Run, address: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE ROLE outsider LOGIN; REVOKE SELECT ON pg_stat_statements FROM PUBLIC")
        try:
            parameters = conninfo.conninfo_to_dict(address)
            url = f"postgresql://outsider@/{parameters['dbname']}?host={parameters['host']}"
            outcome = run("capture", "-q", url)
        finally:
            connection.execute("GRANT SELECT ON pg_stat_statements TO PUBLIC; DROP ROLE outsider")
    assert outcome.status == 2
    assert "no permission to read pg_stat_statements" in outcome.err and "GRANT pg_read_all_stats" in outcome.err


def test_texts_without_values_are_accepted_with_a_word_about_it(run: Run, save: Save, exported: Exported) -> None:
    outcome = run("capture", "-q", save("statements.csv", exported("--csv")))
    assert outcome.status == 0
    assert "statement exports hold no values" in outcome.out


def test_texts_that_are_nothing_but_placeholders_are_kept_and_counted(run: Run, save: Save, exported: Exported) -> None:
    data = exported("--csv", columns="queryid, '$1' AS query, calls, total_exec_time")
    outcome = run("capture", "-q", "--format", "json", save("statements.csv", data))
    assert outcome.status == 0
    assert json.loads(outcome.out)["coverage"]["unparsed"] == 1


def test_an_output_that_cannot_be_written_is_named(run: Run, save: Save, exported: Exported) -> None:
    path = save("statements.csv", exported("--csv"))
    outcome = run("capture", "-q", path, "-o", path.parent / "missing" / "out.json.zst")
    assert outcome.status == 2 and "cannot be written" in outcome.err


@pytest.mark.parametrize("arguments", [[], ["--format", "xml", "x"], ["--jobs", "0", "x"], ["--nonsense", "x"]])
def test_wrong_usage_is_status_two(arguments: list[str], run: Run) -> None:
    outcome = run("capture", *arguments)
    assert outcome.status == 2 and "Error:" in outcome.err
