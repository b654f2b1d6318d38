"""One run of the demo for all tests of this folder."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Demo:
    folder: Path
    status: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.folder / "report.json").read_text())


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "out"
    command = [sys.executable, "-c", "from advisor.cli.main import main; main()", "demo", "-o", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder.parent)
    return Demo(folder, done.returncode, done.stdout, done.stderr)
