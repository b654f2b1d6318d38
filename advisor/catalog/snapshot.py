"""Snapshots: taken from a live server, kept in a folder, or put together from a dump."""

from __future__ import annotations

from advisor.catalog.redaction.redact_snapshot import redacted
from advisor.catalog.snapshot_model import Extension, Override, Snapshot
from advisor.catalog.snapshots.dump_files import snapshot_from_files
from advisor.catalog.snapshots.folder import load_snapshot, save_snapshot
from advisor.catalog.snapshots.measured import completed, measured
from advisor.catalog.snapshots.standbys import read_standby, with_standbys
from advisor.catalog.snapshots.take import take_snapshot

__all__ = [
    "Extension",
    "Override",
    "Snapshot",
    "completed",
    "load_snapshot",
    "measured",
    "read_standby",
    "redacted",
    "save_snapshot",
    "snapshot_from_files",
    "take_snapshot",
    "with_standbys",
]
