# Every target installs what it needs into $(VENV) first. `make help` prints the targets.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# One test process more than there are cores: many tests wait for a process of their own. A test file runs in one of them.
# WORKERS=0 runs them in this process.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST = env -u QA_BOT_DATA_DIR $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist loadscope

# The clone has a store of its own, so that trying it out touches nothing of yours.
export QA_BOT_DATA_DIR ?= $(CURDIR)/.qa_bot

# How long `make fuzz` goes on, in seconds.
SECONDS ?= 300

.PHONY: help repl test test-slow test-all browser fuzz lint format lock clean

help:  ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

repl: $(VENV)/.runs  ## install, index seeds/, ask questions
	@$(BIN)/qa-bot index --quiet seeds
	@$(BIN)/qa-bot repl

test: $(VENV)/.develops  ## run the tests that a change usually breaks, in minutes; ARGS goes to pytest
	@$(PYTEST) -m "not slow" $(ARGS)

test-slow: $(VENV)/.develops  ## run the slow tests, and every property with more examples
	@$(PYTEST) -m "slow or property" --hypothesis-profile thorough $(ARGS)

test-all: test test-slow  ## run every test

browser:  ## install what the tests of the search page need: Chromium (Debian, as root) and axe-core; without them they are skipped
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
		apt-get update -qq && apt-get install -y -qq chromium >/dev/null
	@test -f node_modules/axe-core/axe.min.js || npm install --no-save --no-package-lock --silent axe-core@4

fuzz: $(VENV)/.develops  ## feed hostile input to parsers, questions, payloads, settings and store, for SECONDS=300
	@env -u QA_BOT_DATA_DIR $(BIN)/python tests/fuzz.py --seconds $(SECONDS)

lint: $(VENV)/.develops  ## check style, format, types and which room imports which
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.develops  ## put the code into its format, and fix what can be fixed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(VENV)/bin/python  ## write deploy/requirements.txt: versions and hashes of what runs in a container
	@$(BIN)/python deploy/lock.py deploy/requirements.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "qa-bot needs Python 3.11 or newer; try: make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --upgrade pip  # older ones warn of extras whose names are spelled otherwise

$(VENV)/.runs: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing qa-bot into $(VENV) (a minute or two, once)"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.develops: $(VENV)/.runs
	@echo "installing what the tests need"
	@$(INSTALL) --editable '.[dev]'
	@touch $@

clean:  ## remove what the other targets made
	rm -rf $(VENV) .qa_bot .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
