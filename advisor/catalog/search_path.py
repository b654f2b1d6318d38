"""Settings that are lists of names, `search_path` above all."""

from __future__ import annotations

LISTS = frozenset({"search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"})
"""Settings whose value is a list of names: each is written by itself in `SET`."""


def members(value: str) -> tuple[str, ...]:
    """Return the names of a list as `SHOW` prints it, without their quotes; unquoted ones are folded to lower case."""
    names = (part.strip() for part in _split(value))
    return tuple(name[1:-1].replace('""', '"') if name.startswith('"') else name.lower() for name in names if name)


def schemas_of(value: str, role: str | None = None) -> tuple[str, ...]:
    """Return the schemas that a `search_path` names; `$user` becomes `role`, or goes when there is none."""
    return tuple(dict.fromkeys(found for name in members(value) if (found := role if name == "$user" else name)))


def _split(value: str) -> list[str]:
    """Return the members of a list, commas within quotes left alone."""
    parts, quoted = [""], False
    for character in value:
        quoted ^= character == '"'
        if character == "," and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts
