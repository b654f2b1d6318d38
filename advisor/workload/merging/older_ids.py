"""Ids in files that were written when a query's id was pg_query's fingerprint: given anew from the texts.

Since then it is a hash of the parse tree (`jumble`), which tells apart what the fingerprint did not: without this, what
a workload file or a baseline holds would not be found again in a log that is read today.
"""

from __future__ import annotations

import re
from dataclasses import replace

from advisor.workload.counting.identity import NESTED, identify
from advisor.workload.merging.merge_patterns import joined_loops, with_new_ids
from advisor.workload.merging.merge_queries import combine_queries
from advisor.workload.merging.query_order import base_id, with_unique_ids
from advisor.workload.model import Query, Workload

_FINGERPRINT = re.compile(r"[0-9a-f]{16}")


def renewed_id(id: str, text: str) -> str:
    """Return today's id of a query that had this one; what was appended to it stays, and so does that of no query."""
    if not (found := _FINGERPRINT.match(id)):
        return id
    return identify(text).id + id[found.end() :]


def with_renewed_ids(workload: Workload) -> Workload:
    """Return a workload with today's ids, itself where it has them; queries that are one now are joined."""
    if not _is_older(workload):
        return workload
    renewed = [_renewed(query) for query in workload.queries]
    queries = with_unique_ids(combine_queries(renewed))
    ids = {(base_id(query), query.database): query.id for query in queries}
    names = {old.id: ids[base_id(new), new.database] for old, new in zip(workload.queries, renewed, strict=True)}
    named = with_new_ids(replace(workload, queries=queries), names)
    return replace(named, loops=joined_loops(named.loops))


def _renewed(query: Query) -> Query:
    identity = identify(query.text, not base_id(query).endswith(NESTED))
    return replace(query, id=identity.id, fingerprint=identity.fingerprint)


def _is_older(workload: Workload) -> bool:
    """Return whether the first query that was parsed has pg_query's fingerprint."""
    from pglast.parser import ParseError, fingerprint

    query = next((query for query in workload.queries if query.fingerprint is not None), None)
    if query is None:
        return False
    try:
        return bool(fingerprint(query.text) == query.fingerprint)
    except ParseError:
        return False
