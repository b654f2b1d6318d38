"""JUnit XML, which nearly every CI server shows: a test case a query, failed where the command fails for it."""

from __future__ import annotations

import re
from collections import defaultdict
from xml.etree import ElementTree

from advisor.output.notice import Notice, Told
from advisor.output.number_units import one_line
from advisor.visible import visible

_NO_XML = re.compile("[\ufffe\uffff]")
"""Characters that XML cannot hold, beside those that `visible` writes out."""


def render(told: Told) -> str:
    """Return one suite: failures and errors are counted as they lead to exit status 1 or 2."""
    by_query: dict[str, list[Notice]] = defaultdict(list)
    for number, notice in enumerate(told.notices):
        by_query[notice.query or f"{notice.code}.{number}"].append(notice)
    cases = [_case(told, found) for found in by_query.values()]
    cases += [_element("testcase", name=_name(key, text), classname=_class(told)) for key, text in told.silent.items()]
    cases = cases or [_element("testcase", name=told.summary, classname=_class(told))]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
    }
    suite = _element("testsuite", name=f"advisor {told.command}", **counts)
    suite.extend(cases)
    out = ElementTree.SubElement(suite, "system-out")
    out.text = _clean("\n".join([*told.notes, told.summary]))
    suites = _element("testsuites", name=f"advisor {told.command}", **counts)
    suites.append(suite)
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _case(told: Told, found: list[Notice]) -> ElementTree.Element:
    """Return the test case of one query, or of what concerns none; what does not fail is its output."""
    first = found[0]
    sql = next((part.text for part in first.parts if part.kind == "sql"), "")
    name = _name(first.query, sql) if first.query else one_line(f"{first.code} {first.title}", 120)
    case = _element("testcase", name=name, classname=_class(told))
    failing = [notice for notice in found if notice.fails]
    if failing:
        tag = "error" if failing[0].code == "not-applied" else "failure"
        title = f"{failing[0].code} {failing[0].name}: {failing[0].title}"
        child = _element(tag, message=one_line(title, 1000), type=failing[0].code)
        child.text = _clean("\n\n".join(map(_told, failing)))
        case.append(child)
    if rest := [notice for notice in found if not notice.fails]:
        ElementTree.SubElement(case, "system-out").text = _clean("\n\n".join(map(_told, rest)))
    return case


def _told(notice: Notice) -> str:
    lines = [f"{notice.level}: {notice.code} {notice.name}: {notice.title}"]
    lines += [f"{notice.file}:{notice.line or 1}"] if notice.file else []
    lines += [f"{part.label}: {part.text}" for part in notice.parts]
    return "\n".join(lines)


def _class(told: Told) -> str:
    return f"advisor.{told.command}"


def _name(query: str, text: str) -> str:
    return f"{query[:12]} {one_line(text, 100)}".strip()


def _element(tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.Element(tag, {name: _clean(value) for name, value in attributes.items()})


def _clean(text: str) -> str:
    return _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", visible(text))
