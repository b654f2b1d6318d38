"""Between `snapshot.json` (what `sql/export/database.sql` prints) and the fields of `Snapshot`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict

from advisor.catalog.live.export_queries import Record
from advisor.catalog.naming import first_few
from advisor.catalog.roles import owners_from_record, record_of_owners, role_from_record, tablespace_from_record
from advisor.catalog.snapshot_model import Extension, Override, Snapshot
from advisor.catalog.snapshots.standbys import uncounted_note
from advisor.catalog.statistics import Statistics
from advisor.errors import SnapshotError

FORMAT = 1
"""Version of the folder's layout; raised when an older reader would misread a newer folder."""

_PLAIN = ("server_version", "database", "encoding", "collation", "ctype", "locale_provider", "locale", "captured")
MOST_ENDS = 5000
"""The limit that `sql/export/ends.sql` sets."""
_EXTENDED = re.compile(r"^CREATE STATISTICS ", re.MULTILINE)
_FEW_PAGES = 1
"""Tables up to this size plan alike with and without statistics (`alembic_version` is one)."""
_LACKING_PRIVILEGE = "<insufficient privilege>"


def snapshot_from_facts(
    facts: Record, schema_sql: str, statistics: Statistics, settings: Mapping[str, str], statements: str | None
) -> Snapshot:
    """Return the snapshot; raises `SnapshotError` when the format version is not one we know."""
    if facts.get("format") != FORMAT:
        raise SnapshotError(
            f"the snapshot has format {facts.get('format')!r}, this version reads {FORMAT}",
            do="take the snapshot again with this version, or upgrade pgadvisor",
        )
    try:
        plain = {name: facts[name] for name in _PLAIN}
        return Snapshot(
            schema_sql=schema_sql,
            statistics=statistics,
            settings=dict(sorted(settings.items())),
            extensions=tuple(Extension(**extension) for extension in facts["extensions"] or ()),
            search_path=tuple(facts["search_path"]),
            overrides=tuple(Override(**override) for override in facts["overrides"]),
            roles=tuple(sorted(map(role_from_record, facts.get("roles") or ()))),
            owner=facts.get("owner"),
            owners=owners_from_record(facts.get("owners") or {}),
            tablespaces=tuple(map(tablespace_from_record, facts.get("tablespaces") or ())),
            configuration=facts["configuration"],
            alembic_version=tuple(sorted(facts["alembic_version"])),
            statements=statements,
            redacted=bool(facts.get("redacted", False)),
            notes=tuple(facts["notes"] if "notes" in facts else _notes(facts, schema_sql, statistics, statements)),
            **plain,
        )
    except (KeyError, TypeError) as error:
        raise SnapshotError(f"snapshot.json lacks {error}", do="take the snapshot again") from error


def facts_of(snapshot: Snapshot) -> Record:
    """Return the record that `snapshot_from_facts` turns back into the same snapshot."""
    return {
        "format": FORMAT,
        **{name: getattr(snapshot, name) for name in _PLAIN},
        "search_path": list(snapshot.search_path),
        "extensions": [asdict(extension) for extension in snapshot.extensions],
        "overrides": [asdict(override) for override in snapshot.overrides],
        "roles": [asdict(role) for role in snapshot.roles],
        "owner": snapshot.owner,
        "owners": record_of_owners(snapshot.owners),
        "tablespaces": [asdict(tablespace) for tablespace in snapshot.tablespaces],
        "configuration": dict(snapshot.configuration),
        "alembic_version": list(snapshot.alembic_version),
        "redacted": snapshot.redacted,
        "notes": list(snapshot.notes),
    }


def extended_statistics_note(schema_sql: str, statistics: Statistics) -> list[str]:
    """Return the note that counts the `CREATE STATISTICS` objects whose data is not there."""
    carried = {(schema, name) for schema, name, _ in statistics.extended}
    if (count := len(_EXTENDED.findall(schema_sql)) - len(carried)) > 0:
        return [f"the data of {count} extended statistics (CREATE STATISTICS) is not carried (never analysed, or not"
                " readable): their columns are planned as if they were independent"]  # fmt: skip
    return []


def _notes(facts: Record, schema_sql: str, statistics: Statistics, statements: str | None) -> list[str]:
    """Return what a reader should know: whatever could not be read, and what was computed instead."""
    notes = extended_statistics_note(schema_sql, statistics)
    notes += _hidden_columns(facts)
    if count := facts.get("unreadable_expressions"):
        notes.append(
            f"pg_stats hides the expressions of {count} indexes from this role: it shows them to the owner, a superuser"
            " and pg_read_all_data only"
        )
    if unknown := _never_analysed(statistics):
        notes.append(
            f"never analysed, so plans on them are guesses: {first_few(unknown)};"
            " run ANALYZE and take the snapshot again"
        )
    if statistics.unread_ends:
        notes.append(
            f"the real ends of {statistics.unread_ends} indexed columns could not be looked up within a second each:"
            " estimates of ranges at the end of their histograms may be off"
        )
    if statistics.unscanned_ends:
        notes.append(
            f"the real ends of {statistics.unscanned_ends} indexed columns were not looked up, so that their indexes"
            " still show as never scanned: estimates of ranges at the end of their histograms may be off; a superuser"
            " can look without being counted"
        )
    if sum(entry.low is not None for entry in statistics.columns.values()) >= MOST_ENDS:
        notes.append(f"real ends were looked up for the {MOST_ENDS} columns of the largest tables only")
    notes += uncounted_note(statistics)
    if changed := facts.get("settings_of_role"):
        notes.append(f"set for the exporting session only, perhaps not for the application: {', '.join(changed)}")
    if (block_size := facts.get("configuration", {}).get("block_size", "8192")) != "8192":
        notes.append(f"the server's pages have {block_size} bytes, the twin's 8192: sizes and costs differ")
    if statements is None:
        reason = facts.get("statements_refused") or "the export holds no statements.csv"
        notes.append(f"no statements exported: {reason}")
    elif hidden := statements.count(_LACKING_PRIVILEGE):
        notes.append(f"the text of {hidden} statements of other roles is hidden: grant pg_read_all_stats to this role")
    return notes


def _hidden_columns(facts: Record) -> list[str]:
    """Return the notes on tables whose statistics the exporting role may not see, with the right that shows them."""
    notes, unreadable, behind = [], facts.get("unreadable_tables"), facts.get("tables_behind_policies")
    guess = "their plans rest on the planner's defaults"
    if unreadable:
        count, named = _counted(unreadable)
        notes.append(
            f"pg_stats hides the columns of {count} tables from this role, which may not read them{named}: {guess};"
            " a role with pg_read_all_data (14+) or SELECT sees those without row security"
        )
    if behind:
        count, named = _counted(behind)
        notes.append(
            f"pg_stats hides the columns of {count} tables with row security from this role{named}: {guess};"
            " only their owner, a superuser or a role with BYPASSRLS sees them, pg_read_all_data is not enough"
        )
    return notes


def _counted(tables: int | list[str]) -> tuple[int, str]:
    """Return how many, and their names where they were written down (older exports only count)."""
    return (tables, "") if isinstance(tables, int) else (len(tables), f" ({first_few(tables)})")


def _never_analysed(statistics: Statistics) -> list[str]:
    """Return the tables with data but without statistics, largest first."""
    unknown = [
        (-relation.pages, f"{schema}.{name}")
        for (schema, name), relation in statistics.relations.items()
        if relation.rows < 0 and relation.pages > _FEW_PAGES and relation.table is None
    ]
    return [name for _, name in sorted(unknown)]
