"""A tag releases: the changelog is built by towncrier, version and tag agree, links work on an index page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PREPARE = ROOT / "ci/release/prepare.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("README.md", "CHANGELOG.md", "pyproject.toml", "advisor/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "changes", tmp_path / "changes")
    return tmp_path


def prepare(folder: Path, tag: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, "TAG": tag, "REPOSITORY": "https://forge.example/team/pgadvisor"}
    return subprocess.run([sys.executable, str(PREPARE)], cwd=folder, env=known, capture_output=True, text=True)


def version(folder: Path, text: str) -> None:
    path = folder / "advisor/__init__.py"
    path.write_text(re.sub(r'__version__ = "[^"]+"', f'__version__ = "{text}"', path.read_text()))


def towncrier(folder: Path, text: str) -> None:
    command = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", text, "--date", "2026-12-01"]
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_release_gathers_every_fragment_and_makes_its_links_absolute(checkout: Path) -> None:
    fragments = [path.read_text().split()[0] for path in sorted((checkout / "changes").glob("*.*.md"))]
    version(checkout, "0.7.0")
    towncrier(checkout, "0.7.0")
    done = prepare(checkout, "v0.7.0")
    assert done.returncode == 0, done.stderr
    notes = (checkout / "notes.md").read_text()
    assert len(fragments) > 20 and len(re.findall(r"^- ", notes, re.MULTILINE)) >= len(fragments)
    readme = (checkout / "README.md").read_text()
    links = re.findall(r"\]\(([^)]+)\)", readme)
    assert links and all(link.startswith("https://forge.example/team/pgadvisor/") for link in links)


@pytest.mark.parametrize("tag", ["v0.7.1", "0.6.9"])
def test_a_tag_that_is_not_the_version_releases_nothing(checkout: Path, tag: str) -> None:
    version(checkout, "0.7.0")
    towncrier(checkout, "0.7.0")
    before = (checkout / "README.md").read_text()
    done = prepare(checkout, tag)
    assert done.returncode == 1 and "0.7.0" in done.stderr
    assert (checkout / "README.md").read_text() == before


def test_a_version_without_its_changelog_is_not_released(checkout: Path) -> None:
    version(checkout, "0.7.0")
    done = prepare(checkout, "v0.7.0")
    assert done.returncode == 1 and "towncrier build --version 0.7.0" in done.stderr


def test_the_workflow_and_the_image_name_files_that_exist_and_no_expression_becomes_shell() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert not [run for run in runs if "${{" in run]
    assert any("ci/release/prepare.py" in run for run in runs) and workflow["permissions"] == {"contents": "read"}
    for name in re.findall(r"^COPY (?!--from)(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        assert (ROOT / name).exists()
