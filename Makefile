.DEFAULT_GOAL := help
.PHONY: help up demo lint test check bench revision documents pins image clean for-running for-developing
MAKEFLAGS += --no-print-directory
export PYTHON

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

up: for-running ## Start Comity with its own PostgreSQL and sample data (COMITY_PORT, COMITY_DATA, DATABASE_URL)
	@.venv/bin/comity up

demo: for-running ## Walk through the platform as its users would (COMITY_URL=… for one that runs elsewhere)
	@.venv/bin/comity demo $(if $(COMITY_URL),--url $(COMITY_URL))

lint: for-developing ## Check format, rules, types and the boundaries between packages
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports

test: for-developing ## Run the tests
	.venv/bin/python -m pytest

check: lint ## Everything before a push: lint, migrations in step with the models, tests with coverage
	.venv/bin/comity migrate --check
	.venv/bin/python -m coverage erase
	.venv/bin/python -m coverage run -m pytest
	.venv/bin/python -m coverage combine --quiet
	.venv/bin/python -m coverage report

bench: for-developing ## Measure throughput and latency on this machine
	.venv/bin/python -m bench

revision: for-developing ## Write a migration: make revision s=registry m="add seats"
	@test -n "$(s)" -a -n "$(m)" || { echo 'Name the service and the change: make revision s=registry m="add seats"' >&2; exit 1; }
	.venv/bin/comity revision $(s) "$(m)"

documents: for-developing ## Rewrite docs/openapi and the tables of docs/ from the code
	.venv/bin/python -m deploy.cli documents

pins: ## Renew the hashed pins in requirements/ (needs uv)
	@command -v uv >/dev/null || { echo 'The pins are made with uv. Install it: pipx install uv' >&2; exit 1; }
	uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url -q --all-extras pyproject.toml -o requirements/dev.lock --custom-compile-command "make pins"
	uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url -q --extra embedded --extra sample --extra build -c requirements/dev.lock pyproject.toml -o requirements/run.lock --custom-compile-command "make pins"
	uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url -q -c requirements/dev.lock pyproject.toml -o requirements/services.lock --custom-compile-command "make pins"

image: ## Build the container image, comity (needs docker)
	docker build -f deploy/Dockerfile -t comity .

clean: ## Remove the virtual environment and caches; data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

for-running:
	@sh deploy/bootstrap.sh run

for-developing:
	@sh deploy/bootstrap.sh dev
