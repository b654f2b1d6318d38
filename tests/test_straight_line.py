"""Data moves one way: a package imports only from packages above it in the design's list."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINE = ["capture", "workload", "catalog", "analysis", "twin", "indexes",
        "rewrites", "rules", "revisions", "verify", "gate", "output", "suite", "cli", "api"]  # fmt: skip
SHARED = {"errors", "config", "progress", "visible", "whole_file", "own_file", "plugins", "stdout"}


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
