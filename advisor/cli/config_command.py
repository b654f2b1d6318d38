"""`advisor config`: what the configuration file sets, and whether every value is one that its option takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from advisor.config import decided_proposals
from advisor.errors import UsageError


@click.group(short_help="Show the configuration that is in force, or check it.")
def command() -> None:
    """Show or check the nearest `advisor.toml` or `[tool.advisor]`, or the file that `advisor --config` names."""


@command.command()
def show() -> None:
    """Print the file's name, the defaults it sets for each command, suppressions, thresholds and decisions, as TOML."""
    where, suppressions, thresholds = _found()
    if not where:
        click.echo("# no configuration file: flags and their own defaults hold")
        return
    _check(where, suppressions, thresholds)
    lines = [f"# {where}"]
    for name, _, values in _defaults():
        lines += ["", f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in sorted(values.items()))]
    if thresholds:
        lines += ["", "[rules]", *(f"{key} = {_toml(value)}" for key, value in sorted(thresholds.items()))]
    for entry in suppressions:
        lines += ["", "[[suppress]]", *(f"{key} = {_toml(value)}" for key, value in sorted(entry.items()))]
    for entry in decided_proposals(Path(where)):
        lines += ["", "[[proposals]]", *(f"{key} = {_toml(value)}" for key, value in sorted(entry.items()))]
    click.echo("\n".join(lines))


@command.command()
def validate() -> None:
    """Check every key and value of the file, for every command; exit 2 with the first that is wrong."""
    where, suppressions, thresholds = _found()
    if where:
        _check(where, suppressions, thresholds)
    click.echo(f"{where}: valid" if where else "no configuration file")


def _found() -> tuple[str, tuple[dict[str, Any], ...], dict[str, Any]]:
    return click.get_current_context().find_root().obj or ("", (), {})


def _defaults() -> Iterator[tuple[str, click.Command, Mapping[str, Any]]]:
    """Yield each command that the file sets something for, with the values by the option's name."""
    root = click.get_current_context().find_root()
    group = root.command
    assert isinstance(group, click.Group)
    for name, given in sorted((root.default_map or {}).items()):
        found = group.get_command(root, name)
        if given and found:
            long = {option.name: _long_of(option) for option in found.params if isinstance(option, click.Option)}
            yield name, found, {long[key]: value for key, value in given.items()}


def _check(where: str, suppressions: tuple[dict[str, Any], ...], thresholds: dict[str, Any]) -> None:
    from advisor.indexes.decision import read_decisions
    from advisor.rules.suppress import read_suppressions
    from advisor.rules.thresholds import read_thresholds

    read_suppressions(suppressions, where)
    read_decisions(decided_proposals(Path(where)), where)
    read_thresholds(thresholds, where)
    for name, found, values in _defaults():
        context = click.Context(found)
        for option in found.params:
            if isinstance(option, click.Option) and (key := _long_of(option)) in values:
                try:
                    option.type_cast_value(context, values[key])
                except click.BadParameter as error:
                    do = f"correct {name}.{key}, or look at advisor {name} --help"
                    raise UsageError(f"{name}.{key}: {error.message}", where=where, do=do) from None


def _long_of(option: click.Option) -> str:
    """Return the option's key in the file, empty when it has none (`-x`)."""
    return next((name[2:] for name in option.opts if name.startswith("--")), "")


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in sorted(value.items())) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | int | float) else str(value)
