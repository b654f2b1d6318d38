"""The mutants that no test can notice, since they do the same as the original, each with its reason.

They stand in `equivalent.toml` by module, text of the line and change, so that they outlive lines that move.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).parent / "equivalent.toml"
Key = tuple[str, str, str]
"""Module below `advisor`, text of the line without its indent, and change."""


def reasons(path: Path = FILE) -> Mapping[Key, str]:
    """Return the reason of each."""
    listed = tomllib.loads(path.read_text()).get("equivalent", [])
    return {(one["module"], one["line"], one["change"]): one["reason"] for one in listed}
