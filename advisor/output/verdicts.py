"""Finds the formats of the gate's result by file name and renders one."""

from __future__ import annotations

import importlib

import advisor.output.checks
from advisor.gate.verdict import CheckResult
from advisor.output.notice import Places
from advisor.output.render import modules, notice_formats, render_told
from advisor.output.told_check import told_check
from advisor.visible import visible, without_controls


def verdict_formats() -> tuple[str, ...]:
    """Return the names of the formats of a check, sorted."""
    return tuple(sorted({*(name.removeprefix("check_") for name in modules(advisor.output.checks)), *notice_formats()}))


def render_check(result: CheckResult, name: str, places: Places | None = None) -> str:
    """Return the result in the format `name`, which must be one of `verdict_formats()`."""
    if name in notice_formats():
        return render_told(told_check(result, places or Places()), name)
    rendered = importlib.import_module(f"advisor.output.checks.check_{name}").render(result)
    assert isinstance(rendered, str)
    return visible(rendered) if name == "text" else without_controls(rendered)
