"""Opens a team's Alembic configuration: it is read, and so are the revisions; nothing of the checkout runs."""

from __future__ import annotations

import contextlib
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import RevisionError
from advisor.revisions.project.hidden_locations import locations_in

_LOCATION = "script_location"

if TYPE_CHECKING:
    from alembic.config import Config

    from advisor.revisions.project.scripts import ReadScripts


def open_config(path: Path, section: str = "alembic") -> Config:
    """Return Alembic's configuration from an `alembic.ini` or a `pyproject.toml` (or the folder that holds them).

    As Alembic does, an ini file and the pyproject.toml beside it are read together. Where `section` names no scripts
    and one other does, it is that one; an ini file without any, beside its env.py, is Flask-Migrate's. Raises
    `RevisionError`.
    """
    from alembic.config import Config

    path = _flask(path) or path
    folder = path if path.is_dir() else path.parent
    ini = folder / "alembic.ini" if path.is_dir() or path.name == "pyproject.toml" else path
    toml = folder / "pyproject.toml"
    if not path.exists() or not (ini.is_file() or toml.is_file()):
        raise RevisionError("there is no Alembic configuration", where=str(path), do="name an alembic.ini")
    config = Config(ini if ini.is_file() else None, toml_file=toml if toml.is_file() else None, ini_section=section)
    with readable(path):
        if config.get_alembic_option("script_location") is None:
            _find_scripts(config, path)
    return config


def _flask(path: Path) -> Path | None:
    """Return the `migrations/alembic.ini` of Flask-Migrate, where that is the only one and no other file was named."""
    if path.name != "alembic.ini" and not path.is_dir():
        return None
    ini = (path if path.is_dir() else path.parent) / "migrations" / "alembic.ini"
    missing = not path.exists() or (path.is_dir() and not (path / "alembic.ini").exists())
    return ini if missing and ini.is_file() and (ini.parent / "env.py").is_file() else None


def _find_scripts(config: Config, path: Path) -> None:
    """Let the configuration name its scripts: another section's, or the folder of the file itself."""
    sections = [name for name in config.file_config.sections() if config.file_config.has_option(name, _LOCATION)]
    home = configuration_file(config).parent
    if len(sections) == 1:
        config.config_ini_section = sections[0]
    elif sections:
        what = f"no script_location in section [{config.config_ini_section}]"
        raise RevisionError(what, where=str(path), do=f"choose --name {' or --name '.join(sections)}")
    elif (home / "env.py").is_file():
        config.set_main_option(_LOCATION, str(home).replace("%", "%%"))
    else:
        what = f"no script_location in section [{config.config_ini_section}]"
        raise RevisionError(what, where=str(path), do="run `alembic init` first")


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


def configuration_file(config: Config) -> Path:
    """Return the file that a configuration was read from."""
    return Path(str(config.config_file_name or config.toml_file_name)).absolute()


def script_folder(config: Config) -> Path:
    """Return the folder with `env.py` that the configuration names. Raises `RevisionError` when there is none."""
    where = configuration_file(config)
    with readable(where):
        folder = located(str(config.get_alembic_option("script_location")), config)
    if not folder.is_dir():
        raise RevisionError(f"there is no folder {folder}", where=str(where), do="correct script_location")
    return folder


def python_paths(config: Config) -> list[str]:
    """Return the folders that `prepend_sys_path` puts before Python's own, absolute.

    Relative ones start from the configuration's folder, from which `alembic` is run.
    """
    home = configuration_file(config).parent
    with readable(configuration_file(config)):
        return [str((home / path).absolute()) for path in config.get_prepend_sys_paths_list() or ()]


def located(name: str, config: Config) -> Path:
    """Return the folder that a setting names: a path, or `package:path`; a package is looked up, not imported."""
    home = configuration_file(config).parent
    if ":" in name and not Path(name).is_absolute():
        package, *below = name.split(":")
        return _package(package, [*python_paths(config), str(home), *sys.path]).joinpath(*below).absolute()
    if not Path(name).is_dir() and (home / name).is_dir():
        return (home / name).absolute()
    return Path(name).absolute()


def _package(name: str, paths: Sequence[str]) -> Path:
    """Return a package's folder, found the way an import finds it; raises `RevisionError` when there is none."""
    searched: Sequence[str] = paths
    for part in name.split("."):
        spec = importlib.machinery.PathFinder.find_spec(part, searched)
        if spec is None or not spec.submodule_search_locations:
            raise RevisionError(f"there is no package {name}", do="name its folder in prepend_sys_path")
        searched = list(spec.submodule_search_locations)
    return Path(searched[0])


def open_scripts(
    config: Config, *, date: datetime | None = None, extra: Path | None = None, hooks: bool = True
) -> ReadScripts:
    """Return the version history, every revision read and none run; new ones carry `date` as their Create Date.

    `extra` is one more version folder, into which a dry run writes. Without `hooks` no post-write hook will run.
    Raises `RevisionError`.
    """
    from advisor.revisions.project.scripts import ReadScripts

    folder = script_folder(config)
    with readable(configuration_file(config)):
        names = config.get_version_locations_list() or locations_in(folder / "env.py")
        places = [str(located(name, config)) for name in names]
        if extra:
            places = [*(places or [str(folder / "versions")]), str(extra)]
        length = config.get_alembic_option("truncate_slug_length")
        scripts = ReadScripts(
            folder,
            file_template=config.get_alembic_option("file_template", "%(rev)s_%(slug)s"),
            truncate_slug_length=int(length) if length is not None else None,
            output_encoding=config.get_alembic_option("output_encoding", "utf-8"),
            version_locations=places or None,
            timezone=config.get_alembic_option("timezone"),
            recursive_version_locations=config.get_alembic_boolean_option("recursive_version_locations"),
            messaging_opts={"quiet": True},
        )
        scripts.after_write = config.get_hooks_list() if hooks else []
        if date:
            utc = date if date.tzinfo is None else date.astimezone(UTC).replace(tzinfo=None)
            scripts.moment = utc.replace(microsecond=0)
        list(scripts.walk_revisions())
    return scripts
