"""The page says what the report says, whatever the report holds, in few bytes, and the same ones each time."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from advisor.cli.main import advisor_group
from advisor.output.evidence_words import evidence_words
from advisor.output.page.plan_tree import Branch, plan_pair
from advisor.output.page.rule_text import rule_pages
from advisor.output.plans.plan_document import plan_document
from advisor.revisions.contract import PlanNodeItem, PlansItem
from advisor.twin.plan import PlanNode
from tests.page.conftest import DEMO, document, page_of


class Anchors(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        held = dict(attributes)
        self.ids += [held["id"] or ""] if "id" in held else []
        self.links += [held["href"] or ""] if tag == "a" else []


def shown(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", page)).split())


def test_it_says_what_the_report_says(tmp_path: Path) -> None:
    report = document()
    text = shown(page_of(report, tmp_path))
    said = [proposal["ddl"] for proposal in report["proposals"]] + [one["title"] for one in report["findings"]]
    said += [proposal["reason"] for proposal in report["proposals"]] + report["coverage"]["notes"]
    said += [finding["fix"] for finding in report["findings"]]
    said += [proposal["revision"]["model"] for proposal in report["proposals"]]
    said += ["Build 9 indexes and drop 1 index: database time falls by 95%", "18.2 s → 948 ms", "11 of 11", "40 MB"]
    for words in said:
        assert " ".join(words.split()) in text


def test_links_lead_somewhere_and_no_anchor_stands_twice(demo_page: Path, large_page: Path) -> None:
    for path in (demo_page, large_page):
        found = Anchors(path.read_text())
        assert len(found.ids) == len(set(found.ids))
        assert {link.removeprefix("#") for link in found.links} <= set(found.ids)
    ids = Anchors(demo_page.read_text()).ids
    assert {f"p-{one['id']}" for one in document()["proposals"]} <= set(ids)
    assert {f"f-{one['id']}" for one in document()["findings"]} <= set(ids)
    assert {f"q-{one['id']}" for one in document()["queries"]} <= set(ids)


def test_five_thousand_queries_are_at_most_five_megabytes(large_page: Path) -> None:
    page = large_page.read_text()
    assert len(page.encode()) <= 5_000_000
    assert page.count('<tr id="q-') == 5000


def anything(draw: random.Random, depth: int = 0) -> Any:
    kinds = [None, True, -1, 1 << 40, 0.5, 1e300, float("-1e300"), "", "x", "<b>", "9" * 400]
    if depth < 3 and draw.random() < 0.5:
        parts = [anything(draw, depth + 1) for _ in range(draw.randrange(4))]
        return parts if draw.random() < 0.5 else {f"key_{n}_ms": part for n, part in enumerate(parts)}
    return draw.choice(kinds)


def test_whatever_the_evidence_holds_there_is_a_page(tmp_path: Path) -> None:
    report = document()
    for seed in range(12):
        draw = random.Random(seed)
        for finding in report["findings"]:
            finding["evidence"] = {
                key: anything(draw) if draw.random() < 0.5 else value for key, value in finding["evidence"].items()
            }
        assert "</html>" in page_of(report, tmp_path), seed


def test_a_report_of_an_earlier_version_or_of_nothing_has_a_page(tmp_path: Path) -> None:
    report = document()
    del report["plans"], report["coverage"]["days"]
    assert "Build 9 indexes" in page_of(report, tmp_path)
    assert "No index is worth building" in page_of({"schema_version": "1.0", "proposals": []}, tmp_path)


def test_the_same_report_is_the_same_page_whatever_the_hash_seed() -> None:
    pages = set()
    for seed in ("0", "7"):
        command = [sys.executable, "-m", "advisor", "--isolated", "report", str(DEMO)]
        pages.add(
            subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        )
    assert len(pages) == 1 and b"</html>" in pages.pop()


def run(*arguments: object) -> str:
    result = CliRunner().invoke(advisor_group, ["--isolated", "report", *map(str, arguments)])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_several_reports_have_a_tab_each_and_are_told_apart(tmp_path: Path) -> None:
    target = tmp_path / "all.html"
    said = run(DEMO, DEMO, "-o", target)
    page = target.read_text()
    assert f"written to {target}" in said
    assert page.count('class="panel"') == page.count('type="radio"') == 2
    found = Anchors(page)
    assert len(found.ids) == len(set(found.ids))
    assert "boardroom (demo)" in page


def test_two_reports_are_compared(tmp_path: Path) -> None:
    earlier = document()
    earlier["proposals"], earlier["findings"] = earlier["proposals"][1:], earlier["findings"][:-2]
    for query in earlier["queries"]:
        query |= {"mean_ms": query["mean_ms"] * 2, "total_ms": query["total_ms"] * 2}
    path = tmp_path / "earlier.json"
    path.write_text(json.dumps(earlier))
    text = shown(run(DEMO, "--before", path))
    assert "50% less" in text and "faster" in text
    assert "0 no longer made, 9 still there, 1 new" in text
    assert "0 no longer made, 10 still there, 2 new" in text


def node(kind: str, *below: PlanNodeItem, relation: str | None = None, index: str | None = None) -> PlanNodeItem:
    return PlanNodeItem(kind, 10.0, 1.0, relation, relation, index, {}, below)


def changed(branch: Branch) -> list[str]:
    return [*([branch.title] if branch.changed else []), *(title for one in branch.below for title in changed(one))]


def test_what_only_one_plan_has_is_marked() -> None:
    before = node("Limit", node("Sort", node("Seq Scan", relation="t"), node("Seq Scan", relation="u")))
    after = node(
        "Limit", node("Nested Loop", node("Index Scan", relation="t", index="i"), node("Seq Scan", relation="u"))
    )
    pair = plan_pair(PlansItem("q", before, after))
    assert changed(pair.before) == ["Sort", "Seq Scan on t"]
    assert changed(pair.after) == ["Nested Loop", "Index Scan on t"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("(email = 'anna@example.org'::text)", "(email = …::text)"),
        ("((a = 7) AND (b > -1.5e3) AND (c2 = ANY ('{1,2}'::integer[])))", "((a = …) AND (b > -…) AND (c2 = ANY (…::integer[])))"),
        ("(t.\"it's 7\" = E'C:\\\\x''y')", "(t.\"it's 7\" = …)"),
        ("(note = 'it''s 7'::text)", "(note = …::text)"),
        ("(id = $1)", "(id = $1)"),
    ],
)  # fmt: skip
def test_no_value_of_production_stands_in_a_plan(said: str, kept: str) -> None:
    plan = PlanNode("Seq Scan", 0.0, 1.0, 1.0, 8, relation="t", detail={"Filter": said})
    assert plan_document(plan)["conditions"] == {"Filter": kept}


def test_evidence_is_words() -> None:
    evidence = {
        "saved_ms": 1332.0, "size_bytes": 835584, "hit_rate": 0.63, "nested": False, "empty": None, "rewritten": "SELECT 1",
        "per_loop": {"median": 18.0, "max": 20}, "rates": [{"entries": 100, "ttl_s": 60.0, "hit_rate": 0.5}], "tables": ["a", "b"],
    }  # fmt: skip
    assert evidence_words(evidence) == [
        ("saved", "1.3 s"), ("size", "816 kB"), ("hit rate", "63%"), ("nested", "no"), ("per loop", "median 18, max 20"),
        ("rates", "entries 100, ttl 60 s, hit rate 50%"), ("tables", "a, b"),
    ]  # fmt: skip


def test_every_rule_has_its_page_as_blocks() -> None:
    for code, page in rule_pages().items():
        kinds = [block.kind for block in page.blocks]
        assert page.summary and "heading" in kinds and "paragraph" in kinds, code
        assert not any("```" in block.text or block.text.startswith("#") for block in page.blocks), code
