"""`docs/gate.md` names every code the gate can say, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    sources = "".join(path.read_text() for path in sorted((ROOT / "advisor" / "gate").rglob("*.py")))
    said = set(re.findall(r'"(PLN\d{3})"', sources))
    documented = set(re.findall(r"^\| (PLN\d{3}) ", (ROOT / "docs" / "gate.md").read_text(), re.MULTILINE))
    assert said == documented
