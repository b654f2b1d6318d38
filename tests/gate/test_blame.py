"""A failure names the pending revision behind it, its file and line, and shows what changed in the plan."""

from __future__ import annotations

import json
from pathlib import Path

from tests.gate.test_pending_revisions import checkout, pending, run

__all__ = ["checkout"]


def test_the_guilty_revision_among_idle_ones_is_named_with_file_and_line(checkout: Path) -> None:
    pending(
        checkout,
        'op.execute("CREATE TABLE idle (id int PRIMARY KEY)")',
        'op.execute("COMMENT ON TABLE orders IS NULL")\n    op.execute("ALTER TABLE orders DROP CONSTRAINT orders_pkey")',
        'op.execute("ALTER TABLE idle ADD COLUMN total int")',
    )
    done = run(checkout, "--alembic", checkout / "alembic.ini")
    assert done.exit_code == 1 and "applied 3 pending revisions" in done.stderr
    assert f"  by     revision 0002, {checkout / 'migrations' / 'versions' / '0002.py'}:7" in done.stdout, done.stdout
    assert "  - Index Scan orders using orders_pkey\n  + Seq Scan orders\n" in done.stdout
    told = json.loads(run(checkout, "--alembic", checkout / "alembic.ini", "--format", "json").stdout)
    assert {(one["revision"], one["line"]) for one in told["verdicts"]} == {("0002", 7)}
    github = run(checkout, "--alembic", checkout / "alembic.ini", "--format", "github").stdout
    assert github.startswith("::error file=") and "0002.py,line=7,title=PLN001 index-lost::" in github


def test_what_a_revision_sets_for_the_database_counts_and_is_to_blame(checkout: Path) -> None:
    settings = ("enable_indexscan = off", "enable_bitmapscan = off", "enable_indexonlyscan = off")
    text = " ".join(f"EXECUTE format('ALTER DATABASE %I SET {one}', current_database());" for one in settings)
    hostile = "EXECUTE format('ALTER DATABASE %I SET statement_timeout = 1', current_database());"
    pending(checkout, "pass", f'op.execute("DO $x$ BEGIN {text} {hostile} END $x$")')
    done = run(checkout, "--alembic", checkout / "alembic.ini")
    assert done.exit_code == 1 and "enable_indexscan was on, is off" in done.stdout, done.output
    assert "by     revision 0002" in done.stdout
