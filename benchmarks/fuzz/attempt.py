"""One input tried on one target: what came of it, and what it cost."""

from __future__ import annotations

import hashlib
import random
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from advisor.errors import AdvisorError
from benchmarks.fuzz.target import Place, Silent, Target, Unsafe
from benchmarks.fuzz.targets import all_targets

PACKAGES = ("advisor", "benchmarks")

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a target made of an input."""

    kind: str
    """`read`, `refused`, or one of `FAILURES`."""
    key: str = ""
    """Where a failure happened: failures with the same key are one."""
    text: str = ""
    """The traceback, or what is wrong with the answer."""


FAILURES = ("traceback", "hang", "memory", "silent", "unsafe", "died")


def drawn(seed: int, number: int, chosen: tuple[str, ...]) -> tuple[Target, bytes]:
    """Return the target and the input of a number: the same for the same seed and targets, whoever asks."""
    rng = random.Random(f"{seed}:{number}")
    targets = [all_targets()[name] for name in chosen]
    (target,) = rng.choices(targets, [one.weight for one in targets])
    return target, target.input(rng)


def tried(target: Target, data: bytes, place: Place) -> Outcome:
    """Return what the target makes of the input."""
    try:
        target.run(data, place)
    except AdvisorError as error:
        return Outcome("refused") if str(error).strip() else Outcome("silent", target.name, "an error without a word")
    except Silent as error:
        return Outcome("silent", f"{target.name}: {str(error)[:60]}", str(error))
    except Unsafe as error:
        return Outcome("unsafe", f"{target.name}: {str(error)[:60]}", str(error))
    except MemoryError:
        return Outcome("memory", target.name, traceback.format_exc())
    except (Exception, SystemExit) as error:
        return Outcome("traceback", _place_of(error), traceback.format_exc())
    return Outcome("read")


def _place_of(error: BaseException) -> str:
    """Return the kind of exception and the last place of ours that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    root = Path(__file__).parents[2]
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(root / "advisor")]
    frame = (ours or frames)[-1]
    with suppress(ValueError):
        return f"{type(error).__name__} {Path(frame.filename).relative_to(root)}:{frame.name}"
    return f"{type(error).__name__} {frame.filename}:{frame.name}"


@contextmanager
def measured(found: dict[str, float]) -> Iterator[None]:
    """Put the peak of this process' memory while the block runs into `found["megabytes"]`, where Linux tells it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    yield
    with suppress(OSError, StopIteration):
        status = Path("/proc/self/status").read_text().splitlines()
        line = next(line for line in status if line.startswith("VmHWM"))
        found["megabytes"] = int(line.split()[1]) / 1024


def digest(data: bytes) -> str:
    """Return a short name of an input."""
    return hashlib.blake2b(data, digest_size=6).hexdigest()
