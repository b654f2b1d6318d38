"""Opens a team's Alembic configuration without ever running its `env.py`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import RevisionError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory


def open_config(path: Path, section: str = "alembic") -> Config:
    """Return Alembic's configuration from an `alembic.ini` or a `pyproject.toml` (or the folder that holds them).

    As Alembic does, an ini file and the pyproject.toml beside it are read together. Raises `RevisionError`.
    """
    from alembic.config import Config

    folder = path if path.is_dir() else path.parent
    ini = folder / "alembic.ini" if path.is_dir() or path.name == "pyproject.toml" else path
    toml = folder / "pyproject.toml"
    if not path.exists() or not (ini.is_file() or toml.is_file()):
        raise RevisionError("there is no Alembic configuration", where=str(path), do="name an alembic.ini")
    config = Config(ini if ini.is_file() else None, toml_file=toml if toml.is_file() else None, ini_section=section)
    with readable(path):
        location = config.get_alembic_option("script_location")
    if location is None:
        raise RevisionError(
            f"no script_location in section [{section}]", where=str(path), do="run `alembic init` first"
        )
    if ":" not in location and not Path(location).is_dir() and (folder / location).is_dir():
        config.set_main_option("script_location", str((folder / location).absolute()).replace("%", "%%"))
    return config


@contextlib.contextmanager
def readable(where: Path) -> Iterator[None]:
    """Turn whatever Alembic raises while it reads configuration and history into a `RevisionError` about `where`."""
    from alembic.util import CommandError

    try:
        yield
    except CommandError as error:
        raise RevisionError(str(error), where=str(where), do="make `alembic history` work here first") from error
    except RevisionError:
        raise
    except Exception as error:
        what = f"the Alembic environment cannot be read: {type(error).__name__}: {error}"
        raise RevisionError(what, where=str(where), do="make `alembic history` work here first") from error


def open_scripts(
    config: Config,
    *,
    date: datetime | None = None,
    extra: Path | None = None,
) -> ScriptDirectory:
    """Return the version history, every revision loaded; new revisions carry `date` as their Create Date.

    `extra` is one more version folder, into which a dry run writes. Raises `RevisionError`.
    """
    from alembic.script import ScriptDirectory

    with readable(Path(str(config.config_file_name or config.toml_file_name))):
        scripts = ScriptDirectory.from_config(config)
        if extra:
            scripts.version_locations = [*(str(path) for path in scripts._version_locations), str(extra)]
            vars(scripts).pop("_version_locations", None)
        if date:
            utc = date if date.tzinfo is None else date.astimezone(UTC).replace(tzinfo=None)
            moment = utc.replace(microsecond=0)
            scripts._generate_create_date = lambda: moment  # type: ignore[method-assign]
        # The file is named after the first line of the message, not after the evidence below it.
        scripts._rev_path = _named_after_title(scripts._rev_path)  # type: ignore[method-assign, assignment]
        scripts.messaging_opts = {"quiet": True}
        list(scripts.walk_revisions())
    return scripts


RevisionPath = Callable[[str | os.PathLike[str], str, str | None, datetime], Path]


def _named_after_title(place: RevisionPath) -> RevisionPath:
    def named(path: str | os.PathLike[str], rev_id: str, message: str | None, create_date: datetime) -> Path:
        chosen = place(path, rev_id, (message or "").split("\n", 1)[0], create_date)
        if chosen.exists():
            what = f"{chosen.name} exists already, and Alembic would overwrite it"
            raise RevisionError(what, where=str(path), do="put %(rev)s into file_template")
        return chosen

    return named
