"""`advisor export-sql`: the queries of a snapshot as files, for a machine that has psql and no Python."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.project.bundled import bundled
from advisor.cli.project.laid_down import lay_down


@click.command(short_help="Write the files that take a snapshot with psql alone.")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace files of the same names.")
def command(folder: Path, force: bool) -> None:
    """Write the export queries and preflight.sql into DIR, to be read, taken along and run with psql.

    \b
    advisor export-sql pgadvisor-sql
    psql -X -q -d mydatabase -f pgadvisor-sql/snapshot.sql    # in the folder that is to hold the snapshot
    """
    source = bundled("sql")
    files = {path.name: path.read_bytes() for path in sorted((source / "export").iterdir()) if path.is_file()}
    files["preflight.sql"] = (source / "preflight.sql").read_bytes()
    lay_down(folder, files, force=force)
    click.echo(f"{len(files)} files written to {folder}; {folder / 'README.md'} says what each does", err=True)
    script = folder.absolute() / "snapshot.sql"
    click.echo(f"next: umask 077; mkdir snapshot; cd snapshot; psql -X -q -d DATABASE -f {script}", err=True)
