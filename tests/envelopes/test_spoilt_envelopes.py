"""No bytes make an envelope fail, and where a block is cut plays no part."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capture import envelope as protocol
from advisor.capture.detect import detect, modules
from tests.envelopes.conftest import Logs
from tests.envelopes.test_envelopes import TRANSPORTS, cloudnative_pg

ENVELOPES = modules("advisor.capture.envelopes")
PIECES = [
    b'{"log":"a\\n","stream":"stderr"}', b'{"records":[{"properties":7}]}', b'{"tables":[{"columns":[1],"rows":[2]}]}',
    b'{"data":{"result":[{"values":[[1]]}]}}', b'{"events":[1,{"message":3}]}', b'{"textPayload":1}', b'{"line":"x"}',
    b"2026-03-01T12:00:00.123Z ", b"stderr P ", b" app[postgres.1]: [X] [1-1] ", b"[pod/a/b] ", b"LOG:  x", b"\n",
    b"\t", b'"', b",", b"{", b"}", b"[", b"\xff", b"db-1  | ", b'{"record":{},"logger":"postgres"}', b"\x00",
]  # fmt: skip


@pytest.mark.parametrize("module", ENVELOPES, ids=lambda module: module.NAME)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)))
def test_any_bytes_are_answered(module: ModuleType, data: bytes) -> None:
    assert 0 <= module.sniff(data) <= 1
    inner = module.unwrap(data)
    assert isinstance(inner, bytes) and len(inner) <= 8 * len(data) + 200


@pytest.mark.parametrize("transport", [*TRANSPORTS, "CloudNativePG"])
def test_where_a_block_is_cut_plays_no_part(transport: str, logs: Logs) -> None:
    if transport == "CloudNativePG":
        outer = cloudnative_pg(logs.csv)
    else:
        wrap, prefix, _ = TRANSPORTS[transport]
        outer = wrap(logs.stderr[prefix])
    module = detect(outer, transport).envelopes[0]
    whole = sorted(module.unwrap(outer).split(b"\n"))
    cut = getattr(module, "cut", protocol.cut)
    for share in (3, 2):
        place = cut(outer[: len(outer) // share])
        parts = module.unwrap(outer[:place]) + module.unwrap(outer[place:])
        assert sorted(parts.split(b"\n")) == whole
