"""Mutation testing: small faults put into a module one at a time; how many do the nearest tests notice?

    python -m benchmarks.mutants                          # all targets
    python -m benchmarks.mutants indexes/implication      # one

Each mutant is a copy of the package with one change: a comparison turned, `and` for `or`, a `not` dropped, a condition
negated, a constant or an operator changed, a statement left out. Prints the share that the tests killed and the survivors,
each with its line.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGETS = {
    "indexes/implication": ["tests/indexes/test_redundancy.py"],
    "indexes/redundancy": ["tests/indexes/test_redundancy.py", "tests/indexes/test_superfluous.py"],
    "indexes/drops": ["tests/indexes/test_superfluous.py", "tests/indexes/test_advise.py"],
    "analysis/condition": ["tests/indexes/test_redundancy.py"],
    "gate/check": ["tests/gate", "tests/cli/test_check.py"],
    "workload/deltas": ["tests/exports/test_deltas.py"],
    "revisions/body": ["tests/revisions"],
    "revisions/timeouts": ["tests/revisions/test_timeouts.py"],
}
"""Module and the tests nearest to it."""
TIMEOUT_S = 300
TURNED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
SWAPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitOr: ast.BitAnd,
           ast.BitAnd: ast.BitOr}  # fmt: skip


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, what was changed, and the source of each mutant; annotations and docstrings are left alone."""
    count = len(list(_places(ast.parse(source))))
    for number in range(count):
        tree = ast.parse(source)
        node, change, what = list(_places(tree))[number]
        before = ast.unparse(node)
        change()
        yield node.lineno, f"{what}: {before.splitlines()[0][:70]}", ast.unparse(ast.fix_missing_locations(tree))


def _places(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, object, str]]:
    """Yield each node that can be changed, the change, and its name."""
    notes = [getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")]
    left_alone = {id(part) for note in notes if note is not None for part in ast.walk(note)}
    for node in ast.walk(tree):
        if id(node) in left_alone:
            continue
        if isinstance(node, ast.Compare):
            for place, operator in enumerate(node.ops):
                if type(operator) in TURNED:
                    turned = TURNED[type(operator)]()
                    yield node, lambda n=node, p=place, t=turned: n.ops.__setitem__(p, t), "comparison turned"
        elif isinstance(node, ast.BoolOp):
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield node, lambda n=node, o=other: setattr(n, "op", o), "and/or exchanged"
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            negated = ast.UnaryOp(ast.Not(), node.test)
            yield node, lambda n=node, t=negated: setattr(n, "test", t), "condition negated"
        elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED:
            swapped = SWAPPED[type(node.op)]()
            yield node, lambda n=node, s=swapped: setattr(n, "op", s), "operator changed"
        elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
            yield node, lambda n=node: setattr(n, "value", ast.Constant(None)), "returns None"
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield node, lambda n=node: setattr(n, "value", not n.value), "truth exchanged"
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node, lambda n=node: setattr(n, "value", ast.Constant(None)), "call left out"
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("any", "all"):
            other_name = "all" if node.func.id == "any" else "any"  # type: ignore[attr-defined]
            yield node, lambda n=node, o=other_name: setattr(n.func, "id", o), "any/all exchanged"


def killed(package: Path, tests: list[str]) -> bool:
    """Return whether the tests fail, or do not end, with the package that lies there."""
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=package, env=environment, capture_output=True, timeout=TIMEOUT_S, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> None:
    """Try every mutant of the targets named, all of them when none is."""
    wanted = sys.argv[1:] or list(TARGETS)
    with tempfile.TemporaryDirectory() as made:
        package = Path(made)
        for name in ("advisor", "tests", "sql", "migrations", "docs", "benchmarks", "pyproject.toml"):
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, package / name)
        for target in wanted:
            _try(target, package)


def _try(target: str, package: Path) -> None:
    path = package / "advisor" / f"{target}.py"
    source = path.read_text()
    assert not killed(package, TARGETS[target]), f"the tests of {target} fail without a fault"
    survivors, tried = [], 0
    for line, what, text in mutants(source):
        path.write_text(text)
        tried += 1
        if not killed(package, TARGETS[target]):
            survivors.append(f"  survives: {target}.py:{line}: {what}")
    path.write_text(source)
    share = 100 * (tried - len(survivors)) / max(tried, 1)
    print(
        f"{target}: {tried} mutants, {tried - len(survivors)} killed ({share:.0f} %)", *survivors, sep="\n", flush=True
    )


if __name__ == "__main__":
    main()
