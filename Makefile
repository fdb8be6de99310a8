# Talkboard. `make help` lists the targets. Everything installed stays in .venv and var.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/messages.po)
# Two starts at the same moment must not build the same environment (flock is part of Debian and Ubuntu).
LOCKED := $(if $(shell command -v flock),flock Makefile)
SYNC := $(BIN)/uv pip sync -q --compile-bytecode --python $(BIN)/python --require-hashes requirements-uv.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run example test test-postgresql lint format lock translations screenshots bench bench-full

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: $(VENV)/.synced $(CATALOGUES:.po=.mo) ## set up and start: the demo, or NEXTCLOUD_URL=https://… for the real one
	@exec $(BIN)/python run.py

example: $(VENV)/.synced-dev $(CATALOGUES:.po=.mo) ## the demo, and beside it a host dashboard on another site that shows the card
	@exec $(BIN)/python scripts/example.py

test: $(VENV)/.synced-dev $(CATALOGUES:.po=.mo) ## set up and run everything that CI runs
	@scripts/install-browser
	@scripts/install-postgresql
	@scripts/install-proxies
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 4 --dist loadgroup tests

test-postgresql: $(VENV)/.synced-dev $(CATALOGUES:.po=.mo) ## the tests once more, every one of them on PostgreSQL
	@scripts/install-browser
	@scripts/install-postgresql
	@scripts/install-proxies
	TALKBOARD_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 4 --dist loadgroup tests

lint: $(VENV)/.synced-dev ## format, style, types, layers, unused dependencies, container files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

format: $(VENV)/.synced-dev ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.synced ## lock newer packages, as far as the .in files allow: LOCK="--upgrade" or "--upgrade-package NAME"
	for set in requirements requirements-dev requirements-uv; do \
	  $(BIN)/uv pip compile -q $(LOCK) --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	    --custom-compile-command "make lock" $$set.in -o $$set.txt || exit 1; done

bench: $(VENV)/.synced-dev ## what the worst messages cost, as a ratio to a usual one
	$(BIN)/python -m benchmarks.lines

bench-full: bench ## the same, then what 80 members cost the server, and who waits while Nextcloud is slow
	$(BIN)/python -m benchmarks.brigade

screenshots: $(VENV)/.synced-dev $(CATALOGUES:.po=.mo) ## renew the pictures of README and docs
	@scripts/install-browser
	$(BIN)/python scripts/screenshots.py

translations: $(VENV)/.synced-dev ## collect new sentences into the catalogues
	@mkdir -p -m 700 var
	$(BIN)/pybabel -q extract -F babel.cfg -k _ -k N_ -k ngettext:1,2 --no-location --sort-output --omit-header -o var/messages.pot .
	$(BIN)/pybabel -q update -N --no-wrap --ignore-pot-creation-date -i var/messages.pot -d translations

%.mo: %.po | $(VENV)/.synced
	@$(BIN)/pybabel -q compile -i $< -o $@

$(BIN)/uv: requirements-uv.txt
	@$(LOCKED) scripts/make-venv $(PYTHON) $(VENV)
	@touch $@

# The developers' set holds what the app runs on as well; where it is in place, it stays.
$(VENV)/.synced: $(BIN)/uv requirements.txt
	@test -e $(VENV)/.synced-dev && test $(VENV)/.synced-dev -nt requirements-dev.txt || $(LOCKED) $(SYNC) requirements.txt
	@touch $@

$(VENV)/.synced-dev: $(BIN)/uv requirements-dev.txt
	@$(LOCKED) $(SYNC) requirements-dev.txt
	@touch $@ $(VENV)/.synced
