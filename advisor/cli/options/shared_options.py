"""Options that several commands share, and the values they turn into."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.capture.conninfo import connection_parameters
from advisor.capture.files.source import names_database
from advisor.capture.limits import NAMES, changed, enforce
from advisor.errors import UsageError

_UNITS = {"": 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}


if TYPE_CHECKING:
    from advisor.workload.model import Workload

    ByteCount = click.ParamType[int]
else:
    ByteCount = click.ParamType  # generic since click 8.3 only


class Size(ByteCount):
    """A number of bytes, written `500MB`, `2GB` or `1048576`."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the size in bytes."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?b?)\s*", str(value).lower())
        unit = match[2] if match else ""
        unit = unit if unit.endswith("b") or not unit else unit + "b"
        if match is None:
            self.fail(f"{value!r} is not a size: write it as 500MB or 2GB", param, ctx)
        return int(float(match[1]) * _UNITS[unit])


def database_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which database the workload ran on."""
    folder = click.Path(path_type=Path)
    for decorate in reversed(
        (
            click.option("--snapshot", type=folder, help="Folder written by `advisor snapshot` or sql/export."),
            click.option("--schema", type=folder, help="Schema dump (pg_dump --schema-only), without a snapshot."),
            click.option("--statistics", type=folder, help="Statistics to go with --schema."),
            click.option("--url", envvar="DATABASE_URL", help="Live server to snapshot, read-only."),
            click.option("--twin", "provider", default="auto", help="auto, embedded, local, container or a URL."),
        )
    ):
        command = decorate(command)
    return command


def one_source(snapshot: Path | None, schema: Path | None, statistics: Path | None, url: str | None) -> None:
    """Raise `UsageError` unless exactly one source of schema and statistics is given; --url gives way to files."""
    if snapshot and schema:
        raise UsageError("--snapshot and --schema exclude each other", do="give the snapshot alone")
    if statistics and not schema:
        raise UsageError("--statistics needs --schema", do="give the schema dump with --schema")
    if not (snapshot or schema or url):
        raise UsageError(
            "no database given", do="give --snapshot DIR (made by `advisor snapshot`), --schema FILE or --url URL"
        )


def check_connections(*words: str | None) -> None:
    """Raise `UsageError` for a word that is meant as a database URL and is none, before any work."""
    for word in words:
        if word and names_database(word):
            connection_parameters(word)


def revision_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how revisions are run; the command gets them as `running`, a `RunOptions`."""

    @functools.wraps(command)
    def collected(
        *,
        pass_env: tuple[str, ...],
        x_arguments: tuple[str, ...],
        python: Path | None,
        skip: tuple[str, ...],
        revision_timeout: float,
        **given: Any,
    ) -> Any:
        from advisor.verify.running.runner import RunOptions

        running = RunOptions(python, pass_env, x_arguments, frozenset(skip), revision_timeout)
        return command(running=running, **given)

    path = click.Path(path_type=Path)
    seconds = click.FloatRange(min=0, min_open=True)
    for decorate in reversed(
        (
            click.option("--pass-env", multiple=True, metavar="NAME", help="Let revisions see this variable."),
            click.option("-x", "x_arguments", multiple=True, metavar="KEY=VALUE", help="As alembic's own -x."),
            click.option("--python", type=path, help="Interpreter that runs revisions: of your application."),
            click.option("--skip", multiple=True, metavar="REV", help="Take a revision as applied, do not run it."),
            click.option("--revision-timeout", type=seconds, default=300.0, show_default=True, metavar="SECONDS",
                         help="Longest time for one revision."),
        )
    ):  # fmt: skip
        collected = decorate(collected)
    return collected


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what of the inputs counts; the command gets them as `filters`, a `Filters`."""

    @functools.wraps(command)
    def collected(
        *,
        begin: str | None,
        end: str | None,
        users: tuple[str, ...],
        applications: tuple[str, ...],
        exclude: tuple[str, ...],
        tables: tuple[str, ...],
        **given: Any,
    ) -> Any:
        from advisor.workload.filtering.capture_filters import Filters, moment
        from advisor.workload.filtering.excluded import check_patterns
        from advisor.workload.filtering.named_tables import asked

        filters = Filters(
            moment(begin) if begin else None, moment(end) if end else None, users, applications, exclude, tables
        )
        check_patterns(exclude)
        asked(tables)
        if not filters.relative:
            filters.settled(None)
        return command(filters=filters, **given)

    for decorate in reversed(
        (
            click.option("--begin", metavar="TIME", help="Leave out what ended before: a time, or 2h before the end."),
            click.option("--end", metavar="TIME", help="Leave out what ended then or later: a time, or 10m."),
            click.option("--user", "users", multiple=True, help="Only what this role ran. Repeatable."),
            click.option("--application", "applications", multiple=True, help="Only of this application. Repeatable."),
            click.option("--exclude-query", "exclude", multiple=True, metavar="REGEX",
                         help="Leave out statements in which it is found (RE2, any case). Repeatable."),
            click.option("--table", "tables", multiple=True, help="Only what names this table. Repeatable."),
        )
    ):  # fmt: skip
        collected = decorate(collected)
    return collected


def full_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--full`: nothing that is printed is cut or folded."""
    text = "Cut and fold nothing: every text whole, every line as long as it is."
    return click.option("--full", is_flag=True, expose_value=False, callback=_shown_in_full, help=text)(command)


