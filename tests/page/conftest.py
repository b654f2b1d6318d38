"""A report that the demo saved, as a file and as its page."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from advisor.output.page.report_view import report_view
from advisor.output.page.whole_page import whole_page
from advisor.revisions.read_contract import read_report

DEMO = Path(__file__).parent / "cases" / "demo.json"


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DEMO.read_bytes())
    return found


def page_of(document: dict[str, Any], folder: Path) -> str:
    path = folder / "report.json"
    path.write_text(json.dumps(document))
    return whole_page([report_view(read_report(path), "shop")])


def of_five_thousand() -> dict[str, Any]:
    """Return a report with 5 000 queries, 400 proposals, 1 500 findings and all plans that are kept."""
    made, draw = document(), random.Random(5)
    own = {name: json.dumps(made[name]) for name in ("queries", "proposals", "findings", "plans")}

    def many(name: str, number: int) -> list[dict[str, Any]]:
        known = json.loads(own[name])
        return [json.loads(json.dumps(known[place % len(known)])) for place in range(number)]

    made["queries"] = many("queries", 5000)
    for place, query in enumerate(made["queries"]):
        query |= {"id": f"{draw.getrandbits(64):016x}", "total_ms": query["total_ms"] / (1 + place / 10)}
        query["text"] = f"{query['text'].replace('messages', f'messages_{place}')} /* {'x' * draw.randrange(300)} */"
    ids = [query["id"] for query in made["queries"]]
    made["proposals"] = many("proposals", 400)
    for place, proposal in enumerate(made["proposals"]):
        proposal |= {"id": f"create-{place:010x}", "name": f"{proposal['name']}{place}"}
        for served in proposal["queries"]:
            served["query"] = draw.choice(ids)
    made["findings"] = many("findings", 1500)
    for finding in made["findings"]:
        finding |= {"id": f"{draw.getrandbits(48):012x}", "query": draw.choice(ids)}
    served_first = dict.fromkeys(one["query"] for proposal in made["proposals"] for one in proposal["queries"])
    made["plans"] = many("plans", 100)
    for plans, query in zip(made["plans"], served_first, strict=False):
        plans["query"] = query
    return made


@pytest.fixture(scope="session")
def demo_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(whole_page([report_view(read_report(DEMO), "boardroom")]))
    return path


@pytest.fixture(scope="session")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    path = folder / "large.html"
    path.write_text(page_of(of_five_thousand(), folder))
    return path
