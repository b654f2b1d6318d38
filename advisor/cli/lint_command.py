"""`advisor lint`: the ENV rules on Alembic env.py files, without a server and without running them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from advisor.errors import UsageError

FAILING = {"error": ("error",), "warning": ("error", "warning"), "info": ("error", "warning", "info")}


@click.command(short_help="Check Alembic environments, without a server.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--fail-level", type=click.Choice(list(FAILING)), default="error", show_default=True,
              help="Exit 1 when a finding is of this level or above.")  # fmt: skip
def command(files: tuple[Path, ...], fail_level: str) -> None:
    """Read env.py FILES (or the alembic.ini that names one) for what would break a concurrent index build.

    Prints `file:line: CODE name: what`, as editors and pre-commit understand it; exit 1 when something is found at the
    fail level.

    \b
    advisor lint migrations/env.py
    """
    from advisor.rules.env.read_environment import check_source
    from advisor.visible import on_one_line

    failed = False
    for path in _environments(files):
        try:
            found = check_source(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError) as error:
            raise UsageError("not readable as Python", where=str(path), do=f"mend it: {error}") from error
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from error
        for one in found:
            failed = failed or one.level in FAILING[fail_level]
            told = f"{path}:{one.line}: {one.code} {one.name}: {one.what} (fix: {' or '.join(one.cures)})"
            click.echo(on_one_line(told))
    raise SystemExit(int(failed))


def _environments(files: tuple[Path, ...]) -> Iterator[Path]:
    """Yield each env.py once; an .ini or .toml stands for the one that it names."""
    from advisor.revisions.project.judge_environment import environment_of

    named = (environment_of(path) if path.suffix in (".ini", ".toml") else path for path in files)
    yield from dict.fromkeys(named)
