"""Whatever a dump holds, nothing of it reaches beyond the database it is restored into, and every command ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from psycopg import sql

from advisor.catalog.index import IndexDefinition, IndexKey, IndexSize
from advisor.catalog.snapshot import Snapshot, save_snapshot
from advisor.catalog.snapshots.pg_dump import TRAILER
from advisor.catalog.statistics import ColumnStatistics, ExtendedData, RelationStatistics, Statistics
from advisor.twin.servers.environment import connect
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from benchmarks.twin_fidelity import VERSIONS
from tests.twin.hostile.dump import ATTACKS, KINDS, LOOPS, dump, queries

COMMAND = [sys.executable, "-c", "from advisor.cli.main import main; main()"]
SECRET = "hidden-from-every-server"
FEW = ("domain_check", "range_order", "index_predicate", "matview", "view", "barrier", "policy", "foreign", "default",
       "rule", "domain_default", "operator_class")  # fmt: skip


def statistics(attacks: Mapping[str, str]) -> Statistics:
    """Return statistics whose values are read by the types that the dump makes."""
    values = ColumnStatistics(0.0, 4, 2.0, ("a", "b"), (0.5, 0.3), histogram_bounds=("c", "d", "e"), low="a", high="z")
    arrays = ColumnStatistics(0.0, 9, 2.0, ("{a}", "{b}"), (0.5, 0.3), most_common_elems=("a", "b"),
                              most_common_elem_freqs=(0.5, 0.5, 0.5, 0.5))  # fmt: skip
    ranges = ColumnStatistics(0.0, 9, 2.0, ("[1,2)", "[3,4)"), (0.5, 0.3), histogram_bounds=("[5,6)", "[7,8)"))
    columns, relations, extended = {}, {}, {}
    for number in range(len(attacks)):
        table = f"k{number}_domain_check_t"
        columns["public", table, "a"], columns["public", table, "b"] = values, arrays
        columns["public", f"k{number}_range_order_t", "r"] = ranges
        columns["public", f"k{number}_statistics", "a"] = values
        relations["public", table] = RelationStatistics(1e6, 10_000)
        data = ExtendedData(("a", "id"), (1, 2), most_common_vals=(("a", "1"), ("b", "2")),
                            most_common_freqs=(0.5, 0.3), most_common_base_freqs=(0.2, 0.1))  # fmt: skip
        extended["public", f"k{number}_statistics_s", False] = data
    return Statistics(relations=relations, columns=columns, extended=extended)


def snapshot(place: Path, attacks: Mapping[str, str], kinds: tuple[str, ...], major: int = 18) -> Snapshot:
    return Snapshot(dump(place, attacks, kinds) + f"{TRAILER}\n", statistics(attacks), {}, major * 10_000)


def plan_all(twin: Twin, attacks: Mapping[str, str]) -> None:
    """Plan queries on what the dump made, and let candidate indexes be built on it."""
    twin.what_if.plan([Ask(BoundStatement(text, None, "logged")) for text in queries(attacks)])
    definitions = [
        IndexDefinition("public", f"k{number}_domain_check_t", (IndexKey.of("a"),), where=f"a <> {call}")
        for number, attack in enumerate(attacks)
        for call in [f"public.evil_{attack}('candidate')"]
    ]
    twin.what_if.build({definition: IndexSize(1e6, 3000, 2) for definition in definitions})


def counts(twin: Twin, beginning: str) -> dict[str, int]:
    """Return how often each attack was tried, or hit, from the sequences that it counts in."""
    with connect(twin.superuser, autocommit=True, options="-c search_path=pg_catalog") as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'S' AND starts_with(relname, %s)", [f"{beginning}_"]
        ).fetchall()
        found = {}
        for (name,) in names:
            query = sql.SQL("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {}")
            row = connection.execute(query.format(sql.Identifier("public", name))).fetchone()
            found[name.removeprefix(f"{beginning}_")] = row[0] if row else 0
        return found


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user of the machine may write to: the server is another one than we are."""
    made = Path(tempfile.mkdtemp(prefix="hostile-"))
    made.chmod(0o777)
    yield made
    shutil.rmtree(made)


def pwned(place: Path) -> list[str]:
    return sorted(path.name for path in place.glob("pwned*"))


