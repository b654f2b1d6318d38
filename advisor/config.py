"""Configuration: `[tool.advisor]` of pyproject.toml, or `advisor.toml`; flags win over it.

The file sets defaults for command-line options, under the option's long name: keys at the top hold for every command,
a table named like a command for that command alone. The nearest file upwards of the working directory counts.

Such a file comes with a checkout, and a checkout may be anybody's: it may not say where to connect, what to run or
where to write. A file that is named with `--config` may.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from advisor.errors import UsageError

SUPPRESS = "suppress"
"""Key of the list of findings to silence: tables with `reason` and `id`, `code`, `tables`, `tag` or `application`."""

PROPOSALS = "proposals"
"""Key of the list of decisions: tables with `decision`, `reason` and `id` or `table`."""

RULES = "rules"
"""Key of the table with the rules' thresholds, by the names that their pages give under Options."""

SECRETS = frozenset({"url", "password", "standby"})
"""Options that may not stand in a file: URLs come from the environment (`DATABASE_URL`)."""

DESTINATIONS = {
    "data": "where to connect",
    "force": "what to write",
    "markdown": "where to write",
    "output": "where to write",
    "output-file": "where to write",
    "pass-env": "what revisions see of the environment",
    "password": "how to connect",
    "python": "what to run",
    "save": "where to write",
    "scheduler": "where to connect",
    "standby": "where to connect",
    "update-baseline": "what to write",
    "url": "where to connect",
    "write": "what to write and run",
}
"""Options that a configuration file found in the folder may not set, and what they say; `twin` where it is a URL,
`format` where it names a file."""


class Setting(NamedTuple):
    """What a key of the file sets."""

    parameter: str
    """Name of the command's parameter."""
    several: bool = False
    """Whether the option may be given several times: then a list of values is meant."""


def find_config(start: Path) -> Path | None:
    """Return the nearest `advisor.toml`, or pyproject.toml with `[tool.advisor]`, at or above `start`."""
    for folder in (start, *start.parents):
        if (own := folder / "advisor.toml").is_file():
            return own
        if (project := folder / "pyproject.toml").is_file() and "advisor" in _table(_parse(project), "tool", project):
            return project
    return None


def read_config(
    path: Path, options: Mapping[str, Mapping[str, Setting]], *, found: bool = False
) -> dict[str, dict[str, Any]]:
    """Return option defaults by command and parameter name; `options` maps each command's long options to settings.

    `found` says that the file was not named but found in the folder. Raises `UsageError` for a file that is not TOML,
    an unknown key (naming the nearest known one), a value of a kind that no option takes, a secret, and in a found file
    a destination.
    """
    section = {key: value for key, value in _section(path).items() if key not in (SUPPRESS, RULES, PROPOSALS)}
    known = {name for names in options.values() for name in names}
    defaults: dict[str, dict[str, Any]] = {command: {} for command in options}
    for key, value in sorted(section.items(), key=lambda item: isinstance(item[1], dict)):
        if key in options and (isinstance(value, dict) or key not in known):
            for name, given in _table(section, key, path).items():
                _refuse(path, f"{key}.{name}", name, given, set(options[key]), found)
                defaults[key][options[key][name].parameter] = _value(path, f"{key}.{name}", given, options[key][name])
            continue
        _refuse(path, key, key, value, known | options.keys() | {SUPPRESS, RULES, PROPOSALS}, found)
        for command, names in options.items():
            if key in names:
                defaults[command][names[key].parameter] = _value(path, key, value, names[key])
    return defaults


def refuse_unknown(name: str, shown: str, known: Iterable[str], where: str) -> None:
    """Raise `UsageError` when a name is none of those known; it names the nearest one, or all."""
    names = sorted(known)
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        remedy = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(names)}"
        raise UsageError(f"unknown key {shown}", where=where, do=remedy)


def suppressions(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the tables under `suppress`, unchecked; raises `UsageError` when they are none."""
    return _tables(path, SUPPRESS)


def decided_proposals(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the tables under `proposals`, unchecked; raises `UsageError` when they are none."""
    return _tables(path, PROPOSALS)


def thresholds(path: Path) -> dict[str, Any]:
    """Return the table under `rules`, unchecked; raises `UsageError` when it is none."""
    entries = _section(path).get(RULES, {})
    if not isinstance(entries, dict):
        raise UsageError("rules is no table", where=str(path), do="write [tool.advisor.rules]")
    return entries


def _tables(path: Path, name: str) -> tuple[dict[str, Any], ...]:
    entries = _section(path).get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{name} is no list of tables", where=str(path), do=f"write [[tool.advisor.{name}]] tables")
    return tuple(entries)


def _section(path: Path) -> dict[str, Any]:
    document = _parse(path)
    return _table(_table(document, "tool", path), "advisor", path) if path.name == "pyproject.toml" else document


def _table(document: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    """Return a table of the file, empty when it has none of this name; raises `UsageError` when that is no table."""
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise UsageError(f"{name} is no table", where=str(path), do=f"write a [table] where it says {name} =")
    return found


def _value(path: Path, shown: str, value: Any, setting: Setting) -> Any:
    """Return a value an option may have; raises `UsageError` for a date, a table, or a list where one is meant."""
    each = value if isinstance(value, list) and setting.several else [value]
    if all(isinstance(one, str | int | float) for one in each):
        return value
    kind = "several values, or one" if setting.several else "one value"
    raise UsageError(f"{shown} takes {kind}: text, a number, true or false", where=str(path), do=f"correct {shown}")


def _refuse(path: Path, shown: str, name: str, value: Any, known: set[str], found: bool) -> None:
    """Raise `UsageError` for a key that may not stand here; the value is never part of the message."""
    says = DESTINATIONS.get(name) if name in known or name in SECRETS else None
    if name == "twin" and isinstance(value, str) and ("://" in value or "=" in value):
        says = "where to connect"
    if name == "format" and any("=" in str(one) for one in (value if isinstance(value, list) else [value])):
        says = "where to write"
    if found and says:
        raise UsageError(
            f"{shown} says {says}: a configuration file that lies in the folder may not",
            where=str(path),
            do=f"give --{name} on the command line, or name a file of your own with --config",
        )
    if name in SECRETS:
        raise UsageError(
            f"{shown} may not stand in a file",
            where=str(path),
            do="give it on the command line, or set DATABASE_URL in the environment",
        )
    refuse_unknown(name, shown, known, str(path))


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise UsageError("not readable TOML: nested too deeply", where=str(path), do="write it flat") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"not valid TOML: {error}", where=str(path), do="correct the line it names") from None
    except OSError as error:
        raise UsageError(f"cannot read the configuration: {error.strerror}", where=str(path)) from None
