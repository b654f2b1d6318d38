"""What statements failed with: messages without the values in them, and which of them say that it was cancelled."""

from __future__ import annotations

import re
from collections import Counter

CANCELLED = b"canceling statement due to "
"""How the server begins to say that a statement was cancelled (English; backend/tcop/postgres.c, ProcessInterrupts)."""

MOST = 16
"""Messages kept of a query: the first by the alphabet, so that it does not matter where a log is cut."""

LONGEST = 160
"""Letters kept of a message."""

QUOTED = re.compile(rb'(?<=: )".*"|\'[^\']*\'|(?<=\()[^()]*(?=\)=)|=\([^()]*\)', re.S)
"""Values within messages: `invalid input syntax for type integer: "x"`, `Key (id)=(5)`."""
POSITION = re.compile(rb" at character [0-9]+$")
"""What only the text formats add to a message; csv and json have a field for it."""
NUMBER = re.compile(rb"(?<![A-Za-z_0-9\"])[0-9]+(?![A-Za-z_0-9\"])")


POSITION = re.compile(rb" at character [0-9]{1,10}$")
"""Where in the text the error is: stderr and syslog write it behind the message, csvlog and jsonlog do not (elog.c)."""


def failure(message: bytes) -> str:
    """Return the first line of an error's message without its values."""
    first = POSITION.sub(b"", message.strip().split(b"\n", 1)[0])
    without = NUMBER.sub(b"?", QUOTED.sub(b"?", first))
    return without[:LONGEST].decode("utf-8", "replace")


def first_by_name(failures: Counter[str]) -> Counter[str]:
    """Return the messages that are kept; those of a part which are among the whole's first were kept there, too."""
    return failures if len(failures) <= MOST else Counter({name: failures[name] for name in sorted(failures)[:MOST]})
