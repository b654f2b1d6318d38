"""No flag, key, rule, exit status or file is undocumented; nothing documented is missing; no link is dead."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import click
import pytest

from advisor.capture.limits import Limits
from advisor.cli.main import SUMMARIES, advisor_group
from advisor.cli.reference.described import described
from advisor.cli.reference.markdown_pages import pages
from advisor.gate.pages import gate_pages
from advisor.indexes.chosen_rules import RULES
from advisor.indexes.decision import Decision
from advisor.output.schemas import FILES
from advisor.rules.context import RuleOptions
from advisor.rules.discover import all_rules
from advisor.rules.suppress import Suppression
from tests.manual.blocks import PAGES, blocks

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
COMMANDS = list(described(advisor_group))


def test_the_generated_pages_are_those_that_the_code_makes() -> None:
    made = pages(advisor_group)
    assert {path.name: path.read_text() for path in REFERENCE.iterdir()} == made, "run: make docs"


def test_every_flag_says_what_it_does_and_stands_on_the_page_of_commands() -> None:
    page = (REFERENCE / "cli.md").read_text()
    bare = [(one.name, flag.names) for one in COMMANDS for flag in one.flags if not flag.help.strip()]
    assert bare == []
    known = 0
    for one in COMMANDS:
        section = re.search(rf"^## {re.escape(one.name)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        assert section, one.name
        for flag in one.flags:
            assert f"`{flag.names}`".replace("|", "\\|") in section[1] or "<" in flag.names, (one.name, flag.names)
            known += 1
    assert known > 100 and len(COMMANDS) >= len(SUMMARIES) - 1


def test_every_key_of_the_configuration_stands_on_its_page_with_a_meaning() -> None:
    page = (REFERENCE / "configuration.md").read_text()
    typed = {"rules": RuleOptions, "suppress": Suppression, "proposals": Decision, "limit": Limits}
    wanted = {(head, field.name) for head, kind in typed.items() for field in fields(kind)}
    for head, name in wanted | {("selection", rule) for rule in RULES}:
        (section,) = re.findall(rf"^## `\[*{head}\]*`.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        row = re.search(rf"^\| `{name}` \|.*\| (.+) \|$", section, re.MULTILINE)
        assert row and len(row[1]) > 10, name
    keys = {flag.long for one in COMMANDS if one.name.count(" ") == 1 for flag in one.flags} - {"", "help", "verbose"}
    for key in keys - {"url", "password", "standby"}:
        assert f"| `{key}` |" in page, key


def test_every_exit_status_that_the_code_can_end_with_is_on_the_page() -> None:
    table = (REFERENCE / "cli.md").read_text().partition("## advisor")[0]
    documented = {
        int(number) for row in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for number in row.split(", ")
    }
    source = "".join(
        path.read_text()
        for path in [*(ROOT / "advisor/cli").rglob("*.py"), ROOT / "advisor/entry.py", ROOT / "advisor/errors.py"]
    )
    coded = {
        int(number) for number in re.findall(r"(?:exit\(|_exit\(|status = |exit_status = |sys\.exit\()(\d+)\b", source)
    }
    assert coded and coded <= documented, coded - documented


def test_every_rule_and_every_code_of_the_gate_has_a_page_that_the_index_names() -> None:
    index = (ROOT / "docs/rules/README.md").read_text()
    for one in [*all_rules(), *gate_pages()]:
        if one.__class__.__module__.startswith("advisor."):
            assert f"({one.code}-{one.name}.md)" in index and (ROOT / f"docs/rules/{one.code}-{one.name}.md").is_file()


def test_every_file_with_a_schema_is_on_the_page_of_files() -> None:
    page = (REFERENCE / "files.md").read_text()
    assert [name for name in FILES if f"[`{name}`]" not in page] == []


def _commands() -> list[tuple[str, list[str]]]:
    """Return the `advisor …` lines of every block, and of every piece of code in the text."""
    found = []
    for block in blocks():
        for line in block.text.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|\s|;\s|>\s", line.partition("  #")[0]):
                if (part := re.sub(r"^\s*(?:- run: |- )?", "", part)).startswith("advisor "):
                    found.append((block.page, part))
    for page in PAGES:
        text = re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        found += [(str(page.relative_to(ROOT)), part) for part in re.findall(r"`(advisor [^`]+)`", text)]
    return [(page, shlex.split(re.sub(r"['\"]", "", part))) for page, part in found]


def test_every_command_and_flag_that_a_page_names_exists() -> None:
    context = click.Context(advisor_group)
    seen = 0
    for page, words in _commands():
        groupwide = {"--help", "-h", "--version", "--config", "--isolated"}
        command = next((word for word in words[1:] if re.fullmatch(r"[a-z][a-z-]+", word)), "")
        found = advisor_group.get_command(context, command)
        if found is None:
            assert set(words[1:]) <= groupwide or command == "" or command in SUMMARIES, (page, words)
            continue
        below = [*found.commands.values()] if isinstance(found, click.Group) else []
        options = {
            name for one in [found, *below] for option in one.params for name in [*option.opts, *option.secondary_opts]
        }
        unknown = [
            word
            for word in words
            if re.match(r"--?[a-zA-Z]", word) and word.partition("=")[0] not in options | groupwide
        ]
        assert unknown == [], (page, words)
        seen += 1
    assert seen > 60


def _anchor(heading: str) -> str:
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[\s]", "-", re.sub(r"[^\w\s-]", "", plain))


def test_no_link_of_the_repository_is_dead() -> None:
    everything = [
        *PAGES,
        *ROOT.glob("docs/rules/*.md"),
        *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md")),
        *ROOT.glob("sql/**/*.md"),
    ]
    dead, seen = [], 0
    for page in everything:
        text = re.sub(r"^ *```.*?^ *```|`[^`\n]*`", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\((?!https?://|mailto:)([^)\s]+)\)", text):
            name, _, anchor = target.partition("#")
            file = (page.parent / name).resolve() if name else page
            seen += 1
            if not file.exists():
                dead.append((page.name, target))
            elif anchor and file.suffix == ".md":
                headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
                if anchor not in {_anchor(heading) for heading in headings}:
                    dead.append((page.name, target))
    assert dead == [] and seen > 150


def test_every_page_can_be_reached_from_the_first_one() -> None:
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page not in reached and page.suffix == ".md" and page.is_file():
            reached.add(page)
            todo += [(page.parent / link).resolve() for link in re.findall(r"\]\(([^)#\s:]+)", page.read_text())]
    missing = {str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md")} - {
        str(one.relative_to(ROOT)) for one in reached if one.is_relative_to(ROOT)
    }
    assert missing == set()


def test_the_manual_is_built_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    site = tmp_path / "site"
    assert (site / "search" / "search_index.js").is_file()  # search works from disk
    fetched = re.compile(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["']?(https?://[^"' >]+)""")
    asked = {link for page in site.rglob("*.html") for link in fetched.findall(page.read_text())}
    assert asked == set()
    assert len(list(site.rglob("*.html"))) > 80
    shutil.rmtree(site)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_no_path_of_a_machine(page: Path) -> None:
    assert not re.search(r"/(?:root|home/\w+|work|tmp/\w+)/", page.read_text().replace("$PWD:/work", ""))
