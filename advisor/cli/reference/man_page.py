"""The man page, as roff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor import __version__
from advisor.cli.reference.described import Described

STATUSES = (
    ("0", "done, and nothing was found that fails"),
    ("1", "findings at the fail level, a plan that got worse, or a proof that failed; or the output was closed"),
    ("2", "wrong usage, configuration, input or connection; a gate that could not see everything"),
    ("130, 143", "ended by Ctrl-C, by SIGTERM"),
    ("141", "the reader of the output went away"),
)
"""Every exit status and what it says."""


def man_page(commands: Iterable[Described]) -> str:
    """Return `advisor.1`; the same whenever it is made, so it names no date."""
    return "\n".join(_lines(list(commands))) + "\n"


def _lines(commands: list[Described]) -> Iterator[str]:
    yield f'.TH ADVISOR 1 "" "pgadvisor {__version__}" "User Commands"'
    yield from (".SH NAME", f"advisor \\- {_escaped(commands[0].summary.rstrip('.'))}")
    yield from (".SH SYNOPSIS", ".B advisor", "[\\-\\-config FILE | \\-\\-isolated] COMMAND [ARGUMENTS]")
    yield ".SH COMMANDS"
    for one in commands:
        yield from (f'.SS "{_escaped(one.name)} {_escaped(one.usage)}"', *_paragraphs(one.text))
        for flag in one.flags:
            said = "; ".join(flag.notes)
            yield from (
                ".TP",
                f"\\fB{_escaped(flag.names)}\\fR",
                _escaped(f"{flag.help} ({said})" if said else flag.help),
            )
    yield ".SH EXIT STATUS"
    for status, meaning in STATUSES:
        yield from (".TP", f"\\fB{status}\\fR", _escaped(meaning))
    yield from (".SH ENVIRONMENT", ".TP", "\\fBDATABASE_URL\\fR", "The database, where a command needs one.")
    yield from (
        ".SH FILES",
        "advisor.toml, or [tool.advisor] of pyproject.toml: the nearest at or above the working directory.",
    )


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("\b"):
            yield from (".PP", ".nf", *(_escaped(line) for line in paragraph.splitlines()[1:]), ".fi")
        else:
            yield from (".PP", _escaped(" ".join(paragraph.split())))


def _escaped(text: str) -> str:
    """Return text that roff prints as it is."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain[:1] in {".", "'"} else plain
