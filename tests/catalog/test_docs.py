"""The page on snapshots names every file, every kind of record and every rule of redaction that the code has."""

from __future__ import annotations

import re
from pathlib import Path

from advisor.catalog.live import records
from advisor.catalog.live.export_queries import export_folder
from advisor.catalog.snapshots import folder
from advisor.catalog.snapshots.snapshot_facts import MOST_ENDS

PAGE = (Path(__file__).parents[2] / "docs" / "snapshot.md").read_text()


def test_every_file_of_a_snapshot_is_described() -> None:
    for name in (folder.SCHEMA, folder.STATISTICS, folder.SETTINGS, folder.FACTS, folder.STATEMENTS):
        assert f"| `{name}` |" in PAGE


def test_every_kind_of_record_is_described() -> None:
    read = {name.removeprefix("_take_") for name in vars(records._Builder) if name.startswith("_take_")}
    written = set(re.findall(r"'kind'+, '+(\w+)", "".join(file.read_text() for file in export_folder().glob("*.sql"))))
    assert written <= read
    assert {kind for kind in read if f"| `{kind}` |" not in PAGE} == set()


def test_the_readme_of_the_export_names_every_query() -> None:
    readme = (export_folder() / "README.md").read_text()
    for file in export_folder().glob("*.sql"):
        assert f"`{file.stem}`" in readme or file.name in readme, file.name


def test_the_limit_of_looked_up_columns_is_the_one_the_notes_speak_of() -> None:
    assert f"LIMIT {MOST_ENDS}\n" in (export_folder() / "ends.sql").read_text() and str(MOST_ENDS) in PAGE
