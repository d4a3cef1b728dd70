# Each target sets up what it needs in .venv, so each works first on a fresh clone: `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check fix bench clean

help: ## Tell what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/core.stamp ## Plan the example estate and write a report
	$(BIN)/consolidate demo --out demo-report --force
	@echo "The report is demo-report/report.html: open it in a browser."

test: $(VENV)/all.stamp ## Run the tests
	$(BIN)/python -m pytest

check: $(VENV)/all.stamp ## Check format, style and types, then run the tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(MAKE) test

fix: $(VENV)/all.stamp ## Format, and mend what can be mended by rule
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/all.stamp ## Measure speed and quality; the modules of tests/benchmarks print CSV
	@set -e; for file in $$(ls tests/benchmarks/*.py | grep -v '/__init__.py$$'); do \
		module=$$(echo "$${file%.py}" | tr / .); echo "# $$module"; $(BIN)/python -m "$$module"; \
	done

clean: ## Remove the environment, caches and results
	rm -rf $(VENV) demo-report dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not that. Name one: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/core.stamp: $(VENV)/made.stamp pyproject.toml constraints.txt
	$(INSTALL) -e .
	@touch $@

$(VENV)/all.stamp: $(VENV)/made.stamp pyproject.toml constraints.txt
	$(INSTALL) -e ".[dev,dashboard,dask]"
	@touch $(VENV)/core.stamp $@
