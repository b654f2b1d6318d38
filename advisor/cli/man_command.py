"""`advisor man`: the man page."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.options.shared_options import check_outputs
from advisor.whole_file import write_whole


@click.command(short_help="Print the man page.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write, not stdout.")
def command(output: Path | None) -> None:
    """Print the man page as roff, made of what every command's --help says.

    \b
    advisor man -o ~/.local/share/man/man1/advisor.1 && man advisor
    """
    from advisor.cli.reference.described import described
    from advisor.cli.reference.man_page import man_page

    root = click.get_current_context().find_root().command
    assert isinstance(root, click.Group)
    text = man_page(described(root))
    if output:
        check_outputs(output)
        write_whole(output, text.encode())
    else:
        click.echo(text, nl=False)
