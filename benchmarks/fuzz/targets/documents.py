"""Files a team commits: baselines, reports, configuration, Alembic's own."""

from __future__ import annotations

import json
from collections.abc import Sequence

from advisor.config import suppressions, thresholds
from advisor.gate.baseline import load_baseline, save_baseline
from advisor.indexes.decision import read_decisions
from advisor.revisions.plain_sql import plain_sql_script
from advisor.revisions.project.judge_environment import check_environment, environment_of
from advisor.revisions.read_contract import proposal_of, read_report
from advisor.rules.findings_baseline import read_accepted
from advisor.rules.suppress import read_suppressions
from advisor.rules.thresholds import read_thresholds
from benchmarks.fuzz.command import advisor
from benchmarks.fuzz.structures import json_changed
from benchmarks.fuzz.target import SEEDS, Place, Target, seeds


def baseline(data: bytes, place: Place) -> None:
    """Load the gate's baseline and write it again."""
    save_baseline(load_baseline(place.write("plans.json", data)), place.folder / "again.json")


def accepted(data: bytes, place: Place) -> None:
    """Read accepted findings."""
    held = read_accepted(place.write("findings.json", data))
    read_suppressions(held.suppress, "findings.json")
    read_decisions(held.proposals, "findings.json")


def report(data: bytes, place: Place) -> None:
    """Read a report and write plain SQL for it."""
    path = place.write("report.json", data)
    plain_sql_script([proposal_of(item) for item in read_report(path).proposals], None, [])
    advisor("migrate", path, "--sql", "-q")


def configuration(data: bytes, place: Place) -> None:
    """Read a configuration for every command."""
    path = place.write("advisor.toml", data)
    read_suppressions(suppressions(path), "advisor.toml")
    read_thresholds(thresholds(path), "advisor.toml")
    advisor("--config", path, "rule", "NPO001")


def ini(data: bytes, place: Place) -> None:
    """Find the env.py that an alembic.ini names."""
    scripts = place.folder / "migrations"
    (scripts / "versions").mkdir(parents=True, exist_ok=True)
    (scripts / "env.py").write_bytes((SEEDS / "environment" / "env.py").read_bytes())
    (scripts / "script.py.mako").write_text("")
    environment_of(place.write("alembic.ini", data))


def environment(data: bytes, place: Place) -> None:
    """Judge an env.py."""
    check_environment(place.write("env.py", data))


def nested(rng: object, data: bytes) -> bytes:
    """Return a document within so many lists that a recursive reader gives up."""
    return b"[" * 5000 + data + b"]" * 5000 if data[:1] in b"{[" else json.dumps("x" * 100_000).encode()


def targets() -> Sequence[Target]:
    """Return the targets."""
    changes = (json_changed, json_changed, json_changed, json_changed, nested)
    return (
        Target("baseline", baseline, seeds("baseline"), changes, weight=1.0),
        Target("accepted findings", accepted, seeds("accepted"), changes, weight=0.7),
        Target("report", report, seeds("report"), changes, weight=0.7),
        Target("configuration", configuration, seeds("configuration"), weight=0.7),
        Target("alembic.ini", ini, seeds("alembic"), weight=0.5),
        Target("env.py", environment, seeds("environment"), weight=1.0),
    )
