"""What other packages add: objects that their entry points name. Only installed packages have any."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from advisor.errors import UsageError


def plugins(group: str) -> list[tuple[str, Any]]:
    """Return the objects of a group of entry points with where each comes from, by name.

    Raises `UsageError` for one that cannot be imported.
    """
    return [(_origin(point), _loaded(point)) for point in sorted(entry_points(group=group), key=lambda one: one.name)]


def plugin(group: str, name: str) -> Any:
    """Return the object that an entry point names, `None` where there is no such entry point."""
    return next((_loaded(point) for point in entry_points(group=group, name=name)), None)


def plugin_names(group: str) -> tuple[str, ...]:
    """Return the names of a group of entry points, sorted; nothing is imported."""
    return tuple(sorted(entry_points(group=group).names))


def _loaded(point: Any) -> Any:
    try:
        return point.load()
    except Exception as error:
        reason = f"it cannot be imported: {type(error).__name__}: {error}"
        raise UsageError(reason, where=_origin(point), do="mend or uninstall that package") from error


def _origin(point: Any) -> str:
    package = point.dist.name if point.dist else "?"
    return f"entry point {point.name} of {package}"
