"""`advisor completion`: the lines that make a shell complete this command's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

NAME, VARIABLE = "advisor", "_ADVISOR_COMPLETE"


@click.command(short_help="Print the completion of bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print what SHELL reads to complete commands, options and their values.

    \b
    advisor completion bash > ~/.local/share/bash-completion/completions/advisor
    advisor completion zsh  > "${fpath[1]}/_advisor"
    advisor completion fish > ~/.config/fish/completions/advisor.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(click.get_current_context().find_root().command, {}, NAME, VARIABLE).source())
