"""How the house stands: `python -m benchmarks.house` prints what a newcomer meets, from the sources alone.

Files per folder, levels of imports within a folder, base names that occur twice, functions that are hard to follow, long
modules with the reason for their length, and public names without a docstring. `tests/test_house.py` holds the bars.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).parent.parent
FILES, COMPLEXITY, LINES = 20, 15, 300
"""Files in one folder, branches of one function and lines of one module, at most."""
REASONS = {
    "advisor/capture/assembly/statements.py": "one state machine: the extended protocol's messages",
    "advisor/capture/lines/infer.py": "one inference: its tables of labels and known prefixes",
    "advisor/capture/lines/prefix.py": "one translation: the exact and the quick pattern of a prefix, side by side",
    "advisor/cli/verify_command.py": "one concept: `advisor verify`",
    "advisor/cli/check_command.py": "one concept: `advisor check`",
    "advisor/gate/pages.py": "pages only: no code",
    "advisor/rewrites/keyset.py": "one rewriting; its cases share the order they build",
    "advisor/rewrites/proof/claims.py": "one check per claim, read side by side",
    "advisor/twin/costing/planner.py": "one connection: preparing, planning and its settings",
    "advisor/verify/running/child.py": "one file by design: it is copied into the process in which revisions run",
    "advisor/workload/engines/sessions.py": "joins the units of work that a cut went through",
    "advisor/workload/loops/bursts.py": "one block's bursts, as columns; the drawing is part of it",
    "advisor/workload/loops/loops.py": "one search: every kind of loop is told from the same steps",
}
"""Why a module is long, by its path."""


def sources() -> dict[str, Path]:
    """Return the modules of `advisor` by dotted name, sorted."""
    return {_dotted(path): path for path in sorted((ROOT / "advisor").rglob("*.py"))}


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Return the modules among `known` that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{one.name}" for one in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
    return names & known.keys() - {_dotted(path)}


def files() -> dict[str, int]:
    """Return the modules directly in each folder, without `__init__`, most first."""
    folders = Counter(str(path.parent.relative_to(ROOT)) for path in sources().values() if path.name != "__init__.py")
    return dict(folders.most_common())


def levels() -> dict[str, int]:
    """Return the longest chain of imports among the modules directly in each folder."""
    known = sources()
    graph = {name: imports(path, known) for name, path in known.items() if path.name != "__init__.py"}
    memo: dict[str, int] = {}

    def level(name: str) -> int:
        if name not in memo:
            memo[name] = 0
            folder = name.rpartition(".")[0]
            inside = [other for other in graph[name] if other in graph and other.rpartition(".")[0] == folder]
            memo[name] = 1 + max(map(level, inside), default=0)
        return memo[name]

    deepest: Counter[str] = Counter()
    for name in graph:
        folder = name.rpartition(".")[0].replace(".", "/")
        deepest[folder] = max(deepest[folder], level(name))
    return dict(deepest)


def duplicates() -> dict[str, list[str]]:
    """Return the base names that several modules have, with those modules; `__init__` and `__main__` aside."""
    by_name: dict[str, list[str]] = {}
    for name, path in sources().items():
        if not path.stem.startswith("__"):
            by_name.setdefault(path.stem, []).append(name)
    return {base: names for base, names in sorted(by_name.items()) if len(names) > 1}


def complicated() -> list[str]:
    """Return the functions with more branches than `COMPLEXITY`, as ruff counts them."""
    rule = ["--isolated", "--select", "C901", "--config", f"lint.mccabe.max-complexity={COMPLEXITY}"]
    command = [sys.executable, "-m", "ruff", "check", "advisor", *rule, "--output-format", "json"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    return [f"{Path(one['filename']).relative_to(ROOT)}: {one['message']}" for one in json.loads(printed)]


def long_modules() -> dict[str, int]:
    """Return the modules of more than `LINES` lines, with their lines."""
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources().values()}
    return {name: count for name, count in sorted(lines.items()) if count > LINES}


def undocumented() -> list[str]:
    """Return the modules and public names without a docstring."""
    return [name for path in sources().values() for name in _undocumented(path)]


def _undocumented(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    where = str(path.relative_to(ROOT))
    if not ast.get_docstring(tree):
        yield where
    inside = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))]
    for scope in inside:
        for node in scope.body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                yield f"{where}: {node.name}"


def main() -> None:
    """Print the table."""
    depth = levels()
    rows = [(folder, count, depth[folder], "over" if count > FILES else "") for folder, count in files().items()]
    print(tabulate(rows, headers=["folder", "files", "levels", f"bar {FILES}"]))
    twice = duplicates()
    print(
        f"\nbase names that occur twice: {len(twice)}", *(f"  {', '.join(names)}" for names in twice.values()), sep="\n"
    )
    hard = complicated()
    print(f"\nfunctions above complexity {COMPLEXITY}: {len(hard)}", *(f"  {one}" for one in hard), sep="\n")
    long = long_modules()
    told = [f"  {name}: {count} lines, {REASONS.get(name, 'no reason given')}" for name, count in long.items()]
    print(f"\nmodules above {LINES} lines: {len(long)}", *told, sep="\n")
    bare = undocumented()
    print(f"\npublic names without a docstring: {len(bare)}", *(f"  {one}" for one in bare), sep="\n")


if __name__ == "__main__":
    main()
