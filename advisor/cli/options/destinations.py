"""Formats and where they go: `--format text --format sarif=out.sarif`, rendered from one result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from advisor.cli.options.shared_options import check_outputs
from advisor.errors import UsageError
from advisor.output.notice import Places
from advisor.progress import Progress
from advisor.whole_file import write_all_whole

HELP = "Format of the result, or FORMAT=FILE to write it there. Repeatable; see docs/formats.md."


@dataclass(frozen=True, slots=True)
class Destination:
    """One format, and the file it is written to; standard output where there is none."""

    form: str
    file: Path | None = None


def destinations(words: Sequence[str], known: Sequence[str], output_file: Path | None = None) -> list[Destination]:
    """Return what `--format` asks for; `output_file` takes what would go to standard output.

    Raises `UsageError` before any work: for a format we do not have, for two that go to the same place, and for a file
    that cannot be written.
    """
    found = [_destination(word, known, output_file) for word in words]
    for number, one in enumerate(found):
        if any(_same(one.file, other.file) for other in found[:number]):
            where = str(one.file) if one.file else "standard output"
            raise UsageError("two formats for one place", where=where, do="give each a file: --format sarif=out.sarif")
    check_outputs(*(one.file for one in found))
    return found


def deliver(found: Iterable[Destination], render: Callable[[str], str], progress: Progress) -> None:
    """Write every format to its place: the files, all or none, before standard output."""
    from advisor.output.terminal.screen import on_screen

    found = list(found)
    made = [(one.file, render(one.form)) for one in found]
    write_all_whole({file: text.encode() for file, text in made if file})
    for file, _ in made:
        if file:
            progress.note(f"report: {file}")
    for one, (file, text) in zip(found, made, strict=True):
        if file is None:
            click.echo(on_screen(text) if one.form == "text" else text, nl=False)


def places(source: Path | str | None, queries: Iterable[str], environment: Path | None = None) -> Places:
    """Return where things stand: in which folder of its checkout we are, and on which line of `source` each query.

    A line that holds the quoted id is that of a query, as in a baseline.
    """
    here, wanted = Path.cwd(), frozenset(queries)
    return Places(
        here=f"{here.as_posix().rstrip('/')}/",
        prefix=_prefix(here),
        source=str(source) if source else None,
        lines=_lines(Path(source), wanted) if source and wanted else {},
        environment=str(environment) if environment else None,
    )


def _destination(word: str, known: Sequence[str], output_file: Path | None) -> Destination:
    form, given, file = word.partition("=")
    if form not in known:
        raise UsageError(f"unknown format {form!r}", do=f"use one of: {', '.join(known)}")
    if given and not file:
        raise UsageError(f"--format {word} names no file", do=f"write --format {form}=FILE")
    return Destination(form, Path(file) if file else output_file)


def _same(one: Path | None, other: Path | None) -> bool:
    return one is other or bool(one and other and one.absolute() == other.absolute())


def _prefix(here: Path) -> str:
    """Return the way from the top of the checkout to a folder, with a slash at its end; empty outside of one."""
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    way = here.relative_to(top).as_posix()
    return "" if way == "." else f"{way}/"


def _lines(source: Path, queries: frozenset[str]) -> dict[str, int]:
    """Return the first line on which each id stands in quotes; none of a file that is no text."""
    found: dict[str, int] = {}
    try:
        with source.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                head = line.lstrip()[:200].split('"', 2)
                if len(head) == 3 and not head[0] and head[1] in queries:
                    found.setdefault(head[1], number)
    except (OSError, UnicodeDecodeError):
        return {}
    return found
