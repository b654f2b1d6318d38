"""Every command with its arguments and options, as click knows them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Flag:
    """An option of a command."""

    names: str
    """As typed, shortest first, with what it takes: `-o, --output DIR`."""
    help: str
    notes: tuple[str, ...]
    """Default, environment variable, repeatable, required: as words."""

    @property
    def long(self) -> str:
        """Return the name that a configuration file uses, without dashes; empty where there is none."""
        found = re.search(r"--([\w-]+)", self.names)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Described:
    """A command."""

    name: str
    """With those above it: `advisor config show`."""
    usage: str
    """What follows the name."""
    summary: str
    text: str
    """Its whole help, paragraphs apart; a paragraph that begins with a blank-marked line is laid out as it is."""
    flags: tuple[Flag, ...]


def described(root: click.Group, name: str = "advisor") -> Iterator[Described]:
    """Yield the group, its commands and those below them, by name."""
    context = click.Context(root, info_name=name)
    yield _one(root, context, name)
    for below in root.list_commands(context):
        found = root.get_command(context, below)
        assert found is not None
        if isinstance(found, click.Group):
            yield from described(found, f"{name} {below}")
        else:
            yield _one(found, click.Context(found, info_name=below, parent=context), f"{name} {below}")


def _one(command: click.Command, context: click.Context, name: str) -> Described:
    text = inspect.cleandoc(command.help or "")
    flags = tuple(_flag(option, context) for option in command.params if isinstance(option, click.Option))
    usage = " ".join(command.collect_usage_pieces(context))
    return Described(name, usage, command.get_short_help_str(200), text, flags)


def _flag(option: click.Option, context: click.Context) -> Flag:
    names = ", ".join(sorted([*option.opts, *option.secondary_opts], key=lambda one: (len(one) > 2, one)))
    taken = "" if option.is_flag or option.count else f" {option.make_metavar(context)}"
    notes = []
    if option.required:
        notes.append("required")
    if option.multiple:
        notes.append("repeatable")
    default = option.default
    if isinstance(default, str | int | float) and not isinstance(default, bool) and default != "":
        notes.append(f"default {default}")
    if option.envvar:
        notes.append(f"environment {option.envvar}")
    return Flag(f"{names}{taken}", option.help or "", tuple(notes))
