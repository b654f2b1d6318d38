"""Finds the output formats by file name and renders a report in one of them."""

from __future__ import annotations

import importlib
import pkgutil

import advisor.output.formats
from advisor.errors import UsageError
from advisor.output.report import Report
from advisor.visible import visible, without_controls


def formats() -> tuple[str, ...]:
    """Return the names of all output formats, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(advisor.output.formats.__path__)))


def render(report: Report, name: str) -> str:
    """Return the report in the format `name`; raises `UsageError` for a format we do not have."""
    if name not in formats():
        raise UsageError(f"unknown format {name!r}", do=f"use one of: {', '.join(formats())}")
    rendered = importlib.import_module(f"advisor.output.formats.{name}").render(report)
    assert isinstance(rendered, str)
    return visible(rendered) if name == "text" else without_controls(rendered)
