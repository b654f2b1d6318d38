"""`python -m advisor`: the same as the command `advisor`."""

from __future__ import annotations

from advisor.entry import main

main()
