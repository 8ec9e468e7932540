# The two commands: `make refresh` and `make test`. Everything else is a convenience.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python on the path that the project supports (3.11 to 3.13).
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$p && break; done)
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --compile --quiet --progress-bar off

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /'

refresh: .venv/installed  ## load what is new, build, check and publish warehouse/force_performance.duckdb
	@$(BIN)/fpw refresh

test: .venv/installed-dev  ## run all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder

coverage: .venv/installed-dev  ## the same, and which lines of pipelines/ no test ran (htmlcov/index.html)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder --cov=pipelines --cov-report=term:skip-covered --cov-report=html

lint: .venv/installed-dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/analyses dbt_project/tests

serve: .venv/installed  ## Dagster on http://127.0.0.1:3000 with its daemon, and the Data Docs on port 3001
	@$(BIN)/fpw serve

audit: .venv/installed-dev  ## lock files, licences and known vulnerabilities of what is installed
	@$(BIN)/python -m pipelines.audit

lock:  ## compile the lock files anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links --extra build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

bank-holidays: .venv/installed  ## write the bank holidays anew from the holidays library
	@$(BIN)/python -m pipelines.bank_holidays

clean:  ## delete the environment, the warehouse and the sample (raw extracts stay)
	rm -rf .venv warehouse/build.duckdb* warehouse/force_performance.duckdb warehouse/dbt warehouse/dagster warehouse/data_docs warehouse/spool raw/sample

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found; install one, or name it: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	@echo "Creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv

.venv/installed: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing the locked requirements (about a minute)"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(BIN)/fpw prepare
	@touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed | .venv/bin/python
	@echo "Installing what the tests need"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: help refresh test coverage lint serve audit lock bank-holidays clean
