"""Tables that were loaded and never vacuumed: to be judged as their first autovacuum will leave them.

Until then no page is marked all-visible, so the planner takes an index-only scan to visit the heap for every row, and
what is chosen on that is wrong from the next hour on: autovacuum comes after inserts, too (13+).
"""

from __future__ import annotations

from dataclasses import replace

from advisor.catalog.snapshot_model import Snapshot

NAMED = 5
"""Tables that are named in the note."""


def vacuumed(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with every page of never vacuumed tables all-visible; a note names the tables."""
    statistics = snapshot.statistics
    found = {
        place: replace(relation, all_visible=relation.pages)
        for place, relation in statistics.relations.items()
        if relation.pages > 1 and not relation.all_visible and not relation.table and place in statistics.activity
        if not statistics.activity[place].last_vacuum
    }
    if not found:
        return snapshot
    names = [".".join(place) for place in sorted(found)]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    note = f"never vacuumed, judged as after their first autovacuum: {', '.join(names[:NAMED])}{more}"
    kept = replace(statistics, relations={**statistics.relations, **found})
    return replace(snapshot, statistics=kept, notes=(*snapshot.notes, note))
