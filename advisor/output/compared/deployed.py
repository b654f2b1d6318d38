"""Verdicts after the deploy, for a person and for a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.output.number_units import milliseconds
from advisor.verify.after_deploy import Deployed
from advisor.visible import visible


def deployed_text(deployed: Sequence[Deployed]) -> str:
    """Return a block for each proposal: its verdict, what it saved, and how to undo it where that is advised."""
    blocks = ["After the deploy"]
    for one in deployed:
        head = f"{one.verdict:<17}  {one.action} {one.name} on {one.table}"
        lines = [head + (f" (revision {one.revision})" if one.revision else ""), f"  {one.why}"]
        if one.promised_ms or one.saved_ms:
            saved = f"{milliseconds(one.saved_ms)} ± {milliseconds(one.noise_ms)}"
            lines.append(f"  saved {saved}, promised {milliseconds(one.promised_ms)}, for what was captured after it")
        lines += [f"  scans since its counters began: {one.scans}"] if one.scans is not None else []
        lines += [f"  revert: {one.revert}"] if one.revert else []
        blocks.append("\n".join(lines))
    return visible("\n\n".join(blocks) + "\n")


def deployed_objects(deployed: Sequence[Deployed]) -> list[dict[str, Any]]:
    """Return the same for JSON."""
    return [
        {
            "index": one.name,
            "table": one.table,
            "action": one.action,
            "revision": one.revision,
            "verdict": one.verdict,
            "why": one.why,
            "promised_ms": one.promised_ms,
            "saved_ms": one.saved_ms,
            "noise_ms": one.noise_ms,
            "scans": one.scans,
            "revert": one.revert,
        }
        for one in deployed
    ]
