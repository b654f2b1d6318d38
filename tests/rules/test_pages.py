"""Every rule explains itself, and the documentation says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.cli.rule_command import command
from advisor.errors import UsageError
from advisor.gate.pages import gate_pages
from advisor.rules.discover import Documented, all_rules, matching
from advisor.rules.page import SECTIONS, documentation, evidence_keys, page, sections, summary
from advisor.rules.rule import Rule

DOCS = Path(__file__).parents[2] / "docs" / "rules"


@pytest.mark.parametrize("rule", (*all_rules(), *gate_pages()), ids=lambda rule: rule.name)
def test_a_rule_has_a_code_a_name_and_a_page_with_every_section(rule: Documented) -> None:
    assert re.fullmatch(r"(NPO|IDX|SQL|CAC|BAT|CON|PRE|STA|MIG|ENV|PLN|CAP)\d{3}", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert sections(rule) == SECTIONS
    assert 20 < len(summary(rule)) < 110


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_a_rule_says_what_each_key_of_its_evidence_means(rule: Rule) -> None:
    assert rule.evidence is not None
    keys = evidence_keys(rule.evidence)
    assert keys and all(meaning.endswith(".") for _, _, meaning in keys), keys
    assert all(f"| `{name}` |" in page(rule) for name, _, _ in keys)


def test_no_two_rules_share_a_code_or_a_name() -> None:
    assert len({rule.code for rule in all_rules()}) == len(all_rules())
    assert len({rule.name for rule in all_rules()}) == len(all_rules())


def test_the_documentation_is_what_the_docstrings_say() -> None:
    """Stale? Run `advisor rule --write docs/rules`."""
    written = {path.name: path.read_text(encoding="utf-8") for path in DOCS.iterdir()}
    assert written == documentation(gate_pages())


def test_advisor_rule_prints_a_page_by_code_and_by_name() -> None:
    by_code = CliRunner().invoke(command, ["npo001"]).output
    by_name = CliRunner().invoke(command, ["n-plus-one"]).output
    assert by_code == by_name == page(matching(["NPO001"])[0])


def test_advisor_rule_lists_all_rules() -> None:
    listed = CliRunner().invoke(command, []).output.splitlines()
    assert [line.split()[0] for line in listed] == [rule.code for rule in (*all_rules(), *gate_pages())]


def test_advisor_rule_writes_the_documentation(tmp_path: Path) -> None:
    assert CliRunner().invoke(command, ["--write", str(tmp_path / "rules")]).exit_code == 0
    assert {path.name for path in (tmp_path / "rules").iterdir()} == set(documentation(gate_pages()))


def test_a_family_means_all_its_rules() -> None:
    assert {rule.code for rule in matching(["BAT"])} == {rule.code for rule in all_rules() if rule.code[:3] == "BAT"}


def test_an_unknown_rule_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError) as refused:
        matching(["n-plus-two"])
    assert refused.value.do == "did you mean n-plus-one?"


def test_every_code_of_the_gate_has_a_page() -> None:
    sources = (Path(__file__).parents[2] / "advisor" / "gate").rglob("*.py")
    codes = {code for path in sources for code in re.findall(r'"((?:PLN|MIG)\d{3})"', path.read_text(encoding="utf-8"))}
    assert codes == {page.code for page in gate_pages()}


def test_several_may_be_given_with_commas() -> None:
    chosen = {rule.code[:3] for rule in matching(["NPO,CAC", "bat"])}
    assert chosen == {"NPO", "CAC", "BAT"}
    for empty in ("", "NPO,", ","):
        with pytest.raises(UsageError, match="means no rule"):
            matching([empty])
