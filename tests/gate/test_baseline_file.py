"""A baseline that cannot be used says why and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.errors import InputError
from advisor.gate.baseline import load_baseline


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "there is no such file"),
        (b"", "is not JSON"),
        (b"\x00\xff", "is not JSON"),
        (b"[]", "$: expected object, got array"),
        (b'{"schema_version": "9"}', "$.schema_version: version 9"),
        (b'{"schema_version": "1.0"}', "$: lacks server_major"),
        (b'{"schema_version": "1.0", "server_major": 18, "settings": {}, "tables": {}, "indexes": {}, "queries": []}',
         "$.queries: expected object, got array"),
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
