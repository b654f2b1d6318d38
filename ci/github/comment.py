"""Keeps one comment of a pull request up to date: the one that begins with our marker, written by this token's owner.

Reads what to do from the environment: GITHUB_REPOSITORY, GITHUB_API_URL, GH_TOKEN, ADVISOR_PULL_REQUEST, ADVISOR_OUT and
ADVISOR_COMMENT_KEY. Needs `pull-requests: write`; without it (a fork) it says so and ends with 0. Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

MARKER = "<!-- advisor check -->"
PAGES = 30
"""Pages of a hundred comments that are looked through."""


def main() -> int:
    """Post or update the comment; return 0 also where that is not allowed, as the gate's status is another step's."""
    written = Path(os.environ["ADVISOR_OUT"]) / "comment.md"
    if not written.is_file():
        return 0  # `advisor check` ended before it had a result, and said why
    head = MARKER + key(os.environ.get("ADVISOR_COMMENT_KEY", ""))
    body = head + written.read_text(encoding="utf-8").removeprefix(MARKER)
    try:
        print(put(head, body))
    except HTTPError as error:
        print(
            f"::notice title=pgadvisor::no comment (HTTP {error.code}): it needs `permissions: pull-requests: write`, "
            "which a pull request from a fork does not have; the job's summary holds the same text"
        )
    except URLError as error:
        print(f"::warning title=pgadvisor::no comment: {error.reason}")
    return 0


def key(text: str) -> str:
    """Return a second hidden marker that tells several gates apart; empty where there is one gate."""
    plain = re.sub(r"[^\w./ -]|--+", "_", text)[:100].strip()
    return f"\n<!-- {plain} -->" if plain else ""


def put(head: str, body: str) -> str:
    """Update our comment, or post one; return what was done."""
    issues = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    ours = next((one for one in comments(issues) if str(one.get("body", "")).startswith(f"{head}\n\n")), None)
    if ours is None:
        call("POST", f"{issues}/{int(os.environ['ADVISOR_PULL_REQUEST'])}/comments", {"body": body})
        return "comment posted"
    if ours["body"] != body:
        call("PATCH", f"{issues}/comments/{int(ours['id'])}", {"body": body})
    return "comment updated"


def comments(issues: str) -> Iterator[dict[str, Any]]:
    """Yield the comments of the pull request that a program wrote: a person may quote ours."""
    number = int(os.environ["ADVISOR_PULL_REQUEST"])
    for page in range(1, PAGES + 1):
        found = call("GET", f"{issues}/{number}/comments?per_page=100&page={page}")
        yield from (one for one in found if one.get("user", {}).get("type") == "Bot")
        if len(found) < 100:
            return


def call(method: str, path: str, body: dict[str, str] | None = None) -> Any:
    """Return what GitHub's API answers. Raises `HTTPError`."""
    url = os.environ.get("GITHUB_API_URL", "https://api.github.com") + path
    headers = {
        "Authorization": f"Bearer {os.environ['GH_TOKEN']}",
        "Accept": "application/vnd.github+json",
        "Content-Type": "application/json",
    }
    data = json.dumps(body).encode() if body else None
    with urlopen(Request(url, data, headers, method=method), timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
