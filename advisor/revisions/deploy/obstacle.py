"""What may go wrong with a build that is about to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["stop", "wait", "note"]
"""`stop`: the build fails or must not run; `wait`: it waits for this; `note`: good to know, or not to be known."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in a build's way."""

    level: Level
    what: str
    """What it is, with names and figures."""
    do: str = ""
    """What to do about it, empty where nothing need be done."""
