"""A private server leaves nothing behind."""

from __future__ import annotations

from advisor.twin.server import Server, embedded_binaries


def test_the_server_answers_and_leaves_no_folder_and_no_process() -> None:
    with Server(embedded_binaries()) as server:
        with server.connect() as connection:
            row = connection.execute("SHOW server_version_num").fetchone()
            assert row is not None and int(row[0]) >= 180000
        folder, process = server.folder, server.process
    assert not folder.exists()
    assert process is not None and process.poll() is not None
