"""A baseline that cannot be used says why and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.gate.baseline import load_baseline


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no baseline"),
        (b"", "cannot read the baseline"),
        (b"\x00\xff", "cannot read the baseline"),
        (b"[]", "baseline version None"),
        (b'{"schema_version": "9"}', "baseline version '9'"),
        (b'{"schema_version": "1.0"}', "broken baseline"),
        (b'{"schema_version": "1.0", "server_major": 18, "settings": {}, "tables": {}, "indexes": {}, "queries": []}',
         "broken baseline"),
    ],
)  # fmt: skip
def test_every_unusable_baseline_gets_one_clear_error(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_baseline(path)
    assert complaint in str(caught.value)
    assert "do:" in str(caught.value)
