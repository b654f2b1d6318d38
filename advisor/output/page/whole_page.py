"""The page as one file: templates, style and script put together, with a policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from mako.lookup import TemplateLookup

from advisor.output import number_units
from advisor.output.evidence_words import evidence_words
from advisor.output.layout import laid_out
from advisor.output.page import to_do
from advisor.output.page.escaped import anchor, short
from advisor.output.page.report_view import ReportView, served_by

FOLDER = Path(__file__).parent / "templates"


def whole_page(views: Sequence[ReportView]) -> str:
    """Return the page of one report, or of several with a tab each."""
    style, script = _own("page.css") + _tabs(len(views)), _own("page.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    rendered = (
        _templates()
        .get_template("page.mako")
        .render(
            views=views,
            style=style,
            script=script,
            policy=policy,
            units=number_units,
            words=evidence_words,
            laid_out=laid_out,
            anchor=anchor,
            short=short,
            served_by=served_by,
            to_do=to_do,
        )
    )
    return str(rendered)


@cache
def _templates() -> TemplateLookup:
    """Return the templates: whatever stands in `${…}` is escaped, and what they were not given is an error."""
    return TemplateLookup(
        directories=[str(FOLDER)],
        default_filters=["shown"],
        imports=["from advisor.output.page.escaped import shown"],
        strict_undefined=True,
        input_encoding="utf-8",
    )


def _own(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _tabs(number: int) -> str:
    """Return the rules by which the tab chosen shows its panel; what is linked to is shown in any case."""
    if number < 2:
        return ""
    rules = ["@media screen { .panel { display: none; } .panel:has(:target) { display: block; }"]
    rules += [f"body:has(#tab{one}:checked) #panel{one} {{ display: block; }}" for one in range(1, number + 1)]
    return "\n".join([*rules, "}\n"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
