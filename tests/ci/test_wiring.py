"""The action, the GitLab template and the hooks: they parse, name what exists, and let no input become shell."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from advisor.cli.check_command import command as check_command
from advisor.output.verdicts import verdict_formats
from tests.ci.conftest import GitHub

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]
GITLAB = yaml.safe_load((ROOT / "ci/gitlab/plan-gate.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
EVIL = '"; touch owned; echo "$(touch owned)`touch owned`'


def test_no_script_of_the_action_holds_an_expression() -> None:
    """`${{ inputs.x }}` within `run:` is pasted into the script before the shell sees it."""
    assert ACTION["runs"]["using"] == "composite"
    for step in STEPS:
        assert "${{" not in step["run"], step["name"]
        assert step["shell"] == "bash"
    for script in (ROOT / "ci/github").glob("*.*"):
        assert "${{" not in script.read_text()


def test_every_input_reaches_a_step_as_environment_and_no_other_is_read() -> None:
    text = (ROOT / "action.yml").read_text()
    read = set(re.findall(r"inputs\.([\w-]+)", text))
    assert read == set(ACTION["inputs"])
    given = {name for step in STEPS for name in step.get("env", {})}
    scripts = "".join(path.read_text() for path in (ROOT / "ci/github").glob("*.*")) + "".join(s["run"] for s in STEPS)
    assert set(re.findall(r"\bADVISOR_[A-Z_]+", scripts)) == {name for name in given if name.startswith("ADVISOR_")}
    assert all(one.get("description") for one in [*ACTION["inputs"].values(), *ACTION["outputs"].values()])


def test_the_action_says_which_permissions_it_needs() -> None:
    assert "pull-requests: write" in (ROOT / "action.yml").read_text().split("name:")[0]
    workflow = re.search(r"```yaml\n(# \.github.*?)```", (ROOT / "docs/formats.md").read_text(), re.S)
    assert workflow
    documented = yaml.safe_load(workflow[1])
    assert documented["permissions"] == {"contents": "read", "pull-requests": "write"}
    (used,) = [step["with"] for step in documented["jobs"]["plans"]["steps"] if "pgadvisor" in step["uses"]]
    assert set(used) <= set(ACTION["inputs"])


def test_templates_name_options_and_formats_that_exist() -> None:
    options = {name for option in check_command.params for name in option.opts}
    (job,) = (GITLAB[name] for name in GITLAB if name != "variables")
    texts = [" ".join(job["script"][1:]), (ROOT / "ci/github/check.sh").read_text()]
    for text in texts:
        assert set(re.findall(r"(?<!\S)(--[a-z-]+)", text.replace("(", " "))) <= options
        assert set(re.findall(r'--format "?([a-z]+)', text)) <= set(verdict_formats())
    written = re.findall(r"--format [a-z]+=(\S+)", texts[0])
    assert sorted(job["artifacts"]["reports"].values()) == sorted(written)
    assert not re.search(r"(?<![\"A-Z:+}])\$ADVISOR", texts[0])  # quoted wherever it is used


def test_the_gitlab_script_takes_variables_as_words(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "advisor"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    fake.chmod(0o755)
    (job,) = (GITLAB[name] for name in GITLAB if name != "variables")
    known = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", **GITLAB["variables"]}
    told = subprocess.run(["sh", "-c", job["script"][1]], cwd=tmp_path, env={**known, "ADVISOR_SNAPSHOT": EVIL, "ADVISOR_INPUT": ""}, capture_output=True, text=True)  # fmt: skip
    words = told.stdout.splitlines()
    assert words[:3] == ["check", "--snapshot", EVIL] and words[-1] == "--", told.stderr
    assert not (tmp_path / "owned").exists()


def test_hooks_run_commands_that_exist() -> None:
    assert {hook["id"] for hook in HOOKS} == {"advisor-env", "advisor-check"}
    for hook in HOOKS:
        assert hook["language"] == "python"
        done = subprocess.run([sys.executable, "-m", *hook["entry"].split(), "--help"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_lint_names_file_and_line_and_needs_no_server(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_text(
        "from alembic import context\nfrom app import engine\n\n\nwith engine.begin() as connection:\n"
        "    context.configure(connection=connection)\n    with context.begin_transaction():\n"
        "        context.run_migrations()\n"
    )
    command = [sys.executable, "-m", "advisor", "lint", "env.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PATH": "", "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert re.match(r"env\.py:\d+: ENV001 ", done.stdout)
    (tmp_path / "env.py").write_text("def (")
    broken = subprocess.run(
        command, cwd=tmp_path, env={"PATH": "", "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert broken.returncode == 2 and "env.py: not readable as Python" in broken.stderr


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, github: tuple[GitHub, str]) -> ModuleType:
    for name, value in (
        ("GITHUB_REPOSITORY", "o/r"), ("GITHUB_API_URL", github[1]), ("GH_TOKEN", "secret"),
        ("ADVISOR_PULL_REQUEST", "7"), ("ADVISOR_OUT", str(tmp_path)), ("ADVISOR_COMMENT_KEY", ""),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("comment", ROOT / "ci/github/comment.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_one_comment_is_posted_and_later_updated_in_place(
    script: ModuleType, github: tuple[GitHub, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = github[0]
    hub.comments += [{"id": n, "user": {"type": "User"}, "body": f"{script.MARKER}\n\nquoted"} for n in range(150)]
    for text in ("**FAILED**", "**passed**"):
        (tmp_path / "comment.md").write_text(f"{script.MARKER}\n\n{text}\n")
        assert script.main() == 0
        ours = [one["body"] for one in hub.comments if one["user"]["type"] == "Bot"]
        assert ours == [f"{script.MARKER}\n\n{text}\n"]  # those of people are left alone
    monkeypatch.setenv("ADVISOR_COMMENT_KEY", "billing --> <b>")
    assert script.main() == 0 and script.main() == 0
    others = [one["body"] for one in hub.comments if one["user"]["type"] == "Bot"][1:]
    assert others == [f"{script.MARKER}\n<!-- billing __ _b_ -->\n\n**passed**\n"]


def test_without_the_right_to_comment_it_says_so_and_goes_on(
    script: ModuleType, github: tuple[GitHub, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    github[0].refused = 403
    (tmp_path / "comment.md").write_text(f"{script.MARKER}\n\nx\n")
    assert script.main() == 0
    told = capsys.readouterr().out
    assert "pull-requests: write" in told and "secret" not in told


def test_the_check_script_takes_inputs_as_words_and_hands_the_status_on(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "advisor"
    fake.write_text(
        '#!/bin/bash\nprintf "%s\\n" "$@" > words\nfor word; do case $word in github=*) echo "::error::x" > "${word#*=}";;'
        ' markdown=*) echo "<!-- advisor check -->" > "${word#*=}";; esac; done\nexit 1\n'
    )
    fake.chmod(0o755)
    known = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "ADVISOR_OUT": str(tmp_path / "out"), "ADVISOR_DIRECTORY": str(tmp_path),
        "ADVISOR_SNAPSHOT": EVIL, "ADVISOR_BASELINE": "plans.json", "ADVISOR_ALEMBIC": "", "ADVISOR_FAIL_LEVEL": "fail",
        "ADVISOR_SARIF": "a b.sarif", "ADVISOR_JUNIT": "", "ADVISOR_ARGUMENTS": "--role\n$(touch owned)\n", "ADVISOR_INPUTS": f"a.log\n{EVIL}",
        "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }  # fmt: skip
    done = subprocess.run(
        ["bash", str(ROOT / "ci/github/check.sh")], env=known, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    words = (tmp_path / "words").read_text().splitlines()
    assert words[:3] == ["check", "--snapshot", EVIL]
    assert words[words.index("--role") + 1] == "$(touch owned)"
    assert words[words.index("--") + 1 :] == ["a.log", EVIL]
    assert "sarif=a b.sarif" in words
    assert not (tmp_path / "owned").exists()
    assert (tmp_path / "output").read_text() == "status=1\n"
    assert done.stdout == "::error::x\n"
    assert (tmp_path / "summary").read_text() == "<!-- advisor check -->\n"