@pytest.mark.parametrize("major", sorted(VERSIONS))
def test_no_attack_succeeds_in_any_kind_of_ddl(major: int, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = tuple(KINDS) if major == max(VERSIONS) else FEW
    with start_twin(snapshot(place, ATTACKS, kinds, major)) as twin:
        plan_all(twin, ATTACKS)
        tried, hit, files = counts(twin, "tried"), counts(twin, "hit"), pwned(place)
        assert as_superuser(twin, "copy_program", "copy_file", "read_file", "lo_export", "grant")
        assert "pwned_control" in pwned(place)
    with capsys.disabled():
        print(f"\nPostgreSQL {major}: {sum(tried.values())} attempts of {len(ATTACKS)} attacks in {len(kinds)} kinds of"
              f" DDL, {sum(hit.values())} successes, {len(files)} files")  # fmt: skip
    assert tried.keys() == ATTACKS.keys() and min(tried.values()) > 0, tried
    assert not any(hit.values()), {name: number for name, number in hit.items() if number}
    assert files == []


def as_superuser(twin: Twin, *attacks: str) -> bool:
    """Return whether these attacks succeed for a superuser: what is counted can be counted.

    Each is tried a few times: an attack swallows its errors, those of a busy server (a lock, a time limit) too.
    """
    missing = set(attacks)
    with connect(twin.superuser, autocommit=True, options="-c search_path=pg_catalog") as connection:
        for _ in range(5):
            for attack in sorted(missing):
                name = sql.Identifier("public", f"evil_{attack}")
                connection.execute(sql.SQL("SELECT {}('control')").format(name))
            found = counts(twin, "hit")
            missing = {attack for attack in missing if not found[attack]}
    return not missing


def test_what_does_not_end_is_ended_and_named(place: Path) -> None:
    with start_twin(snapshot(place, LOOPS, ("index_predicate", "view", "matview", "domain_check"))) as twin:
        slow = [note for note in twin.notes if "it took too long" in note or "memory" in note]
        assert len(slow) == len(LOOPS), twin.notes
        answers = twin.what_if.plan([Ask(BoundStatement(text, None, "logged")) for text in (
            "SELECT * FROM public.k1_view WHERE id = 1", "SELECT * FROM public.base WHERE id = 1")])  # fmt: skip
        assert [type(answer).__name__ for answer in answers] == ["Refused", "PlanNode"], answers


def run(*arguments: str, cwd: Path) -> tuple[int, str, float]:
    begin = time.monotonic()
    environment = {**os.environ, "SECRET_TOKEN": SECRET, "PGPASSWORD": SECRET}
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment, cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout + done.stderr, time.monotonic() - begin


def test_every_command_ends_on_a_hostile_snapshot(place: Path) -> None:
    few = {name: ATTACKS[name] for name in ("copy_program", "environment", "lo_export")}
    kinds = tuple(kind for kind in FEW if kind not in ("operator_class",))
    save_snapshot(snapshot(place, few, kinds), place / "snapshot")
    (place / "schema.sql").write_text(dump(place, few, kinds))
    log = [f"2024-01-01 00:00:{n:02}.000 UTC [{n + 7}] LOG:  duration: 900.0 ms  statement: {text}"
           for n, text in enumerate(queries(few))]  # fmt: skip
    (place / "server.log").write_text("\n".join(log) + "\n")
    alembic(place)
    files = ["--snapshot", "snapshot"]
    for arguments, expected in (
        (["twin", "--schema", "schema.sql", "-c", "select 1"], {0}),
        (["advise", "server.log", *files, "--fail-level", "never"], {0}),
        (["check", "server.log", *files, "--baseline", "plans.json", "--update-baseline"], {0}),
        (["check", *files, "--baseline", "plans.json", "--alembic", "alembic.ini"], {0, 1}),
        (["verify", *files, "--alembic", "alembic.ini"], {0, 1}),
    ):
        status, printed, seconds = run(*arguments, cwd=place)
        print(f"{arguments[0]}: exit {status} in {seconds:.0f} s")
        assert status in expected, printed
        assert "Traceback" not in printed and SECRET not in printed
    assert pwned(place) == []


def alembic(folder: Path) -> None:
    """Write a history of one revision, which only adds an index."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (folder / "migrations" / "env.py").write_text("raise SystemExit('never run')\n")
    (folder / "migrations" / "script.py.mako").write_text("")
    (versions / "a_index.py").write_text(
        "from alembic import op\nrevision = 'a'\ndown_revision = None\n\n\n"
        "def upgrade():\n    op.create_index('ix_base_a', 'base', ['a'])\n\n\n"
        "def downgrade():\n    op.drop_index('ix_base_a')\n"
    )
