"""Finds the output formats, ours by file name and those of other packages, and renders a report in one of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

import advisor.output.formats
from advisor.errors import UsageError
from advisor.output.report import Report
from advisor.plugins import plugin, plugin_names
from advisor.visible import visible, without_controls


def formats() -> tuple[str, ...]:
    """Return the names of all output formats, sorted: ours, and entry points in the group `pgadvisor.formats`."""
    return tuple(sorted({*_ours(), *plugin_names("pgadvisor.formats")}))


def render(report: Report, name: str) -> str:
    """Return the report in the format `name`; raises `UsageError` for a format we do not have."""
    if name not in formats():
        raise UsageError(f"unknown format {name!r}", do=f"use one of: {', '.join(formats())}")
    rendered = _renderer(name)(report)
    assert isinstance(rendered, str)
    return visible(rendered) if name == "text" else without_controls(rendered)


def _ours() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(advisor.output.formats.__path__)]


def _renderer(name: str) -> Callable[[Report], object]:
    """Return the function `render(report) -> str` of a format; one of ours goes before another package's."""
    if name in _ours():
        function: Callable[[Report], object] = importlib.import_module(f"advisor.output.formats.{name}").render
        return function
    function = plugin("pgadvisor.formats", name)
    if not callable(function):
        raise UsageError(f"the format {name!r} of another package is no function", do="name `render(report) -> str`")
    return function
