PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--upgrade --no-emit-index-url --no-emit-find-links --no-header
# The settings of a production server, with made-up secrets.
MANAGE := DJANGO_SETTINGS_MODULE=tests.settings PUBLIC_URL=https://keys.example.com \
	TRUSTED_PROXIES=127.0.0.1 $(BIN)/python manage.py

.DEFAULT_GOAL := help
.PHONY: help run test check demo lock

help: ## Show these lines
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile

run: .venv/runtime ## Set up what is missing, then serve the console and the API
	@$(BIN)/python -m config.serve

test: .venv/development ## Run the whole suite, on SQLite and then on PostgreSQL
	$(BIN)/python -m pytest -n 2
	$(BIN)/python -m tests.on_postgresql -n 2

check: .venv/development ## Format, lint, types, migrations, deployment, OpenAPI
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	find templates -name '*.html' -exec $(BIN)/djade --check --target-version 5.2 {} +
	$(BIN)/mypy
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check --deploy --fail-level WARNING
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null

demo: .venv/runtime ## Fill an empty database with a believable store
	@$(BIN)/python -m config.first_secrets
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py fill_demo
	@echo "Look around: make run"

lock: .venv/development ## Rewrite the requirements files from pyproject.toml
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --group dev --constraint requirements.txt \
		--output-file requirements-dev.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
		"Python 3.11 or newer is needed, this is %d.%d: make PYTHON=python3.12 ..." \
		% sys.version_info[:2])'
	@$(PYTHON) -m venv .venv

# Packages are installed again only when the list of them has changed.
.venv/runtime: requirements.txt | .venv/bin/python
	$(PIP) --requirement requirements.txt
	@touch $@

.venv/development: requirements-dev.txt | .venv/bin/python
	$(PIP) --requirement requirements-dev.txt
	@touch $@
