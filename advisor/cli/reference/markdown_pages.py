"""The manual's generated pages: commands, configuration, files. What they say is taken from the code alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import click

from advisor.cli.reference.described import Described, described
from advisor.cli.reference.man_page import STATUSES
from advisor.cli.reference.typed_fields import typed_fields
from advisor.config import DESTINATIONS, SECRETS

_WRITTEN = "Written by `advisor man --markdown` from the code: change that, not this page.\n"


def pages(root: click.Group) -> dict[str, str]:
    """Return the pages by file name."""
    commands = list(described(root))
    return {
        "cli.md": "\n".join(_commands(commands)) + "\n",
        "configuration.md": "\n".join(_configuration(commands)) + "\n",
        "files.md": "\n".join(_files()) + "\n",
    }


def _commands(commands: Sequence[Described]) -> Iterator[str]:
    yield from ("# Commands", "", _WRITTEN, "## Exit status", "", "| status | says |", "|---|---|")
    yield from (f"| {status} | {meaning} |" for status, meaning in STATUSES)
    for one in commands:
        yield from ("", f"## {one.name}", "", f"    {one.name} {one.usage}", "")
        yield from _paragraphs(one.text)
        if one.flags:
            yield from ("| option | does | |", "|---|---|---|")
            yield from (
                f"| `{_cell(flag.names)}` | {_cell(flag.help)} | {_cell('; '.join(flag.notes))} |" for flag in one.flags
            )


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("\b"):
            yield from (*(f"    {line}" for line in paragraph.splitlines()[1:]), "")
        else:
            yield from (_plain(" ".join(paragraph.split())), "")


def _configuration(commands: Sequence[Described]) -> Iterator[str]:
    yield from ("# Configuration", "", _WRITTEN, configuration_said(), "")
    yield from ("## Keys of commands", "")
    yield "At the top of the file a key holds for every command that has it, in a table of the command's name for that"
    yield "one. A repeatable option takes a list. *named only*: not in a file that lies in the folder, only in one that"
    yield "`--config` names."
    yield from ("", "| key | in | does | |", "|---|---|---|---|")
    for key, (where, does, notes) in sorted(_keys(commands).items()):
        yield f"| `{key}` | {', '.join(where)} | {_cell(does)} | {notes} |"
    yield from ("", "## `[rules]`: thresholds", "", *_fields(_rule_options()))
    yield from ("", "## `[[suppress]]`: findings not to see again", "")
    yield from ("A finding must meet every condition that is given; `reason` and one condition are needed.", "")
    yield from _fields(_suppression())
    yield from ("", "## `[[proposals]]`: indexes decided upon", "")
    yield "A proposal must meet every condition that is given; `decision`, `reason` and one condition are needed."
    yield ""
    yield from _fields(_decision())
    yield from ("", "## `selection`: rules of the choice of indexes", "")
    yield from (
        '`[advise] selection = ["max_regression=0.02"]`, or `--selection NAME=VALUE`.',
        "",
        *_fields(*_selection()),
    )
    yield from ("", "## `limit`: how much is read", "", '`limit = ["statement=10MB"]`, or `--limit NAME=SIZE`.', "")
    yield from _fields(_limits())


def configuration_said() -> str:
    """Return what the module of the configuration says of it."""
    import advisor.config

    return str(advisor.config.__doc__).partition("\n")[2].strip()


def _keys(commands: Sequence[Described]) -> dict[str, tuple[list[str], str, str]]:
    """Return each key that a file may set: the commands that have it, what it does, and what holds for it."""
    found: dict[str, tuple[list[str], str, str]] = {}
    for one in commands:
        name = one.name.removeprefix("advisor ")
        for flag in one.flags if " " in one.name and " " not in name else ():
            if flag.long and flag.long not in SECRETS | {"verbose", "help"}:
                said = "named only" if flag.long in DESTINATIONS else ""
                known = found.setdefault(flag.long, ([], flag.help, "; ".join(filter(None, [*flag.notes, said]))))
                known[0].append(name)
    return found


def _fields(kind: type, only: Iterable[str] | None = None) -> Iterator[str]:
    wanted = None if only is None else set(only)
    yield from ("| key | type | default | means |", "|---|---|---|---|")
    for one in typed_fields(kind):
        if wanted is None or one.name in wanted:
            yield f"| `{one.name}` | `{_cell(one.kind)}` | {_cell(one.default)} | {_cell(one.meaning)} |"


def _files() -> Iterator[str]:
    from advisor.output.schemas import FILES

    yield from ("# Files and their schemas", "", _WRITTEN)
    yield "`advisor schema NAME` prints the JSON Schema (2020-12); they lie in the package, in `advisor/schemas/`."
    yield from ("", "| name | file |", "|---|---|")
    yield from (
        f"| [`{name}`](../../advisor/schemas/{name}.schema.json) | {what} |" for name, (_, what) in FILES.items()
    )


def _rule_options() -> type:
    from advisor.rules.context import RuleOptions

    return RuleOptions


def _suppression() -> type:
    from advisor.rules.suppress import Suppression

    return Suppression


def _decision() -> type:
    from advisor.indexes.decision import Decision

    return Decision


def _selection() -> tuple[type, Iterable[str]]:
    from advisor.indexes.chosen_rules import RULES
    from advisor.indexes.index_options import AdviseOptions

    return AdviseOptions, RULES


def _limits() -> type:
    from advisor.capture.limits import Limits

    return Limits


def _cell(text: str) -> str:
    """Return text that a table's cell shows as it is."""
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    return re.sub(r"(?<!`)<([^<>]*)>", r"‹\1›", text)
