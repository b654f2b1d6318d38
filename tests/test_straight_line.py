"""Data moves one way: a package imports only from packages above it in the design's list, a wing from wings above it."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.house import imports, sources

ROOT = Path(__file__).parent.parent
LINE = [
    "capture",
    "workload",
    "catalog",
    "analysis",
    "twin",
    "indexes",
    "rewrites",
    "rules",
    "revisions",
    "verify",
    "gate",
    "output",
    "suite",
    "pipeline",
    "api",
    "cli",
]
SHARED = ["config", "errors", "own_file", "plugins", "progress", "stdout", "visible", "whole_file"]
WINGS = {
    "capture": ["files", "lines", "records", "assembly", "envelopes", "exports"],
    "workload": ["counting", "filtering", "merging", "exports", "loops", "observing", "engines"],
    "catalog": ["live", "redaction", "snapshots"],
    "analysis": ["binding", "shaping"],
    "twin": ["servers", "providers", "restoring", "contents", "binding", "costing"],
    "indexes": ["replacing", "candidates", "passes", "sizes", "costing", "choice"],
    "rewrites": ["proof"],
    "rules": ["loops", "sta", "bat", "cac", "con", "env", "idx", "npo", "pre", "sql"],
    "revisions": ["project", "deploy"],
    "verify": ["running", "rows", "measuring"],
    "gate": ["planned", "migrations", "mig", "properties", "wastes"],
    "output": ["terminal", "plans", "notices", "checks", "page", "formats", "compared"],
    "suite": ["sources"],
    "cli": ["options", "project", "demonstration", "reference", "assistant"],
}
"""The folders of each package, in the order in which they may import: each from those before it."""
FAMILIES = ["bat", "cac", "con", "env", "idx", "npo", "pre", "sql", "sta"]


def imported(path: Path) -> set[str]:
    """Return the advisor packages a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("advisor."):
            names.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            names.update(alias.name.split(".")[1] for alias in node.names if alias.name.startswith("advisor."))
    return names


@pytest.mark.parametrize("package", LINE)
def test_a_package_imports_only_what_stands_above_it(package: str) -> None:
    allowed = {*LINE[: LINE.index(package) + 1], *SHARED}
    for path in (ROOT / "advisor" / package).rglob("*.py"):
        assert imported(path) <= allowed, f"{path.relative_to(ROOT)} reaches back: {imported(path) - allowed}"


def arrows(package: str) -> dict[tuple[str, str], str]:
    """Return the imports between the folders of a package and the modules beside them, each with an example."""
    known = sources()
    inside = f"advisor.{package}."
    found: dict[tuple[str, str], str] = {}
    for name, path in known.items():
        for other in imports(path, known) if name.startswith(inside) else ():
            ends = name.removeprefix(inside).split(".")[0], other.removeprefix(inside).split(".")[0]
            if other.startswith(inside) and ends[0] != ends[1]:
                found[ends] = f"{name} imports {other}"
    return found


@pytest.mark.parametrize("package", LINE)
def test_every_folder_of_a_package_has_its_place_in_the_order(package: str) -> None:
    folders = {path.parent.name for path in (ROOT / "advisor" / package).glob("*/__init__.py")}
    assert folders == set(WINGS.get(package, ()))


@pytest.mark.parametrize("package", sorted(WINGS))
def test_a_wing_imports_only_from_wings_above_it(package: str) -> None:
    order = WINGS[package]
    back = [why for (one, other), why in arrows(package).items()
            if one in order and other in order and order.index(other) > order.index(one)]  # fmt: skip
    assert back == []


@pytest.mark.parametrize("package", LINE)
def test_no_circle_leads_out_of_a_wing_and_back(package: str) -> None:
    known = arrows(package)
    below: dict[str, set[str]] = defaultdict(set)
    for one, other in known:
        below[one].add(other)
    for start in sorted(below):
        reached, todo = set(), [*below[start]]
        while todo:
            one = todo.pop()
            if one not in reached:
                reached.add(one)
                todo += below[one]
        assert start not in reached, [why for (one, _), why in known.items() if one in reached & {start, *reached}]


def test_no_family_of_rules_imports_from_another() -> None:
    assert [why for (one, other), why in arrows("rules").items() if {one, other} <= set(FAMILIES)] == []
