"""A configuration file sets defaults, flags win, and a slip of the pen is caught."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from advisor.config import Setting, find_config, read_config, suppressions, thresholds
from advisor.errors import UsageError
from advisor.rules.thresholds import read_thresholds

FORM = Setting("form")
OPTIONS = {
    "advise": {
        "budget": Setting("budget"),
        "format": FORM,
        "url": Setting("url"),
        "tag": Setting("tags", several=True),
    },
    "check": {"format": FORM},
}


def written(folder: Path, text: str, name: str = "advisor.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_key_at_the_top_holds_for_every_command_that_has_it(tmp_path: Path) -> None:
    path = written(tmp_path, 'format = "json"\n[advise]\nformat = "text"\nbudget = "2GB"\n')
    assert read_config(path, OPTIONS) == {"advise": {"form": "text", "budget": "2GB"}, "check": {"form": "json"}}


def test_pyproject_counts_only_with_our_table(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    written(inner, "[tool.other]\n", "pyproject.toml")
    assert find_config(inner) is None or tmp_path not in find_config(inner).parents  # type: ignore[union-attr]
    own = written(tmp_path, "[tool.advisor]\nformat = 'json'\n", "pyproject.toml")
    assert find_config(inner) == own
    assert read_config(own, OPTIONS)["check"] == {"form": "json"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("formt = 'json'", "did you mean format?"),
        ("[advise]\nbugdet = '1GB'", "did you mean budget?"),
        ("[chekc]\nformat = 'json'", "did you mean check?"),
        ("url = 'postgresql://me:secret@host/db'", "may not stand in a file"),
        ("format = ", "not valid TOML"),
        ("advise = 4", "advise is no table"),
        ("format = ['json']", "format takes one value"),
        ("format = { text = 1 }", "format takes one value"),
        ("[advise]\nbudget = 2026-01-01", "advise.budget takes one value"),
        ("[advise]\ntag = [['a']]", "advise.tag takes several values"),
    ],
)
def test_what_cannot_be_meant_is_an_error_with_a_remedy(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_config(written(tmp_path, text), OPTIONS)
    assert complaint in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\nadvisor = 3\n", "tool = ['advisor']\n"])
def test_a_pyproject_that_is_none_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text, "pyproject.toml")
    with pytest.raises(UsageError, match="is no table"):
        read_config(find_config(tmp_path) or path, OPTIONS)


def test_an_option_that_may_be_repeated_takes_a_list(tmp_path: Path) -> None:
    path = written(tmp_path, "[advise]\ntag = ['a', 'b']\n")
    assert read_config(path, OPTIONS)["advise"] == {"tags": ["a", "b"]}


def test_suppressions_stand_beside_options(tmp_path: Path) -> None:
    text = 'format = "json"\n[[suppress]]\nid = "abc"\nreason = "a nightly job"\n'
    path = written(tmp_path, text)
    assert read_config(path, OPTIONS)["check"] == {"form": "json"}
    assert suppressions(path) == ({"id": "abc", "reason": "a nightly job"},)


def test_a_suppression_that_is_no_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no list of tables"):
        suppressions(written(tmp_path, 'suppress = ["abc"]'))


def test_thresholds_of_the_rules_stand_in_a_table_of_their_own(tmp_path: Path) -> None:
    path = written(tmp_path, 'format = "json"\n[rules]\nunit_budget = 250\nbudgets = { nightly = 5000 }\n')
    assert read_config(path, OPTIONS)["check"] == {"form": "json"}
    options = read_thresholds(thresholds(path), str(path))
    assert (options.unit_budget, options.budgets, options.loop_minimum) == (250, {"nightly": 5000}, 5)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[rules]\nunit_buget = 3", "did you mean unit_budget?"),
        ("[rules]\nunit_budget = 'many'", "rules.unit_budget: expected int, got str"),
        ("rules = 3", "rules is no table"),
    ],
)
def test_a_threshold_that_cannot_be_meant_is_an_error(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_thresholds(thresholds(written(tmp_path, text)), "advisor.toml")
    assert complaint in str(caught.value)


DESTINED = {
    command: {name: Setting(name.replace("-", "_"), several=name in {"standby", "format"}) for name in names}
    for command, names in {
        "advise": ["save", "output-file", "twin", "snapshot", "format", "write", "update-baseline"],
        "capture": ["output", "scheduler", "format"],
        "snapshot": ["output", "standby"],
        "verify": ["data", "twin", "pass-env", "python", "snapshot"],
        "twin": ["url", "snapshot"],
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("at_top", [True, False])
@pytest.mark.parametrize(
    "line",
    [
        "advise.twin = 'postgresql://u:secret@host/db'", "advise.twin = 'host=h password=secret'", "advise.save = '/secret'",
        "advise.output-file = '/secret'", "capture.output = '/secret'", "capture.scheduler = 'tcp://secret:1'",
        "verify.data = 'postgresql://secret'", "verify.pass-env = 'secret'", "verify.python = '/secret'",
        "snapshot.standby = ['postgresql://secret']", "twin.url = 'postgresql://secret'", "advise.write = true",
        "advise.update-baseline = true", "advise.format = 'json=/secret'", "advise.format = ['text', 'sarif=/secret']",
    ],
)  # fmt: skip
def test_a_file_found_in_a_checkout_names_no_destination(tmp_path: Path, line: str, at_top: bool) -> None:
    path = written(tmp_path, line.split(".", 1)[1] if at_top else line)
    with pytest.raises(UsageError, match="a configuration file that lies in the folder may not") as caught:
        read_config(path, DESTINED, found=True)
    assert "on the command line" in str(caught.value) and "--config" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_was_named_may_say_where_to_write(tmp_path: Path) -> None:
    path = written(tmp_path, "[advise]\nsave = 'report.json'\ntwin = 'postgresql://host/db'\n")
    assert read_config(path, DESTINED)["advise"] == {"save": "report.json", "twin": "postgresql://host/db"}


def test_a_key_may_be_called_like_a_command(tmp_path: Path) -> None:
    path = written(tmp_path, "snapshot = 'prod/'\ntwin = 'embedded'\n[verify]\nsnapshot = 'other/'\n")
    read = read_config(path, DESTINED, found=True)
    assert read["advise"] == {"snapshot": "prod/", "twin": "embedded"} and read["snapshot"] == {}
    assert read["verify"] == {"snapshot": "other/", "twin": "embedded"} and read["twin"] == {"snapshot": "prod/"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "advisor", *arguments], capture_output=True, text=True, check=False)


def test_config_shows_what_is_in_force_and_finds_a_wrong_value(tmp_path: Path) -> None:
    good = "snapshot = 'prod/'\n[advise]\nbudget = '2GB'\nselect = ['NPO', 'CAC']\n[rules]\nunit_budget = 250\n"
    good += "[[suppress]]\nid = 'abc'\nreason = 'known'\nexpires = 2030-01-01\n"
    shown = run("--config", str(written(tmp_path, good)), "config", "show")
    assert shown.returncode == 0, shown.stderr
    assert 'budget = "2GB"\nselect = ["NPO", "CAC"]\nsnapshot = "prod/"' in shown.stdout
    assert "[rules]\nunit_budget = 250" in shown.stdout and "expires = 2030-01-01" in shown.stdout
    for text, complaint in (
        ("[advise]\nbudget = 'much'", "advise.budget: 'much' is not a size"),
        ("fail-level = 'sometimes'", "fail-level"),
        ("[[suppress]]\nid = 3\nreason = 'x'", "suppress[0].id: expected str | null, got int"),
        ("[[suppress]]\ntables = 3\nreason = 'x'", "suppress[0].tables: expected array, got int"),
        ("[rules]\nunit_budget = 'x'", "rules.unit_budget: expected int, got str"),
    ):
        refused = run("--config", str(written(tmp_path, text)), "config", "validate")
        assert refused.returncode == 2 and complaint in refused.stderr and "Traceback" not in refused.stderr, refused
    assert run("--config", str(written(tmp_path, good)), "config", "validate").stdout.endswith("valid\n")