def _shown_in_full(context: click.Context, _option: click.Parameter, value: bool) -> None:
    from advisor.output.terminal.screen import Screen

    def folded() -> None:
        Screen.full = False

    Screen.full = value
    context.call_on_close(folded)


def limit_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--limit NAME=SIZE`, which is in force before the command reads anything."""
    text = "How much of an input is read; see docs/inputs.md for the names. Repeatable."
    option = click.option(
        "--limit", multiple=True, metavar="NAME=SIZE", expose_value=False, callback=_enforced, help=text
    )
    return option(command)


def _enforced(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> None:
    given = {}
    for value in values:
        name, _, size = value.partition("=")
        if name not in NAMES:
            raise click.BadParameter(f"{name!r} is no limit; there are: {', '.join(NAMES)}", ctx, param)
        given[name] = Size().convert(size, param, ctx)
        if given[name] < 1:
            raise click.BadParameter(f"{name} must be at least 1", ctx, param)
    enforce(changed(given))


def check_outputs(*paths: Path | None) -> None:
    """Raise `UsageError` for a file that could not be written at the end, before any work."""
    for path in paths:
        if path is None:
            continue
        target = path.absolute()
        reason = ""
        if target.is_dir():
            reason = "it is a folder"
        elif not target.parent.is_dir():
            reason = f"there is no folder {target.parent}"
        elif not os.access(target.parent, os.W_OK) and not os.access(target, os.W_OK):
            reason = "its folder is not ours to write to"
        if reason:
            raise UsageError(f"cannot be written: {reason}", where=str(path), do="name another place")


def check_folder(path: Path) -> None:
    """Raise `UsageError` for a folder that could not be made or written to at the end, before any work."""
    nearest = next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        what = f"cannot be written: {nearest} is {'not ours to write to' if nearest.is_dir() else 'no folder'}"
        raise UsageError(what, where=str(path), do="name another place")


def check_database(workload: Workload, database: str | None) -> None:
    """Raise `UsageError` when a database was asked for in which no query ran, naming those seen."""
    held = sorted({query.database for query in workload.queries if query.database})
    if database and held and database not in held:
        raise UsageError(f"no query ran in database {database!r}", do=f"use one of: {', '.join(held)}")


def queries_named(workload: Workload, given: Sequence[str]) -> frozenset[str]:
    """Return the ids of the queries that `given` names by id, or by its beginning; raises `UsageError` for no such."""
    found = set()
    for word in given:
        meant = [query.id for query in workload.queries if query.id == word] or [
            query.id for query in workload.queries if query.id.startswith(word)
        ]
        if len(meant) != 1:
            what = "no query has" if not meant else f"{len(meant)} queries have"
            near = ", ".join(query.id[:12] for query in workload.queries[:5])
            raise UsageError(f"--explain {word}: {what} an id that begins so", do=f"name one of the report: {near}…")
        found.add(meant[0])
    return frozenset(found)
