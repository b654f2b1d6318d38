"""A stand-in for GitHub's comments, which no test may write to."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest


class GitHub:
    """A server that keeps the comments of pull request 7 as GitHub does."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.refused = 0

    def answer(self, method: str, path: str, body: Any) -> Any:
        if self.refused:
            return None
        if method == "GET":
            page = int(re.search(r"[?&]page=(\d+)", path)[1])  # type: ignore[index]
            return self.comments[100 * (page - 1) : 100 * page]
        if method == "POST":
            assert path == "/repos/o/r/issues/7/comments"
            self.comments.append({"id": len(self.comments), "user": {"type": "Bot"}, **body})
            return self.comments[-1]
        number = int(path.removeprefix("/repos/o/r/issues/comments/"))
        self.comments[number].update(body)
        return self.comments[number]


@pytest.fixture
def github() -> Iterator[tuple[GitHub, str]]:
    hub = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            assert self.headers["Authorization"] == "Bearer secret"
            length = int(self.headers.get("Content-Length") or 0)
            found = hub.answer(self.command, self.path, json.loads(self.rfile.read(length)) if length else None)
            self.send_response(hub.refused or 200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        do_GET = do_POST = do_PATCH = _any

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield hub, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()
