"""Finds the formats of the gate's result by file name and renders one."""

from __future__ import annotations

import importlib
import pkgutil

import advisor.output.checks
from advisor.gate.verdict import CheckResult
from advisor.visible import visible, without_controls


def verdict_formats() -> tuple[str, ...]:
    """Return the names of the formats of a check, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(advisor.output.checks.__path__)))


def render_check(result: CheckResult, name: str) -> str:
    """Return the result in the format `name`, which must be one of `verdict_formats()`."""
    rendered = importlib.import_module(f"advisor.output.checks.{name}").render(result)
    assert isinstance(rendered, str)
    return visible(rendered) if name == "text" else without_controls(rendered)
