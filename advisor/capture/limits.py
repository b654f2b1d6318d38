"""How much of an input is read: what is over is cut or left out, counted, and named in the coverage report.

No limit is met by what a server writes; they keep a file that was made to, or one that went wrong, from taking the
memory and the hours of everything else.
"""

from __future__ import annotations

STATEMENT = 5 << 20
"""Bytes of a statement that are kept."""

RECORD = 64 << 20
"""Bytes of a log record that are kept together."""

RATIO = 100
"""Bytes that one byte of a compressed file may unpack to, on the whole, …"""

UNPACKED = 64 << 20
"""… from this many unpacked bytes on."""

ELEMENTS = 100_000
"""Elements of a list of values (`IN (…)`, `VALUES …`) that are kept."""

DOCUMENT = 64 << 20
"""Bytes of an export that are read: exports are read whole."""

WORKLOAD = 256 << 20
"""Bytes of a workload file, unpacked."""

MEMBERS = 10_000
"""Files of an archive that are read."""
