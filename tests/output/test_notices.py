"""Where teams look: each format is what its reader's schema says, with file and line, worst first, and within its limits."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from jsonschema import Draft4Validator
from markdown_it import MarkdownIt

from advisor.gate.rank import ranked
from advisor.gate.verdict import CheckResult, Verdict
from advisor.output.notice import Places
from advisor.output.notices.markdown import LIMIT
from advisor.output.render import render
from advisor.output.report import Report
from advisor.output.verdicts import render_check
from tests.output.test_canary import poisoned

SCHEMAS = Path(__file__).parent / "schemas"
LOST = Verdict(
    "PLN001", "index-lost", "fail", "q1", "SELECT * FROM orders WHERE customer_id = $1", "index ix is gone",
    fix="CREATE INDEX ix ON orders (customer_id)", index="ix", cost_before=8.0, cost_after=900.0,
    revision="r2", file="migrations/r2.py", line=12, shape_before=("Index Scan ix",), shape_after=("Seq Scan orders",),
)  # fmt: skip
GROWN = Verdict("PLN004", "growth", "warn", "q2", "SELECT 1", "orders grew from 10 to 20 rows")
BETTER = Verdict("PLN009", "shape-changed", "info", "q3", "SELECT 2", "another plan at about the same price")
SEEN = {"q1": LOST.text, "q2": "SELECT 1", "q3": "SELECT 2", "q4": "SELECT 4"}
RESULT = CheckResult((LOST, GROWN, BETTER), 4, notes=("a note",), unapplied=("0007: fails",), queries=SEEN)
PASSED = CheckResult((), checked=4, queries=SEEN)
PLACES = Places("/checkout/backend/", "backend/", "plans.json", {"q1": 7, "q2": 40}, "migrations/env.py")
RESULTS = {
    "verdicts": RESULT,
    "passed": PASSED,
    "empty": CheckResult((), 0),
    "twice": CheckResult((LOST, LOST), 1, queries=SEEN),
    "hostile": poisoned(CheckResult),
    "odd": CheckResult((replace(LOST, file="ä b/#?%.py", line=None, cause="\ufffe\uffff"),), 1),
}


def outputs(form: str) -> list[str]:
    found = [render_check(result, form, places) for result in RESULTS.values() for places in (PLACES, Places())]
    return [*found, render(poisoned(Report), form), render(poisoned(Report), form, PLACES)]


def test_sarif_is_what_the_standard_and_code_scanning_say() -> None:
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_bytes())
    for text in outputs("sarif"):
        log = json.loads(text)
        assert [error.message for error in Draft4Validator(schema).iter_errors(log)] == []
        (run,) = log["runs"]
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert len(rules) == len(set(rules))
        for result in run["results"]:
            assert rules[result["ruleIndex"]] == result["ruleId"]
            (location,) = result["locations"]  # code scanning refuses a result without one
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[\w.~/%-]+", uri, re.ASCII) and not uri.startswith("./")
            assert result["partialFingerprints"]


def test_gitlab_takes_the_code_quality_report() -> None:
    schema = json.loads((SCHEMAS / "codeclimate.json").read_bytes())
    for text in outputs("gitlab"):
        issues = json.loads(text)
        for issue in issues:
            assert [error.message for error in Draft4Validator(schema).iter_errors(issue)] == []
            assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
            assert issue["location"]["path"] and not issue["location"]["path"].startswith(("/", "./"))
            assert issue["location"]["lines"]["begin"] >= 1
        prints = [issue["fingerprint"] for issue in issues]
        assert len(prints) == len(set(prints))


def test_junit_is_what_its_schema_says_and_fails_as_the_exit_status_does() -> None:
    schema = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
    for text in outputs("junit"):
        assert [error.reason for error in schema.iter_errors(text)] == []
    for result in RESULTS.values():
        for level in ("fail", "warn", "never"):
            asked = replace(result, fail_level=level)
            suite = ElementTree.fromstring(render_check(asked, "junit"))
            failures, errors = int(suite.attrib["failures"]), int(suite.attrib["errors"])
            assert asked.exit_status == (1 if failures else 2 if errors else 0)


def test_every_checked_query_is_a_test_case() -> None:
    suite = ElementTree.fromstring(render_check(RESULT, "junit")).find("testsuite")
    assert suite is not None
    cases = {case.attrib["name"].split()[0]: case for case in suite.findall("testcase")}
    assert set(cases) == {"not-applied", *SEEN}
    assert [name for name, case in cases.items() if case.find("failure") is not None] == ["q1"]
    assert "orders grew" in str(cases["q2"].findtext("system-out"))


@pytest.mark.parametrize("form", ["github", "gitlab", "sarif"])
def test_a_problem_is_at_the_revisions_line_else_at_the_querys_line_of_the_baseline(form: str) -> None:
    rendered = render_check(RESULT, form, PLACES)
    where = {
        "github": r"file=(.+?),line=(\d+)",
        "gitlab": r'"path": "(.+?)",\s+"lines": {\s+"begin": (\d+)',
        "sarif": r'"uri": "(.+?)"\s+},\s+"region": {\s+"startLine": (\d+)',
    }
    found = re.findall(where[form], rendered)
    assert ("backend/migrations/r2.py", "12") in found  # from the top of the checkout, not from the working directory
    assert ("backend/plans.json", "40") in found
    absolute = replace(LOST, file="/checkout/backend/migrations/r2.py")
    assert "backend/migrations/r2.py" in render_check(CheckResult((absolute,), 1), form, PLACES)


def test_the_worst_by_executions_times_cost_come_first_and_what_github_cuts_is_counted() -> None:
    many = [replace(LOST, query=f"q{number}", cause=f"cause {number}") for number in range(14)]
    calls = {f"q{number}": float(number) for number in range(14)}
    result = CheckResult(ranked(many, calls), 14)
    rendered = render_check(result, "github")
    assert re.findall(r"::cause (\d+)", rendered) == [str(number) for number in range(13, 3, -1)]
    assert "not annotated, as GitHub keeps 10 a level: 4 of level error" in rendered
    assert "14 failed" in rendered.splitlines()[-1]
    order = [verdict.query for verdict in ranked([GROWN, BETTER, LOST], {"q2": 1e9})]
    assert order == ["q1", "q2", "q3"]


def test_a_comment_is_limited_worst_first_and_what_it_leaves_out_is_counted() -> None:
    long = [replace(LOST, query=f"q{n}", text=f"SELECT '{'€' * 3000}'", cause=f"cause {n}.") for n in range(60)]
    rendered = render_check(CheckResult((*long, GROWN), 61), "markdown")
    assert len(rendered.encode()) <= LIMIT
    shown = len(re.findall(r"cause \d+\.", rendered))
    assert 3 < shown < 60 and "cause 0." in rendered
    assert f"{60 - shown} of level error, 1 of level warning" in rendered
    assert rendered.startswith("<!-- advisor check -->\n\n**FAILED: 61 queries checked, 60 failed")
    assert not re.search("Not shown", render_check(RESULT, "markdown"))


EVIL = [
    "<script>alert(1)</script>", "`</details>`", "```\n</details>\n```", "````", "[x](javascript:alert(1))", "@everyone #12",
    "https://evil.example www.evil.example", "| a | b |\n|---|---|", "# head", "* one\n* two", "&lt;b&gt;", "<!-- advisor check -->",
    "~~~\n</details>", "\\<b>", "![x](y)", "-->", "</summary><b>", "1. x", "- x", "+ x", "> x", "---", "    x",
]  # fmt: skip


class Elements(HTMLParser):
    """The elements of a page, and the texts outside of code."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)


