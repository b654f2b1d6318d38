"""What a target is: a reader or command, the seeds it is given mutated, and what it may answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fuzz.mutate import mutated
from benchmarks.fuzz.structures import Change

SEEDS = Path(__file__).parent / "seeds"


class Silent(Exception):
    """The answer was success, nothing was understood, and no word was said about it."""


class Unsafe(Exception):
    """The answer holds what may not reach a terminal or a log as it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a target may write, and the servers it may use."""

    folder: Path
    """Emptied by whoever made it, not between inputs."""
    server: str = ""
    """URL of a throw-away server, superuser's; empty where there is none."""

    def write(self, name: str, data: bytes) -> Path:
        """Write a file there and return its path."""
        path = self.folder / name
        path.write_bytes(data)
        return path


@dataclass(frozen=True, slots=True)
class Target:
    """One reader or command."""

    name: str
    run: Callable[[bytes, Place], None]
    """Reads the input; raises `AdvisorError` to refuse it, `Silent` or `Unsafe` for an answer that may not be."""
    seeds: Sequence[bytes]
    changes: Sequence[Change] = ()
    """Mutations that know the format, besides those of bytes."""
    weight: float = 1.0
    """How often it is tried beside the others."""
    structured: float = 0.6
    """Share of the inputs that are mutated by `changes` first."""
    server: bool = False
    """Whether it needs a server."""

    def input(self, rng: random.Random) -> bytes:
        """Return a mutated seed."""
        data = rng.choice(self.seeds)
        if self.changes and rng.random() < self.structured:
            data = rng.choice(self.changes)(rng, data)
            return data if rng.random() < 0.8 else mutated(rng, data, self.seeds)
        return mutated(rng, data, self.seeds)


def seeds(family: str) -> tuple[bytes, ...]:
    """Return the recorded files of a family, by name."""
    return tuple(path.read_bytes() for path in sorted((SEEDS / family).iterdir()))
