"""What is tried: the modules that decide what is handed out, and the tests nearest to each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Target:
    """A module or package of `advisor`, and its tests, the quickest first: the first that fails ends a try."""

    name: str
    tests: tuple[str, ...]
    sample: int | None = None
    """Mutants drawn at random where there are too many to try all; `None` for all."""

    @property
    def modules(self) -> list[Path]:
        """The source files: the module, or the modules that lie directly in the package."""
        path = ROOT / "advisor" / self.name
        return sorted(path.glob("[a-z]*.py")) if path.is_dir() else [path.with_suffix(".py")]


TARGETS = (
    Target("revisions/body", ("tests/revisions/test_body.py",)),
    Target("workload/exports/deltas", ("tests/exports/test_differences.py",)),
    Target("indexes/replacing/implication", ("tests/indexes/test_redundancy.py",)),
    Target("indexes/replacing/redundancy", ("tests/indexes/test_redundancy.py", "tests/indexes/test_superfluous.py")),
    Target("indexes/choice/drops", ("tests/indexes/test_drops.py", "tests/indexes/test_superfluous.py")),
    Target("gate/check_plans", ("tests/gate/test_check.py",)),
    Target(
        "rules/sql",
        ("tests/rules/test_sql_statements.py", "tests/rules/test_cases.py", "tests/rules/test_function_on_column.py"),
    ),
    Target("rewrites", ("tests/rewrites/test_forms.py",), sample=200),
    Target("analysis/condition", ("tests/indexes/test_redundancy.py",)),
    Target("revisions/timeouts", ("tests/revisions/test_timeouts.py",)),
)


def named(name: str) -> Target | None:
    """Return the target of this name, or one module of a package that is a target (`rewrites/keyset`)."""
    for target in TARGETS:
        if target.name == name:
            return target
    package = next((target for target in TARGETS if target.name == name.rpartition("/")[0]), None)
    known = package is not None and (ROOT / "advisor" / name).with_suffix(".py").exists()
    return replace(package, name=name, sample=None) if package and known else None
