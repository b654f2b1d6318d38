"""An assistant gets the JSON of the commands, from files below one folder, and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

ROOT = Path(__file__).parents[2]
LOG = """2026-12-01 10:00:00.000 UTC [7] LOG:  duration: 40.1 ms  statement: SELECT id, total FROM orders WHERE customer_id = 3
2026-12-01 10:00:01.000 UTC [7] LOG:  duration: 41.2 ms  statement: SELECT id, total FROM orders WHERE customer_id = 5
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    shutil.copytree(ROOT / "examples" / "shop", folder, ignore=shutil.ignore_patterns("__pycache__", ".github"))
    (folder / "app.log").write_text(LOG)
    return folder


def talk(folder: Path, say: Callable[[Any], Awaitable[Any]], **environment: str) -> Any:
    async def session() -> Any:
        known = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), **environment}
        words = ["-m", "advisor", "mcp", "--root", str(folder)]
        async with Client(StdioServerParameters(command=sys.executable, args=words, env=known)) as client:
            return await say(client)

    return asyncio.run(asyncio.wait_for(session(), 300))


def command(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "advisor", "--isolated", *words], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_the_tools_are_read_only_and_return_what_the_commands_print(files: Path) -> None:
    async def say(client: Any) -> dict[str, Any]:
        listed = (await client.list_tools()).tools
        assert {tool.name for tool in listed} == {"advise", "capture", "check", "explain_proposal", "plan", "rule"}
        assert all(tool.annotations.read_only_hint and not tool.annotations.open_world_hint for tool in listed)
        calls = {
            "capture": {"inputs": ["app.log"]},
            "advise": {"inputs": ["app.log"], "snapshot": "prod"},
            "check": {"snapshot": "prod", "baseline": "plans.json"},
            "rule": {"code": "NPO001"},
            "plan": {"statement": "SELECT * FROM orders WHERE id = 7", "snapshot": "prod"},
        }
        told = {}
        for name, given in calls.items():
            result = await client.call_tool(name, given)
            assert not result.is_error, (name, result.content)
            told[name] = result.content[0].text
        return told

    before = {path: path.read_bytes() for path in files.rglob("*") if path.is_file()}
    told = talk(files, say)
    app, where = str(files / "app.log"), ["--snapshot", str(files / "prod")]
    assert told["capture"] == command(files, "capture", app, "--format", "json", "-q")
    assert told["advise"] == command(files, "advise", app, *where, "--format", "json", "-q")
    baseline = ["--baseline", str(files / "plans.json")]
    assert told["check"] == command(files, "check", *where, *baseline, "--format", "json", "-q")
    assert told["rule"] == command(files, "rule", "NPO001")
    plan = json.loads(told["plan"])
    assert plan["plan"]["node_type"] == "Index Scan" and "PostgreSQL" in plan["server"]
    assert {path: path.read_bytes() for path in files.rglob("*") if path.is_file()} == before


def test_a_proposal_comes_with_its_queries(files: Path) -> None:
    report = {
        "proposals": [{"id": "a", "queries": [{"query": "q1"}]}, {"id": "b", "queries": []}],
        "queries": [{"id": "q1", "text": "SELECT 1"}, {"id": "q2", "text": "SELECT 2"}],
        "findings": [{"id": "f", "proposal": "a"}, {"id": "g", "proposal": None}],
    }
    (files / "report.json").write_text(json.dumps(report))

    async def say(client: Any) -> Any:
        good = await client.call_tool("explain_proposal", {"report": "report.json", "proposal": "a"})
        bad = await client.call_tool("explain_proposal", {"report": "report.json", "proposal": "z"})
        return good, bad

    good, bad = talk(files, say)
    answer = json.loads(good.content[0].text)
    assert answer["proposal"]["id"] == "a"
    assert [one["id"] for one in answer["queries"]] == ["q1"] and [one["id"] for one in answer["findings"]] == ["f"]
    assert bad.is_error and "use one of: a, b" in bad.content[0].text


def test_nothing_outside_the_folder_no_url_and_no_variable_is_reached(files: Path) -> None:
    secret = files.parent / "secret.log"
    secret.write_text(LOG)
    (files / "out").symlink_to(secret)
    (files / "folder").mkdir()
    (files / "folder" / "app.log").symlink_to(secret)
    names = [
        "../secret.log",
        str(secret),
        "out",
        "folder",
        "postgresql://localhost/app",
        "s3://bucket/key",
        "--help",
        "-",
    ]

    async def say(client: Any) -> list[Any]:
        results = [await client.call_tool("capture", {"inputs": [name]}) for name in names]
        results.append(await client.call_tool("advise", {"inputs": ["app.log"]}))
        results.append(await client.call_tool("rule", {"code": "--write"}))
        return results

    results = talk(files, say, DATABASE_URL="postgresql://nobody:hunter2@localhost:1/app")
    for name, result in zip([*names, "no database", "--write"], results, strict=True):
        assert result.is_error, name
        text = result.content[0].text
        assert "Traceback" not in text and "hunter2" not in text, text


def test_a_statement_is_planned_and_never_run(files: Path) -> None:
    marker = files.parent / "written"
    statements = [
        f"COPY (SELECT 1) TO '{marker}'", f"SELECT 1; COPY (SELECT 1) TO '{marker}'", "SELECT nothing FROM nowhere",
    ]  # fmt: skip

    async def say(client: Any) -> list[Any]:
        return [await client.call_tool("plan", {"statement": one, "snapshot": "prod"}) for one in statements]

    for statement, result in zip(statements, talk(files, say), strict=True):
        assert result.is_error and "Traceback" not in result.content[0].text, statement
    assert not marker.exists()