def html_of(markdown: str) -> str:
    """As GitHub reads it: CommonMark with tables, strikethrough and links made of what looks like one."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_in_a_comment_is_markup_or_calls_somebody(evil: str) -> None:
    verdict = Verdict("PLN001", "index-lost", "fail", "q", evil, evil, evil, revision=evil, file=evil, line=3,
                      shape_before=(evil,), shape_after=(evil, "x"), cost_before=1.0, cost_after=2.0)  # fmt: skip
    harmless = re.sub(r"[^\n]+", "x", evil)
    plain = replace(verdict, **dict.fromkeys(("text", "cause", "fix", "revision", "file"), harmless))
    plain = replace(plain, shape_before=(harmless,), shape_after=(harmless, "x"))
    rendered = render_check(CheckResult((verdict,), 1, notes=(evil,)), "markdown")
    elements, usual = Elements(), Elements()
    elements.feed(html_of(rendered))
    usual.feed(html_of(render_check(CheckResult((plain,), 1, notes=(harmless,)), "markdown")))
    assert elements.found == usual.found
    outside = re.sub(r"(?ms)^(`{3,}).*?^\1$", "", rendered)
    assert outside.count("<!-- advisor check -->") == 1
    assert not re.search(r"[@#]\w|https://|www\.", outside.replace("&#", ""))


@pytest.mark.parametrize("level", ["fail", "warn", "never"])
@pytest.mark.parametrize("name", RESULTS)
def test_text_json_and_exit_status_agree(name: str, level: Any) -> None:
    result = replace(RESULTS[name], fail_level=level)
    document = json.loads(render_check(result, "json"))
    assert document["exit_status"] == result.exit_status
    assert document["failed"] is (result.exit_status == 1)
    word = render_check(result, "text").splitlines()[-1].split(":")[0].split(" (")[0]
    expected = {0: {"passed", "not failed"}, 1: {"FAILED"}, 2: {"INCOMPLETE"}}
    assert word in expected[result.exit_status]
    wrong = [one for one in result.verdicts if one.level == "fail"] or result.unapplied
    assert (word == "not failed") is (bool(wrong) and level == "never")
    assert f"**{word}" in render_check(result, "markdown").replace("&#40;", "(")
