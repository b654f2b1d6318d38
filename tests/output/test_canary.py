"""Whatever a file holds, no output makes a terminal move, a line read backwards or a CI log obey."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from advisor.errors import InputError
from advisor.gate.verdict import CheckResult
from advisor.output.compared.comparison import comparison_json, comparison_text
from advisor.output.coverage_report import coverage_json, coverage_text, left_out
from advisor.output.render import formats, render
from advisor.output.report import Report
from advisor.output.verdicts import render_check, verdict_formats
from advisor.progress import Progress
from advisor.rules.evidence import Evidence, Facts
from advisor.visible import on_one_line, visible
from advisor.workload.compare_captures import Comparison
from advisor.workload.model import Workload

CANARY = "\x1b[31mX\u202e\x9b\u2028\r\n::error::owned\n##[error]owned|`x`|<script>alert(1)</script>]]>\ufffe\0"

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)


def poisoned(kind: Any) -> Any:
    """Return a value of a type with the canary in every text of it."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Evidence:
        return Facts({CANARY: CANARY})
    if origin is typing.Literal:
        return arguments[0]
    if origin in (typing.Union, types.UnionType):
        return poisoned(next(one for one in arguments if one is not type(None)))
    if origin is tuple:
        return (poisoned(arguments[0]),) if arguments[-1] is ... else tuple(map(poisoned, arguments))
    if origin in (dict, Mapping) or kind is dict:
        return {poisoned(arguments[0]): poisoned(arguments[1])}
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        inner = {field.name: hints[field.name] for field in fields(kind) if field.name != "children"}  # of its own type
        return kind(**{name: poisoned(hint) for name, hint in inner.items()})
    plain = {int: 2, float: 2.0, bool: True, Path: Path(CANARY.replace("\0", ""))}
    return plain.get(kind, CANARY)


@pytest.mark.parametrize("form", formats())
def test_no_format_of_a_report_lets_it_through(form: str) -> None:
    rendered = render(poisoned(Report), form)
    assert not OBEYED.search(rendered)
    assert "owned" in rendered
    if form == "github":
        commands = [line for line in rendered.splitlines() if COMMAND.search(line)]
        assert len(commands) == len(poisoned(Report).findings) + len(poisoned(Report).advice.proposals)
    elif form != "json":
        assert not COMMAND.search(rendered)


@pytest.mark.parametrize("form", verdict_formats())
def test_no_format_of_a_check_lets_it_through(form: str) -> None:
    rendered = render_check(poisoned(CheckResult), form)
    assert not OBEYED.search(rendered)
    assert "owned" in rendered
    if form == "github":
        commands = [line for line in rendered.splitlines() if COMMAND.search(line)]
        assert len(commands) == len(poisoned(CheckResult).verdicts) + len(poisoned(CheckResult).unapplied)
    elif form != "json":
        assert not COMMAND.search(rendered)


def test_json_means_what_the_file_held() -> None:
    written = json.loads(render_check(poisoned(CheckResult), "json"))["verdicts"][0]["cause"]
    assert written == CANARY


def test_markdown_holds_no_element_of_a_file() -> None:
    seen: list[str] = []

    class Elements(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            seen.append(tag)

    for rendered in (render_check(poisoned(CheckResult), "markdown"), render(poisoned(Report), "markdown")):
        Elements().feed(re.sub(r"(?ms)^(`{3,}).*?^\1$", "", rendered))
    assert set(seen) <= {"details", "summary"}


def test_the_page_holds_no_element_attribute_or_address_of_a_file() -> None:
    opened: list[str] = []
    attributes: list[tuple[str, str]] = []

    class Elements(HTMLParser):
        def handle_starttag(self, tag: str, held: list[tuple[str, str | None]]) -> None:
            opened.append(tag)
            attributes.extend((name, value or "") for name, value in held)

    page = render(poisoned(Report), "html")
    Elements().feed(page)
    assert opened.count("script") == page.count("<script") == 1 and not {"img", "iframe", "form", "object"} & set(
        opened
    )
    assert not [name for name, _ in attributes if name.startswith("on") or name == "style"]
    places = [value for name, value in attributes if name in ("href", "src")]
    assert places and all(value.startswith("#") or value == "data:," for value in places)
    assert page.count("owned") > 30


def test_a_capture_and_a_comparison_show_it() -> None:
    workload, comparison = poisoned(Workload), poisoned(Comparison)
    for text in (coverage_text(workload), comparison_text(comparison), left_out(workload.inputs[0])):
        assert not OBEYED.search(text) and not COMMAND.search(text)
        assert "owned" in text
    json.loads(coverage_json(workload)), json.loads(comparison_json(comparison))


def test_errors_and_notes_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress.note(CANARY)
    progress.warn(CANARY)
    for text in (str(InputError(CANARY, where=CANARY, do=CANARY)), capsys.readouterr().err):
        assert not OBEYED.search(text) and not COMMAND.search(text)


def test_what_is_harmless_stays_as_it_is() -> None:
    text = "SELECT 'naïve', '日本語', '🙂'::text, a::int\n\tFROM t -- #1"
    assert visible(text) == text
    assert on_one_line("a::int") == "a::int"
