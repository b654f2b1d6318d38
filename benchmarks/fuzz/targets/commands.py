"""Whole commands: arguments of any kind without a server; advise and check on a shared throw-away server."""

from __future__ import annotations

import random
from collections.abc import Sequence

import click

from advisor.cli.main import advisor_group
from benchmarks.fuzz.command import advisor
from benchmarks.fuzz.structures import cells_changed, json_changed, tokens_changed
from benchmarks.fuzz.target import SEEDS, Place, Target, seeds

NAMED = ("capture", "compare", "migrate", "rule", "report", "config")
"""Commands that need no server."""

GIVEN = (
    "", "-", "--", "x", "0", "-1", "1e400", "json", "text", "NPO", "NPO001", "nonsense", "2GB", "\0", "a\nb", "\x1b[31mx", "‮x", "%",
    "%m [%p] ", "/dev/null", "/nonexistent/x", ".", "*", "[", "s3:/x", "mysql://a:b@c/d", "[::1", "report.json", "log", "bad.json",
)  # fmt: skip


def line(data: bytes, place: Place) -> None:
    """Run a command with arguments, one a line."""
    for name, seed in (("report.json", "report/report.json"), ("log", "stderr/default")):
        place.write(name, (SEEDS / seed).read_bytes())
    place.write("bad.json", b"{")
    words = [word.decode("utf-8", "surrogateescape").replace("\0", "") for word in data.split(b"\n")]
    if words[:1] in ([name] for name in NAMED) and not {"-", "--write", "--watch", "--url"} & set(words):
        advisor(*words)


def drawn_arguments(rng: random.Random, data: bytes) -> bytes:
    """Return a command and arguments that its options may, or may not, take."""
    name = rng.choice(NAMED)
    command = advisor_group.get_command(click.Context(advisor_group), name)
    options = [option for found in (command.params if command else []) for option in found.opts if option[:1] == "-"]
    words = [name]
    for _ in range(rng.randrange(5)):
        if options and rng.random() < 0.6:
            words.append(rng.choice(options))
        if rng.random() < 0.8:
            words.append(rng.choice(GIVEN).replace("\n", " "))
    return "\n".join(words).encode("utf-8", "surrogateescape")


def advised(data: bytes, place: Place) -> None:
    """Propose indexes for a mutated export on the shared server."""
    path = place.write("export", data)
    advisor("advise", path, "--snapshot", SEEDS / "snapshot", "--twin", place.server, "--jobs", 1)


def advised_on_dump(data: bytes, place: Place) -> None:
    """Restore a mutated dump on the shared server and advise on the recorded workload."""
    path = place.write("schema.sql", data)
    advisor("advise", SEEDS / "workload" / "log.json", "--schema", path, "--twin", place.server, "--jobs", 1)


def checked(data: bytes, place: Place) -> None:
    """Check a mutated baseline on the shared server."""
    path = place.write("plans.json", data)
    advisor("check", "--snapshot", SEEDS / "snapshot", "--baseline", path, "--twin", place.server)


def targets() -> Sequence[Target]:
    """Return the targets."""
    texts = (*seeds("statements"), b";\n".join(seeds("statements")))
    return (
        Target("command line", line, (b"rule", b"capture\nlog"), (drawn_arguments,), weight=0.4, structured=0.9),
        Target("advise", advised, (*texts, *seeds("exports")[:4]), (tokens_changed, tokens_changed, cells_changed),
               weight=0.08, structured=0.9, server=True),
        Target("advise on a dump", advised_on_dump, seeds("dump"), (tokens_changed,), weight=0.04, server=True),
        Target("check", checked, seeds("baseline"), (json_changed,), weight=0.08, structured=0.95, server=True),
    )  # fmt: skip
