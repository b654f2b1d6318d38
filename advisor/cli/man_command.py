"""`advisor man`: the man page."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.options.shared_options import check_outputs
from advisor.whole_file import write_all_whole, write_whole


@click.command(short_help="Print the man page.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write, not stdout.")
@click.option("--markdown", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Write the manual's generated pages (commands, configuration, files) into this folder.")  # fmt: skip
def command(output: Path | None, markdown: Path | None) -> None:
    """Print the man page as roff, made of what every command's --help says.

    \b
    advisor man -o ~/.local/share/man/man1/advisor.1 && man advisor
    """
    from advisor.cli.reference.described import described
    from advisor.cli.reference.man_page import man_page
    from advisor.cli.reference.markdown_pages import pages

    root = click.get_current_context().find_root().command
    assert isinstance(root, click.Group)
    if markdown:
        markdown.mkdir(parents=True, exist_ok=True)
        write_all_whole({markdown / name: page.encode() for name, page in pages(root).items()})
        return
    text = man_page(described(root))
    if output:
        check_outputs(output)
        write_whole(output, text.encode())
    else:
        click.echo(text, nl=False)
