"""A process that plans one statement on the twin and prints the plan as JSON; the statement is never executed."""

from __future__ import annotations

import sys

import msgspec

from advisor import api, stdout
from advisor.errors import AdvisorError


def main() -> int:
    """Take `--snapshot` or `--schema`, its path, the statement; return 2 with the reason on stderr where it fails."""
    stdout.keep()
    option, path, statement = sys.argv[1:4]
    try:
        snapshot = api.load_snapshot(path) if option == "--snapshot" else api.snapshot_of_dump(path)
        with api.open_twin(snapshot) as twin:
            plan = api.plan(twin, statement)
            answer = {"server": twin.description, "notes": twin.notes, "plan": plan}
            print(msgspec.json.encode(answer).decode())
    except AdvisorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
