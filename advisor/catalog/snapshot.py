"""Snapshots: taken from a live server, kept in a folder, or put together from a dump."""

from __future__ import annotations

from advisor.catalog.dump_files import snapshot_from_files
from advisor.catalog.folder import load_snapshot, save_snapshot
from advisor.catalog.measured import completed, measured
from advisor.catalog.redact import redacted
from advisor.catalog.snapshot_model import Extension, Override, Snapshot
from advisor.catalog.standbys import read_standby, with_standbys
from advisor.catalog.take import take_snapshot

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
