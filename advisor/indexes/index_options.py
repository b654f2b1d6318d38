"""What the user may ask of the index stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from advisor.indexes.decision import Decision

Aim = Literal["time", "cost"]


@dataclass(frozen=True, slots=True)
class AdviseOptions:
    """Limits and preferences of one run of the index stage; every default is a documented choice."""

    budget: int | None = None
    """Bytes that all new indexes together may take; `None` stops at the knee of the benefit/size curve."""
    max_per_table: int = 8
    """New indexes on one table."""
    aim: Aim = "time"
    """What choices go by: `time`, the planner's costs and the time model, or `cost`, the planner's costs alone."""
    width: int = 4
    """Key columns of one index."""
    include_columns: int = 4
    """Payload columns of one index; 0 turns covering indexes off."""
    include_width: int = 48
    """Bytes of payload per index tuple, by average column width."""
    include_share: float = 0.7
    """Share of a table's columns that an index may hold in all."""
    include_updated: bool = False
    """Whether columns that captured statements update may be payload (which ends HOT updates)."""
    min_table_rows: float = 1_000
    """Tables with fewer rows get no index."""
    min_table_pages: int = 10
    """Tables with fewer pages get no index."""
    min_gain: float = 0.05
    """Share of its cost that a query must lose before an index is considered for it."""
    min_effect: float = 0.1
    """Share of its cost that at least one query must lose through an index, the others given."""
    min_share: float = 0.001
    """Share of the workload's time per day that one index must save."""
    max_regression: float = 0.05
    """Share by which any single query may become slower by the time model, whatever the others gain."""
    storage_price: float = 0.02
    """Without a budget: share of the workload's time that indexes as large as all tables together must save.

    This draws the knee of the benefit/size curve: beyond it, bytes buy less than this."""
    tail: float = 0.05
    """Weight of a query's relative gain beside its time saved, without a budget: captured times are means, and what
    halves the cost at the mean does so for the skewed values too."""
    time_limit: float | None = None
    """Seconds after which costing stops refining and the best answer so far is given."""
    jobs: int = 2
    """Connections over which questions to the planner are spread."""
    drops: bool = True
    """Whether to propose drops of existing indexes."""
    partial: bool = True
    """Whether to propose partial indexes."""
    stable_executions: float = 10
    """Captured executions with one and the same value that make a literal stable."""
    unused_days: float = 7
    """Length of the statistics window that it takes to call an index unused."""
    least_days: float = 1
    """Length of a window, of the capture or of activity counters, that it takes to tell a rate per day."""
    write_weight: float = 1.0
    """What a millisecond of writing counts for against one of reading; storage and the least share are not touched."""
    explain: frozenset[str] = frozenset()
    """Ids of queries of which all is told that was tried."""
    rejected: tuple[Decision, ...] = ()
    """Decisions against proposals: what they mean is neither built nor dropped, and all else is reckoned without it."""
    asks_per_query: int | None = None
    """Questions to the planner per query; `None` adapts it to the number of queries."""
