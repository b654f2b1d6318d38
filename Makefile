# Everything below sets itself up: only python3 (3.11+), make and a package index are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := -m pip --quiet --disable-pip-version-check
# From the lock to the last hash; our own package beside it, built with what the lock holds.
LOCKED := install --require-hashes --requirement
OURS := install --no-deps --no-build-isolation --editable .
PYTEST := -m pytest -n 2 --dist loadfile

.PHONY: help install demo test lint docs manual bench mutants lock test-lowest test-newest clean ci matrix

help:
	@echo "make demo         the whole line on an example system, in one command"
	@echo "make test         linters, types and tests, on real servers, from the lock"
	@echo "make ci           the same with a container engine of its own (root, Debian's packages): 13, 15 and 17, too"
	@echo "make matrix       version by property: each part of the line on 13 to 18"
	@echo "make test-lowest  the tests on the lowest versions that pyproject.toml allows"
	@echo "make test-newest  the tests on the newest of everything; says what changed since the lock"
	@echo "make lock         resolve the locks again (requirements/)"
	@echo "make docs         the pages that are made from the code, and the JSON Schemas"
	@echo "make manual       the manual as a site to read from disk: build/manual/index.html"
	@echo "make bench        the measured tables of docs/benchmarks.md"
	@echo "make clean        remove what make made"

$(STAMP): pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) $(LOCKED) requirements/dev.txt
	$(BIN)/python $(PIP) $(OURS)
	@touch $(STAMP)

install: $(STAMP)

demo: $(STAMP)
	$(BIN)/advisor demo

lint: $(STAMP)
	$(BIN)/ruff check advisor tests benchmarks migrations
	$(BIN)/ruff format --check advisor tests benchmarks migrations
	$(BIN)/mypy

test: lint
	$(BIN)/python $(PYTEST)

ci: lint
	$(BIN)/python -m tests.engine $(BIN)/python $(PYTEST)

matrix: $(STAMP)
	$(BIN)/python -m tests.engine $(BIN)/python $(PYTEST) tests/matrix tests/twin/test_container.py

docs: $(STAMP)
	$(BIN)/advisor rule --write docs/rules
	$(BIN)/advisor schema --write advisor/schemas
	$(BIN)/advisor man --markdown docs/reference

manual: docs
	$(BIN)/mkdocs build --strict --quiet
	@echo "open build/manual/index.html"

bench: $(STAMP)
	$(BIN)/python $(PIP) $(LOCKED) requirements/benchmarks.txt
	$(BIN)/python -m benchmarks

mutants: $(STAMP)
	$(BIN)/python -m benchmarks.mutants

lock: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" sh requirements/lock.sh

test-lowest:
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python $(PIP) $(LOCKED) requirements/lowest.txt
	.venv-lowest/bin/python $(PIP) $(OURS)
	.venv-lowest/bin/python $(PYTEST)

test-newest: $(STAMP)
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python $(PIP) install --upgrade --upgrade-strategy eager --editable '.[dev]'
	@echo "newer than the lock:"
	@$(BIN)/python -m pip --disable-pip-version-check freeze --exclude-editable > .venv-newest/locked.txt
	@.venv-newest/bin/python -m pip --disable-pip-version-check freeze --exclude-editable > .venv-newest/newest.txt
	@diff .venv-newest/locked.txt .venv-newest/newest.txt || true
	.venv-newest/bin/python $(PYTEST)

clean:
	rm -rf $(VENV) .venv-lowest .venv-newest build dist demo-out benchmarks/out .mypy_cache .ruff_cache
