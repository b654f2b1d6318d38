"""The example's pull request, through the action's scripts: it breaks a plan, is told so in a comment, is mended, passes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.ci.conftest import GitHub

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"


def step(script: str, known: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["bash" if script.endswith(".sh") else sys.executable, str(ROOT / "ci" / "github" / script)]
    done = subprocess.run(command, env=known, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_break_comment_fix_pass(tmp_path: Path, github: tuple[GitHub, str]) -> None:
    hub, url = github
    shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    workflow = yaml.safe_load((SHOP / ".github/workflows/plans.yml").read_text())
    asked = workflow["jobs"]["plans"]["steps"][-1]["with"]
    inputs = {
        name: one.get("default", "")
        for name, one in yaml.safe_load((ROOT / "action.yml").read_text())["inputs"].items()
    }
    given = {f"ADVISOR_{name.upper().replace('-', '_')}": value for name, value in {**inputs, **asked}.items()}
    known = {
        **os.environ, **given,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ADVISOR_DIRECTORY": str(tmp_path / "shop"), "ADVISOR_OUT": str(tmp_path / "out"), "ADVISOR_PULL_REQUEST": "7",
        "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_REPOSITORY": "o/r", "GITHUB_API_URL": url, "GH_TOKEN": "secret",
    }  # fmt: skip

    def push(revision: str) -> tuple[str, str]:
        """Return the exit status and what the log holds after a push of this revision."""
        shutil.copy(SHOP / "pull_request" / revision, tmp_path / "shop" / "migrations" / "versions" / "0002.py")
        Path(known["GITHUB_OUTPUT"]).unlink(missing_ok=True)
        told = step("check.sh", known)
        step("comment.py", known)
        return Path(known["GITHUB_OUTPUT"]).read_text().strip(), told.stdout

    assert (status := push("broken.py"))[0] == "status=1"
    assert "::error file=migrations/versions/0002.py,line=13,title=PLN001 index-lost::" in status[1]
    (comment,) = hub.comments
    assert comment["body"].startswith("<!-- advisor check -->\n\n**FAILED: 2 queries checked, 1 failed")
    assert "ix_orders_customer_id_placed is gone" in comment["body"]
    assert "+   Sort by placed DESC" in comment["body"]
    assert comment["body"] == (tmp_path / "summary").read_text()

    assert (status := push("fixed.py"))[0] == "status=0"
    assert "::error" not in status[1]
    assert hub.comments == [comment] and comment["body"].startswith("<!-- advisor check -->\n\n**passed: 2 queries")
