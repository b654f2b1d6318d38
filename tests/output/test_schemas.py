"""The JSON Schemas that are shipped are those of the types, and what we really write is what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from advisor.catalog.snapshot import take_snapshot
from advisor.catalog.snapshots.folder import save_snapshot
from advisor.cli.main import advisor_group
from advisor.cli.schema_command import command
from advisor.errors import UsageError
from advisor.gate.verdict import CheckResult, Verdict
from advisor.output.schemas import FILES, FOLDER, rendered
from advisor.output.verdicts import render_check
from tests.test_own_file import DOCUMENTS, findings, plans, report, settings, snapshot, statistics, workload_file


def closed(schema: Any) -> Any:
    """Return the schema with every object that has properties taking no others: what we write has no key unknown to it."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if made.get("type") == "object" and "properties" in made and "allOf" not in made:
        made["additionalProperties"] = False
    return made


def validator(name: str, *, strict: bool = False) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(closed(schema) if strict else schema)


@pytest.mark.parametrize("name", FILES)
def test_the_files_shipped_are_those_of_the_types(name: str) -> None:
    """Stale? Run `advisor schema --write advisor/schemas`."""
    assert (FOLDER / f"{name}.schema.json").read_bytes() == rendered(name)


def test_there_is_a_file_for_each_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.schema.json" for name in FILES}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("baseline", plans), ("findings", findings), ("report", report), ("settings", settings), ("snapshot", snapshot),
        ("workload", workload_file),
    ],
)  # fmt: skip
def test_what_is_written_is_what_the_schema_says(tmp_path: Path, name: str, make: Any) -> None:
    assert make in DOCUMENTS
    document = json.loads(make(tmp_path)[0])
    assert [error.message for error in validator(name, strict=True).iter_errors(document)] == []
    for key in set(document) - {"work_mem"}:
        wrong = {**document, key: 7.5 if not isinstance(document[key], int) else "x"}
        assert not validator(name).is_valid(wrong), key


def test_records_are_what_the_schema_says(tmp_path: Path) -> None:
    check = validator("statistics")
    for record in json.loads(statistics(tmp_path)[0]):
        assert [error.message for error in check.iter_errors(record)] == []
    assert not check.is_valid({"kind": "relation", "schema": "s", "name": "t", "rows": 1.0, "pages": "2"})
    assert check.is_valid({"kind": "of a later version"})


def test_a_real_snapshot_is_what_the_schemas_say(server: Any, database: str, connection: Any, tmp_path: Path) -> None:
    connection.execute("CREATE TABLE t (id int PRIMARY KEY, a int4range, b text[]); CREATE INDEX ON t USING gin (b)")
    connection.execute(
        "INSERT INTO t SELECT n, int4range(n, n + 9), ARRAY['a', n::text] FROM generate_series(1, 500) n"
    )
    connection.execute("CREATE STATISTICS s ON id, a FROM t; ANALYZE t")
    save_snapshot(take_snapshot(server.url(database)), tmp_path)
    for name, file in (("snapshot", "snapshot.json"), ("settings", "settings.json")):
        document = json.loads((tmp_path / file).read_bytes())
        assert [error.message for error in validator(name, strict=True).iter_errors(document)] == []
    check = validator("statistics")
    for line in (tmp_path / "statistics.jsonl").read_text().splitlines():
        assert [error.message for error in check.iter_errors(json.loads(line))] == []


def test_the_gates_result_is_what_the_schema_says() -> None:
    verdict = Verdict("PLN001", "index-lost", "fail", "q", "SELECT 1", "gone", cost_before=1.0)
    result = CheckResult((verdict,), 3, ("n",), ("note",), {"x": "why"}, ("0001",))
    document = json.loads(render_check(result, "json"))
    assert [error.message for error in validator("check", strict=True).iter_errors(document)] == []


def test_the_command_prints_lists_and_writes_them(tmp_path: Path) -> None:
    assert CliRunner().invoke(command, ["report"]).output.encode() == rendered("report")
    assert [line.split()[0] for line in CliRunner().invoke(command, []).output.splitlines()] == list(FILES)
    CliRunner().invoke(command, ["--write", str(tmp_path)])
    assert len(list(tmp_path.iterdir())) == len(FILES)
    refused = CliRunner().invoke(advisor_group, ["--isolated", "schema", "reprot"])
    assert isinstance(refused.exception, UsageError) and "report" in str(refused.exception)
