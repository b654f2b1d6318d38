"""Images `postgres:<major>`, made by debootstrap of the Debian release that has this version.

The entry point (`entrypoint.sh`) does what the official image's does for the variables that testcontainers sets.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from docker import DockerClient
from docker.errors import ImageNotFound

from tests.engine.packages import Unavailable, run

RELEASES: Mapping[int, str] = {13: "bullseye", 15: "bookworm", 17: "trixie"}
"""The Debian release whose packages hold each major version."""
LABEL = "pgadvisor.recipe"
SECONDS = 900.0
"""What one image may take."""
_ENTRY = Path(__file__).parent / "entrypoint.sh"
_RECIPE = r"""
set -e
root=$1 release=$2 major=$3 entry=$4; shift 4
mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/hasty"
debootstrap --variant=minbase --include="postgresql-$major,locales" "$release" "$root" "$@" >&2
chroot "$root" sh -e -c '
    localedef -i en_US -f UTF-8 en_US.UTF-8
    rm -rf /var/lib/postgresql/'$major' /etc/postgresql/'$major'
    sed -i "s/^#\?listen_addresses .*/listen_addresses = '"'*'"'/" /usr/share/postgresql/'$major'/postgresql.conf.sample
    mkdir -p /docker-entrypoint-initdb.d /var/run/postgresql
    chown postgres:postgres /var/run/postgresql
    chmod 3777 /var/run/postgresql
    rm -rf /var/cache/apt/* /var/lib/apt/lists/* /usr/share/doc/* /usr/share/man/* /var/log/*
' >&2
install -m 755 "$entry" "$root/usr/local/bin/docker-entrypoint.sh"
exec tar -C "$root" --one-file-system -c .
"""
"""Prints the image as an archive. It runs in a mount namespace of its own: what debootstrap mounts goes with it."""


def recipe(major: int) -> str:
    """Return what an image is made from, in short: another recipe makes another image."""
    return hashlib.sha256(f"{RELEASES[major]} {_RECIPE} {_ENTRY.read_text()}".encode()).hexdigest()[:12]


def present(client: DockerClient, major: int) -> bool:
    """Return whether the engine has this image, made by the recipe of today."""
    with suppress(ImageNotFound):
        return client.images.get(f"postgres:{major}").labels.get(LABEL) == recipe(major)
    return False


def make(socket: str, major: int) -> None:
    """Make the image in the engine at this address; raises `Unavailable` when packages or programs are lacking."""
    with (
        tempfile.TemporaryDirectory(prefix="pgadvisor-image-", dir="/var/tmp") as folder,
        tempfile.TemporaryFile() as said,
    ):
        given = [f"{folder}/root", RELEASES[major], str(major), str(_ENTRY), *_mirror()]
        command = ["unshare", "--mount", "timeout", str(SECONDS), "sh", "-c", _RECIPE, "recipe", *given]
        making = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)
        assert making.stdout is not None
        command = ["docker", "-H", socket, "import", *_changes(major), "-", f"postgres:{major}"]
        done = subprocess.run(command, stdin=making.stdout, capture_output=True, text=True, check=False)
        making.stdout.close()  # else the archive's writer waits for a reader that has ended
        if making.wait():
            _forget(socket, major)  # an archive that was cut off may have become an image
            said.seek(0)
            raise Unavailable(said.read().decode(errors="replace").strip().rpartition("\n")[2])
        if done.returncode:
            raise Unavailable(done.stderr.strip())


def _forget(socket: str, major: int) -> None:
    with closing(DockerClient(base_url=socket)) as client, suppress(ImageNotFound):
        client.images.remove(f"postgres:{major}", force=True)


def _changes(major: int) -> list[str]:
    """Return what the image says of itself."""
    changes = (
        f"ENV PATH=/usr/lib/postgresql/{major}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "ENV LANG=en_US.utf8", "ENV PGDATA=/var/lib/postgresql/data", f"ENV PG_MAJOR={major}",
        'ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["postgres"]', "EXPOSE 5432",
        "VOLUME /var/lib/postgresql/data", f"LABEL {LABEL}={recipe(major)}",
    )  # fmt: skip
    return [word for change in changes for word in ("--change", change)]


def _mirror() -> list[str]:
    """Return the address that apt has Debian's packages from, so that a machine's own mirror serves images too."""
    with suppress(Unavailable):
        listed = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Identifier: Packages", seconds=60)
        places = [line.split(" ", 1)[1] for line in listed.splitlines() if line.startswith("Debian ")]
        return places[:1]
    return []
