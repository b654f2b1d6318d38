"""`advisor rule`: the list of rules, or the page of one."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("rule", required=False)
@click.option("--write", type=click.Path(file_okay=False, path_type=Path), help="Write all pages into this folder.")
def command(rule: str | None, write: Path | None) -> None:
    """Print the page of RULE (a code or a name), or list all rules."""
    from advisor.rules.discover import all_rules, matching
    from advisor.rules.page import documentation, page, summary

    if write:
        write.mkdir(parents=True, exist_ok=True)
        for name, text in documentation().items():
            (write / name).write_text(text, encoding="utf-8")
    elif rule:
        click.echo("\n".join(page(found) for found in matching([rule])), nl=False)
    else:
        for found in all_rules():
            click.echo(f"{found.code}  {found.name:<34}  {summary(found)}")
