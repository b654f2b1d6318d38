"""`advisor schema`: the JSON Schemas of the files that other programs may read or write."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.errors import UsageError
from advisor.whole_file import write_all_whole


@click.command(short_help="Print the JSON Schema of a file.")
@click.argument("file", required=False)
@click.option("--write", type=click.Path(file_okay=False, path_type=Path), help="Write all schemas into this folder.")
def command(file: str | None, write: Path | None) -> None:
    """Print the JSON Schema (2020-12) of FILE, or list the files that have one.

    \b
    advisor schema report > report.schema.json
    """
    from advisor.output.schemas import FILES, rendered

    if write:
        write.mkdir(parents=True, exist_ok=True)
        write_all_whole({write / f"{name}.schema.json": rendered(name) for name in FILES})
    elif file is None:
        click.echo("\n".join(f"{name:<12}{what}" for name, (_, what) in FILES.items()))
    elif file in FILES:
        click.echo(rendered(file), nl=False)
    else:
        raise UsageError(f"there is no schema {file!r}", do=f"use one of: {', '.join(FILES)}")
