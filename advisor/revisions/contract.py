"""What `advisor migrate` reads of a JSON report: `proposals[]` and `findings[].statistics` of `docs/json.md`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.catalog.extended import ExtendedStatistics
from advisor.catalog.index import IndexDefinition, IndexKey, IndexSize
from advisor.errors import InputError
from advisor.indexes.proposal import Benefit, IndexProposal, QueryBenefit, WriteCost
from advisor.rules.finding import Finding


def proposal_from_json(item: Mapping[str, Any]) -> IndexProposal:
    """Return the proposal a JSON object describes. Raises `InputError` naming what is missing or wrong."""
    try:
        return _proposal(item)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        name = item.get("name", "?") if isinstance(item, Mapping) else "?"
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"proposal {name} cannot be read: {reason}",
            do="give a report that `advisor advise --format json` of this version wrote",
        ) from error


def finding_from_json(item: Mapping[str, Any]) -> Finding:
    """Return the finding a JSON object describes, with the statistics object it proposes. Raises `InputError`."""
    try:
        statistics = item.get("statistics")
        names = ("id", "code", "name", "title", "confidence", "level", "table", "query", "evidence", "fix", "cost")
        return Finding(**{name: item[name] for name in names}, statistics=statistics and _statistics(statistics))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"a finding cannot be read: {reason}",
            do="give a report that `advisor advise --format json` of this version wrote",
        ) from error


def _statistics(item: Mapping[str, Any]) -> ExtendedStatistics:
    return ExtendedStatistics(
        item["schema"],
        item["name"],
        item["table_schema"],
        item["table"],
        tuple(map(str, item["columns"])),
        tuple(item["kinds"]),
    )


def _proposal(item: Mapping[str, Any]) -> IndexProposal:
    return IndexProposal(
        id=item["id"],
        action=_action(item["action"]),
        name=item["name"],
        definition=definition_from_json(item),
        size=IndexSize(**item["size"]),
        benefit=Benefit(**item["benefit"]),
        write_cost=WriteCost(**item["write_cost"]),
        queries=tuple(QueryBenefit(**query) for query in item["queries"]),
        basis=item["basis"],
        confidence=item["confidence"],
        replaces=tuple(item.get("replaces", ())),
        requires=tuple(item.get("requires", ())),
        reason=item.get("reason", ""),
        why_not_less=item.get("why_not_less", {}),
    )


def definition_from_json(item: Mapping[str, Any]) -> IndexDefinition:
    """Return the index definition of a proposal's JSON object. Raises `KeyError` when a part is missing."""
    return IndexDefinition(
        schema=item["schema"],
        table=item["table"],
        keys=tuple(IndexKey(**key) for key in item["keys"]),
        include=tuple(item["include"]),
        where=item["where"],
        method=item["method"],
        unique=item["unique"],
        storage=tuple((str(name), str(value)) for name, value in item["storage"]),
    )


def _action(value: str) -> Any:
    if value not in {"create", "drop", "replace"}:
        raise ValueError(f"action {value!r} is none of create, drop, replace")
    return value
