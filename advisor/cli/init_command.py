"""`advisor init`: configuration, a CI job and the snapshot recipe for a team's repository."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.project.laid_down import lay_down
from advisor.cli.project.team_files import PLACES, RECIPE, Team, has_configuration, team_files
from advisor.errors import UsageError


@click.command(short_help="Write configuration, a CI job and the snapshot recipe into a repository.")
@click.argument("folder", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--ci", type=click.Choice([*PLACES, "none"]), default="github", show_default=True, help="For which CI.")
@click.option("--snapshot", default="prod", show_default=True, metavar="DIR", help="Where the snapshot is to lie.")
@click.option("--baseline", default="plans.json", show_default=True, metavar="FILE", help="Where accepted plans lie.")
@click.option("--alembic", metavar="FILE", help="Alembic's configuration; alembic.ini where it is there.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def command(folder: Path, ci: str, snapshot: str, baseline: str, alembic: str | None, force: bool) -> None:
    """Write advisor.toml, the plan gate as a CI job, and take-snapshot.sh into DIR (the working directory).

    Nothing is replaced unless --force says so, and pyproject.toml is never touched.
    """
    if has_configuration(folder) and not force:
        raise UsageError(
            "pyproject.toml has [tool.advisor] already, and advisor.toml would win over it",
            where=str(folder / "pyproject.toml"),
            do="keep it there, or pass --force",
        )
    if alembic is None and (folder / "alembic.ini").is_file():
        alembic = "alembic.ini"
    files = team_files(Team(snapshot, baseline, alembic), None if ci == "none" else ci)
    lay_down(folder, files, force=force, modes={RECIPE: 0o755})
    click.echo("\n".join(f"written: {folder / name}" for name in files), err=True)
    click.echo(
        f"next: DATABASE_URL=… ./{RECIPE}, then\n"
        f"      advisor check QUERIES.log --snapshot {snapshot} --baseline {baseline} --update-baseline\n"
        f"      and commit {snapshot}/ and {baseline}",
        err=True,
    )
