"""The report as one HTML file: what `advisor report` makes of a saved one."""

from __future__ import annotations

import msgspec

from advisor.output.formats import json
from advisor.output.page.report_view import label_of, report_view
from advisor.output.page.whole_page import whole_page
from advisor.output.report import Report
from advisor.revisions.contract import ReportFile


def render(report: Report) -> str:
    """Return the page, made from the JSON report so that it shows nothing which a saved report does not hold."""
    saved = msgspec.json.decode(json.render(report), type=ReportFile)
    return whole_page([report_view(saved, label_of(saved, "report"))])
