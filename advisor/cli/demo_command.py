"""`advisor demo`: the whole line on an example system, from an empty server to proven migrations and a plan gate.

Every step runs the very command it prints, so that what works here works on a user's own database.
"""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.errors import AdvisorError, UsageError

if TYPE_CHECKING:
    from advisor.twin.servers.server import Server

WIDTH = 76
"""Characters up to which a command stays on one line."""

MARK = ".pgadvisor-demo"
"""File that marks a folder as ours, to be emptied by the next demo."""

LOGGING = {
    "shared_preload_libraries": "pg_stat_statements",
    "logging_collector": "on",
    "log_destination": "csvlog",
    "log_directory": "log",
    "log_filename": "postgresql",
    "log_rotation_size": "0",
    "log_rotation_age": "0",
    "log_min_duration_statement": "0",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_temp_files": "0",
}
"""What the demo server logs: every statement, with its duration, as csvlog; connections and temporary files."""


@click.command(short_help="The whole line on an example system.")
@click.argument("name", default="boardroom")
@click.option("--list", "listed", is_flag=True, help="Print the systems and what is wrong with each.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("demo-out"), show_default=True,
              help="Folder for everything it writes.")  # fmt: skip
@click.option("--requests", default=600, show_default=True, help="Requests of the example application.")
@click.option("--seed", default=1, show_default=True, help="Seed of the requests.")
def command(name: str, listed: bool, output: Path, requests: int, seed: int) -> None:
    """Start a server, load the example system NAME, run its application; advise, write, prove, apply, gate it."""
    from advisor.cli.demonstration.demo_system import SYSTEMS, DemoSystem
    from advisor.twin.servers.environment import closed_off
    from advisor.twin.servers.server import Server, embedded_binaries

    if listed:
        click.echo("\n".join(f"{one:<11}{wrong}" for one, wrong in SYSTEMS.items()))
        return
    begin = time.monotonic()
    if name not in SYSTEMS:
        raise UsageError(f"there is no example system {name!r}", do=f"use one of: {', '.join(SYSTEMS)}")
    binaries = embedded_binaries()
    _empty(output)
    system = DemoSystem.copy_to(output, name)
    with closed_off(), Server(binaries, LOGGING) as server:
        _walk(server, system, output, lambda: system.run_application(server.url(name), requests, seed))
    _show(f"\nDone in {time.monotonic() - begin:.0f} s. Everything it wrote is in {output}/; nothing is running.")
    _show(f"Open {output}/report.html in a browser.")


def _walk(server: Server, system: Any, output: Path, application: Callable[[], dict[str, int]]) -> None:
    """Go through the steps, in the order in which a user would on a database of their own."""
    from advisor.cli.demonstration.demo_system import SYSTEMS
    from advisor.output.formats.text import timings_table

    url, snapshot, later = server.url(system.name), output / "snapshot", output / "snapshot-after"
    baseline, before, after = output / "plans.json", output / "before.csv", output / "after.csv"
    _say(1, f"A server with the example system {system.name}: {SYSTEMS[system.name]}.")
    system.load(server, system.name)
    _say(2, "The application runs as it did before the fix, and the server logs it.", "your application, in production")
    offset = _log_size(server)
    _show_counts(application())
    _copy_log(server, offset, before)
    _say(3, "Export schema, statistics and statements, read-only.", "this command, or psql with sql/export/ instead")
    _advisor("snapshot", url, "-o", str(snapshot))
    _say(4, "Advise, write the revisions and prove them: from files alone, on a server without a row.", "your files")
    files = [str(snapshot / "statements.csv"), str(before), "--snapshot", str(snapshot)]
    written = ["--write", "--alembic", str(system.alembic), "--verify", "--save", str(output / "report.json")]
    _advisor("advise", *files, *written)
    _advisor("report", str(output / "report.json"), "-o", str(output / "report.html"))
    _say(5, "Apply the revisions to the data, and run the same requests again.", "`alembic upgrade head`")
    _show(f"  applied {', '.join(system.upgrade(url))}; then VACUUM (ANALYZE), which autovacuum does for you")
    offset = _log_size(server)
    _show_counts(application())
    _copy_log(server, offset, after)
    _show("\n" + timings_table(system.timings(before, after)))
    _say(6, "Accept the plans as a baseline to commit; the gate guards them in CI.", "your pipeline")
    _advisor("snapshot", url, "-o", str(later))
    _advisor("check", str(before), "--snapshot", str(later), "--baseline", str(baseline), "--update-baseline")
    _advisor("check", "--snapshot", str(later), "--baseline", str(baseline))
    _say(7, "Somebody's migration loses an index: the gate says so before it is merged.")
    click.echo(f"  DROP INDEX {system.drop_index(server, system.name, output / 'report.json')};")
    _advisor("snapshot", url, "-o", str(later))
    _advisor("check", "--snapshot", str(later), "--baseline", str(baseline), expected=1)


def _say(number: int, what: str, yours: str = "") -> None:
    _show(f"\n{number}. {what}")
    if yours:
        _show(f"   For your own database: {yours}.")


def _advisor(*arguments: str, expected: int = 0) -> None:
    """Run one advisor command in this process and print it as the user would type it."""
    from advisor.cli.main import advisor_group

    _show(command_line(["advisor", *arguments]))
    try:
        advisor_group.main(list(arguments), prog_name="advisor", standalone_mode=False)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0
    if status != expected:
        raise AdvisorError(f"the step ended with status {status}, expected {expected}", do="please report this")
    if expected:
        click.echo(f"(exit status {status}: this is what stops the merge)")


def _show(text: str) -> None:
    from advisor.output.terminal.screen import on_screen

    click.echo(on_screen(text))


def command_line(words: Sequence[str]) -> str:
    """Return a command as it is typed, gone on after a backslash where it is long."""
    lines = ["\n$"]
    for word in map(shlex.quote, words):
        if len(lines[-1]) + len(word) > WIDTH:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {word}"
    return "\n".join(lines)


def _show_counts(counts: dict[str, int]) -> None:
    _show(f"  {sum(counts.values())} requests: " + ", ".join(f"{kind} {n}" for kind, n in counts.items()))


def _log_size(server: Server) -> int:
    return _log(server).stat().st_size


def _log(server: Server) -> Path:
    return server.data / "log" / "postgresql.csv"


def _copy_log(server: Server, offset: int, target: Path) -> None:
    """Copy what the server logged since `offset` (bytes) to `target`."""
    with _log(server).open("rb") as log, target.open("wb") as copy:
        log.seek(offset)
        shutil.copyfileobj(log, copy)
    click.echo(f"  its csvlog: {target}")


def _empty(output: Path) -> None:
    """Make an empty output folder; raises `UsageError` rather than touch a folder that is not a demo's."""
    if output.exists():
        if not (output / MARK).is_file() and any(output.iterdir()):
            raise UsageError("the folder is not empty and not a demo's", where=str(output), do="choose another with -o")
        shutil.rmtree(output)
    output.mkdir(parents=True)
    (output / MARK).touch()
