"""A mixed database by chance: a schema with everything a planner looks at, skewed data, and random statements on it.

`blocks/*.sql` hold the schema in parts; `template` fills in what chance decides, `catalogue` reads the loaded server,
`statements` makes statements of its columns, its values and the blocks' own conditions. Same seed, same database; the
truth about every plan is the loaded server itself.
"""

from benchmarks.mixed.compare import Outcome, outcomes
from benchmarks.mixed.load import ROLES

__all__ = ["ROLES", "Outcome", "outcomes"]
