# make repl   install, index seeds/, ask questions        make test   install, run the tests
# make lint   ruff and mypy                               make clean  remove what the others made

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# The clone has a store of its own, so that trying it out touches nothing of yours.
export QA_BOT_DATA_DIR ?= $(CURDIR)/.qa_bot

.PHONY: repl test lint format clean

repl: $(VENV)/.runs
	@$(BIN)/qa-bot index --quiet seeds
	@$(BIN)/qa-bot repl

test: $(VENV)/.develops
	@env -u QA_BOT_DATA_DIR $(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.develops
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.develops
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "qa_bot needs Python 3.11 or newer; try: make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing qa_bot into $(VENV) (a minute or two, once)"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/.develops: $(VENV)/.runs
	@echo "installing what the tests need"
	@$(INSTALL) --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .qa_bot .mypy_cache .ruff_cache .pytest_cache .hypothesis
