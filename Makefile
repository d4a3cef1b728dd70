# Each target sets up what it needs in .venv, so each works first on a fresh clone: `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

BENCHMARKS := overhead plan simulation packing packing_scale profiles churn topology

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check fix pages bench bench-full clean

help: ## Tell what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

pages: $(VENV)/all.stamp ## Write the pages anew that are made from code: commands, results, settings
	$(BIN)/python -c "from pathlib import Path; from consolidate.pages import commands_page as c, settings_page as s, tables_page as t; \
		[Path('docs', n).write_text(m.page(), 'utf-8') for n, m in (('commands.md', c), ('settings.md', s), ('results.md', t))]"

bench: $(VENV)/all.stamp ## Measure speed and quality; the modules of tests/benchmarks print CSV
	@set -e; for name in $(BENCHMARKS); do echo "# tests.benchmarks.$$name"; $(BIN)/python -m tests.benchmarks.$$name; done
	@echo "# tests.benchmarks.reassignment"; $(BIN)/python -m tests.benchmarks.reassignment --seconds 30

bench-full: $(VENV)/all.stamp ## All published packing and reassignment problems, with the time that is usual: many hours
	$(BIN)/python -m tests.benchmarks.packing --full --seconds 60 --workers 2
	$(BIN)/python -m tests.benchmarks.reassignment --seconds 300
	$(BIN)/python -m tests.benchmarks.churn --large 50/500 100/1000 --seeds 3 --minutes 10

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
