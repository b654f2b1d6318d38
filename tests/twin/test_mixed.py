"""Random statements over a random schema: the twin plans each as the loaded server does, as every role.

The truth is the loaded server. New statements each run, the seed is printed; what differs is made small, and becomes a case of
the module that is to blame (`tests/catalog/test_ends.py` holds the first).
"""

from __future__ import annotations

import random

import pytest

from advisor.twin.servers.server import Server
from benchmarks import mixed
from benchmarks.twin_fidelity import VERSIONS

STATEMENTS = 40
SHARE = 0.1
"""Of the rows: enough for histograms, few enough to be loaded in seconds."""


@pytest.mark.parametrize("major", sorted(VERSIONS))
def test_every_statement_is_planned_as_on_the_loaded_server(major: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with Server(VERSIONS[major]) as server:
        found = mixed.outcomes(server, seed, STATEMENTS, share=SHARE)
    differing = [
        f"{one.role} {one.deviation:+.4f} % {one.statement.text} {one.statement.values or ''}"
        for one in found
        if not one.faithful
    ]
    assert len(found) > 2 * STATEMENTS and not differing, "\n".join([f"seed {seed}", *differing])
