"""What `advisor check --format json` prints, as a type: where its schema comes from."""

from __future__ import annotations

import msgspec

from advisor.gate.verdict import FailLevel, Verdict


class CheckFile(msgspec.Struct):
    """The whole document."""

    schema_version: str
    failed: bool
    fail_level: FailLevel
    exit_status: int
    checked: int
    new: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    not_analysed: dict[str, str]
    notes: tuple[str, ...]
    unapplied: tuple[str, ...]
