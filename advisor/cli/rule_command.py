"""`advisor rule`: the list of rules, or the page of one."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.whole_file import write_all_whole


@click.command()
@click.argument("rule", required=False)
@click.option("--write", type=click.Path(file_okay=False, path_type=Path), help="Write all pages into this folder.")
def command(rule: str | None, write: Path | None) -> None:
    """Print the page of RULE (a code, a name, a family, or several with commas between), or list all rules.

    The codes of the plan gate (PLN…) are among them.
    """
    from advisor.gate.pages import gate_pages
    from advisor.rules.discover import Documented, all_rules, among
    from advisor.rules.page import documentation, page, summary

    known: list[Documented] = [*all_rules(), *gate_pages()]
    if write:
        write.mkdir(parents=True, exist_ok=True)
        pages = documentation(gate_pages())
        write_all_whole({write / name: text.encode() for name, text in pages.items()})
    elif rule:
        click.echo("\n".join(page(found) for found in among(known, [rule])), nl=False)
    else:
        for found in known:
            click.echo(f"{found.code}  {found.name:<34}  {summary(found)}")
