"""A workload with values that were seen in the sessions of a live server."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.capture.exports.activity import watch_activity
from advisor.capture.files.source import names_database
from advisor.errors import UsageError
from advisor.workload.exports.export_rows import workload_of
from advisor.workload.merging.merge_workloads import merge
from advisor.workload.model import Workload


def watched(workload: Workload, inputs: Sequence[str], seconds: float) -> Workload:
    """Return the workload joined with what the database URLs among its inputs run within `seconds`.

    Raises `UsageError` when no input is a database URL.
    """
    urls = [name for name in inputs if names_database(name)]
    if not urls:
        raise UsageError("--watch needs a database URL among the inputs", do="add postgresql://… or leave --watch out")
    return merge([workload, workload_of([watch_activity(url, seconds) for url in urls])])
