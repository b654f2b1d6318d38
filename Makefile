# Everything below sets itself up: only python3 (3.11+), make and a package index are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install demo test lint bench clean

help:
	@echo "make demo     the whole line on an example system, in one command"
	@echo "make test     linters, types and tests, on real servers"
	@echo "make bench    the measured tables of docs/benchmarks.md"
	@echo "make clean    remove what make made"

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

install: $(STAMP)

demo: $(STAMP)
	$(BIN)/advisor demo

lint: $(STAMP)
	$(BIN)/ruff check advisor tests benchmarks migrations
	$(BIN)/ruff format --check advisor tests benchmarks migrations
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: $(STAMP)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist demo-out benchmarks/out .mypy_cache .ruff_cache
