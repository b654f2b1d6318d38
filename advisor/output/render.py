"""Finds the output formats, ours by file name and those of other packages, and renders a report in one of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType

import advisor.output.formats
import advisor.output.notices
from advisor.errors import UsageError
from advisor.output.notice import Places, Told
from advisor.output.report import Report
from advisor.output.told_report import told_report
from advisor.plugins import plugin, plugin_names
from advisor.visible import visible, without_controls


def formats() -> tuple[str, ...]:
    """Return the names of all formats of a report, sorted: ours, and entry points in the group `pgadvisor.formats`."""
    ours = {*modules(advisor.output.formats), *notice_formats()}
    return tuple(sorted({*ours, *plugin_names("pgadvisor.formats")}))


def notice_formats() -> tuple[str, ...]:
    """Return the names of the formats of notices, which a report and a check have in common, sorted."""
    return modules(advisor.output.notices)


def modules(package: ModuleType) -> tuple[str, ...]:
    """Return the names of a package's modules, sorted: those of its formats."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__)))


def render(report: Report, name: str, places: Places | None = None) -> str:
    """Return the report in the format `name`; raises `UsageError` for a format we do not have."""
    if name not in formats():
        raise UsageError(f"unknown format {name!r}", do=f"use one of: {', '.join(formats())}")
    if name in notice_formats():
        return render_told(told_report(report, places or Places()), name)
    rendered = _renderer(name)(report)
    assert isinstance(rendered, str)
    return visible(rendered) if name == "text" else without_controls(rendered)


def render_told(told: Told, name: str) -> str:
    """Return what is told in the format `name`, one of `notice_formats()`."""
    rendered = importlib.import_module(f"advisor.output.notices.{name}").render(told)
    assert isinstance(rendered, str)
    return without_controls(rendered)


def _renderer(name: str) -> Callable[[Report], object]:
    """Return the function `render(report) -> str` of a format; one of ours goes before another package's."""
    if name in modules(advisor.output.formats):
        function: Callable[[Report], object] = importlib.import_module(f"advisor.output.formats.{name}").render
        return function
    function = plugin("pgadvisor.formats", name)
    if not callable(function):
        raise UsageError(f"the format {name!r} of another package is no function", do="name `render(report) -> str`")
    return function
