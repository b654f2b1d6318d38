"""The `advisor` command: finds its sub-commands by file name and turns errors into one message and an exit status."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import signal
import sys
from pathlib import Path
from typing import NoReturn

import click

import advisor.cli
from advisor import __version__, stdout
from advisor.config import Setting, find_config, read_config, suppressions, thresholds
from advisor.errors import AdvisorError
from advisor.progress import Progress
from advisor.visible import visible

SUMMARIES = {
    "advise": "Read workload files, propose indexes, report findings, write proven revisions.",
    "capture": "Reduce logs and exports to one workload file.",
    "check": "Fail when a query's plan got worse than the committed baseline: the CI gate.",
    "compare": "Compare two captures: did it help in production?",
    "completion": "Print the completion of bash, zsh or fish.",
    "config": "Show the configuration that is in force, or check it.",
    "demo": "The whole line on an example system, from an empty server to proven migrations.",
    "export-sql": "Write the files that take a snapshot with psql alone.",
    "init": "Write configuration, a CI job and the snapshot recipe into a repository.",
    "lint": "Check Alembic environments, without a server.",
    "man": "Print the man page.",
    "mcp": "Serve read-only tools over files to an assistant.",
    "migrate": "Write Alembic revisions for the proposals of a JSON report.",
    "report": "Write a one-file HTML report.",
    "rule": "Print a rule's page.",
    "schema": "Print the JSON Schema of a file.",
    "snapshot": "Export schema, statistics and settings of a live server, read-only.",
    "twin": "Open psql on the twin of a snapshot.",
    "verify": "Prove revisions on a throw-away server.",
}
"""Help lines of the commands, so that `advisor --help` imports none of them."""


_VERBOSE = "Show every note, however many there are."


class DiscoveredCommands(click.Group):
    """A group whose commands are the modules `NAME_command` of `advisor.cli` that `SUMMARIES` names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands that exist, sorted."""
        found = {module.name for module in pkgutil.iter_modules(advisor.cli.__path__)}
        return sorted(name for name in SUMMARIES if _module(name) in found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return its `command`."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"advisor.cli.{_module(cmd_name)}").command
        assert isinstance(command, click.Command)
        _accept_verbose(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command list from `SUMMARIES`, without importing any command."""
        if rows := [(name, SUMMARIES[name]) for name in self.list_commands(ctx)]:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


@click.command(cls=DiscoveredCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="advisor")
@click.option("--config", type=click.Path(path_type=Path), help="Configuration file; the nearest one when not given.")
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.pass_context
def advisor_group(ctx: click.Context, config: Path | None, isolated: bool) -> None:
    """Index advice, N+1 findings and proven Alembic migrations from PostgreSQL workload files."""
    if not isolated:
        _configure(ctx, config)


def _module(command: str) -> str:
    """Return the name of the module that holds a command: `export-sql` is `export_sql_command`."""
    return f"{command.replace('-', '_')}_command"


def _accept_verbose(command: click.Command) -> None:
    """Give a command and those below it the option `-v`, where they do not have it yet."""
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _accept_verbose(below)
    if not any("--verbose" in option.opts for option in command.params):
        command.params.append(
            click.Option(["-v", "--verbose"], is_flag=True, expose_value=False, callback=_set_verbose, help=_VERBOSE)
        )


def _set_verbose(_context: click.Context, _option: click.Parameter, value: bool) -> None:
    Progress.verbose = value


def _terminated(*_: object) -> NoReturn:
    """End as Ctrl-C does, with the same word; what stands in `finally` runs."""
    with contextlib.suppress(OSError):
        os.write(2, b"interrupted\n")
    sys.exit(143)


def _configure(ctx: click.Context, config: Path | None) -> None:
    """Take option defaults, suppressions and thresholds from the configuration file, where there is one."""
    path = config or find_config(Path.cwd())
    if path is None:
        return
    ctx.obj = (str(path), suppressions(path), thresholds(path))
    group = ctx.command
    assert isinstance(group, DiscoveredCommands)
    commands = {name: group.get_command(ctx, name) for name in group.list_commands(ctx)}
    options = {name: _long_options(command) for name, command in commands.items() if command}
    ctx.default_map = read_config(path, options, found=config is None)


def _long_options(command: click.Command) -> dict[str, Setting]:
    options = [option for option in command.params if isinstance(option, click.Option) and option.name]
    return {
        name[2:]: Setting(str(option.name), option.multiple)
        for option in options
        for name in option.opts
        if name.startswith("--")
    }


def _say(message: str) -> None:
    """Print a message on stderr, without what the command line or DATABASE_URL hold of connection strings."""
    from advisor.capture.conninfo import concealed

    words = [part for word in sys.argv[1:] for part in (word, word.partition("=")[2])]
    click.echo(visible(concealed(message, [*words, os.environ.get("DATABASE_URL", "")])), err=True)


def _show(error: click.ClickException) -> None:
    """Print what click refuses, as it does itself."""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        hint = f"Try '{error.ctx.command_path} --help' for help.\n"
        click.echo(f"{error.ctx.get_usage()}\n{hint}", err=True)
    _say(f"Error: {error.format_message()}")


def main() -> None:
    """Run the command line and exit: 0 clean, 1 findings, 2 usage, configuration, input or connection trouble."""
    stdout.keep()
    signal.signal(signal.SIGTERM, _terminated)
    try:
        status = advisor_group.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = 130
    except click.ClickException as error:
        _show(error)
        status = error.exit_code
    except AdvisorError as error:
        _say(f"error: {error}")
        status = error.exit_status
    except BrokenPipeError:
        stdout.abandon()
        sys.stderr.close()
        status = 141
    except OSError as error:  # a full disk, above all, wherever it is met
        where = f"{error.filename}: " if error.filename else ""
        _say(f"error: {where}{error.strerror or error}")
        click.echo("  do: make room, or write to another place", err=True)
        stdout.abandon()
        status = 2
    sys.exit(status if isinstance(status, int) else 0)
