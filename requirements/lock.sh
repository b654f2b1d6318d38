#!/bin/sh
# Resolves pyproject.toml into the hashed locks of this folder, which plain pip installs with --require-hashes:
# dev.txt (the newest of everything, for make test, make demo and CI), benchmarks.txt (that and the benchmarks' extra),
# image.txt (what the container image installs: users' packages and the server) and lowest.txt (the lowest versions that
# pyproject.toml allows for what users install).
set -eu
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
        --no-emit-index-url --no-emit-find-links "$@"
}
compile pyproject.toml --extra dev --output-file requirements/dev.txt --upgrade
compile pyproject.toml --extra dev --extra benchmarks --constraint requirements/dev.txt \
    --output-file requirements/benchmarks.txt --upgrade
compile pyproject.toml --extra embedded --constraint requirements/dev.txt --output-file requirements/image.txt --upgrade
# What tests need beside the package is not what a user's environment holds: it stays at the lock's versions as far as
# the lowest versions of the package allow.
compile pyproject.toml --extra dev --resolution lowest-direct --output-file requirements/lowest.txt --upgrade
