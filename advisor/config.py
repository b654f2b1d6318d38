"""Configuration: `[tool.advisor]` of pyproject.toml, or `advisor.toml`; flags win over it.

The file sets defaults for command-line options, under the option's long name: keys at the top hold for every command,
a table named like a command for that command alone. The nearest file upwards of the working directory counts.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advisor.errors import UsageError

SUPPRESS = "suppress"
"""Key of the list of findings to silence: tables with `reason` and `id`, `code`, `tables`, `tag` or `application`."""

RULES = "rules"
"""Key of the table with the rules' thresholds, by the names that their pages give under Options."""

SECRETS = frozenset({"url", "password"})
"""Options that may not stand in a file: URLs come from the environment (`DATABASE_URL`)."""


def find_config(start: Path) -> Path | None:
    """Return the nearest `advisor.toml`, or pyproject.toml with `[tool.advisor]`, at or above `start`."""
    for folder in (start, *start.parents):
        if (own := folder / "advisor.toml").is_file():
            return own
        if (project := folder / "pyproject.toml").is_file() and "advisor" in _parse(project).get("tool", {}):
            return project
    return None


def read_config(path: Path, options: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    """Return option defaults by command and parameter name; `options` maps each command's long options to parameters.

    Raises `UsageError` for a file that is not TOML, an unknown key (naming the nearest known one) and a secret.
    """
    section = {key: value for key, value in _section(path).items() if key not in (SUPPRESS, RULES)}
    known = {name for names in options.values() for name in names}
    defaults: dict[str, dict[str, Any]] = {command: {} for command in options}
    for key, value in sorted(section.items(), key=lambda item: isinstance(item[1], dict)):
        if key in options and isinstance(value, dict):
            for name, setting in value.items():
                _refuse(path, f"{key}.{name}", name, set(options[key]))
                defaults[key][options[key][name]] = setting
            continue
        _refuse(path, key, key, known | options.keys() | {SUPPRESS, RULES})
        for command, names in options.items():
            if key in names:
                defaults[command][names[key]] = value
    return defaults


def suppressions(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the tables under `suppress`, unchecked; raises `UsageError` when they are none."""
    entries = _section(path).get(SUPPRESS, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError("suppress is no list of tables", where=str(path), do="write [[tool.advisor.suppress]] tables")
    return tuple(entries)


def thresholds(path: Path) -> dict[str, Any]:
    """Return the table under `rules`, unchecked; raises `UsageError` when it is none."""
    entries = _section(path).get(RULES, {})
    if not isinstance(entries, dict):
        raise UsageError("rules is no table", where=str(path), do="write [tool.advisor.rules]")
    return entries


def _section(path: Path) -> dict[str, Any]:
    document = _parse(path)
    section = document.get("tool", {}).get("advisor", {}) if path.name == "pyproject.toml" else document
    assert isinstance(section, dict)
    return section


def _refuse(path: Path, shown: str, name: str, known: set[str]) -> None:
    if name in SECRETS:
        raise UsageError(
            f"{shown} may not stand in a file", where=str(path), do="set DATABASE_URL in the environment instead"
        )
    if name not in known:
        near = difflib.get_close_matches(name, sorted(known), 1)
        remedy = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(known))}"
        raise UsageError(f"unknown key {shown}", where=str(path), do=remedy)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"not valid TOML: {error}", where=str(path), do="correct the line it names") from None
    except OSError as error:
        raise UsageError(f"cannot read the configuration: {error.strerror}", where=str(path)) from None
