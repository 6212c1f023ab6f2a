# `make run` and `make test` are all that a newcomer needs; both set up what is missing by themselves.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8080
DATA_DIR ?= data
PYTEST_ARGS ?=
BENCH ?= relay

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
NODE := $(STAMPS)/node
export PATH := $(abspath $(BIN)):$(PATH)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

.PHONY: help
help: ## Show what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Variables: HOST=$(HOST) PORT=$(PORT) DATA_DIR=$(DATA_DIR) PYTHON=$(PYTHON) PYTEST_ARGS=… BENCH=relay"

.PHONY: run
run: setup ## Set up what is missing and start Beamdesk on this computer
	@exec $(BIN)/beamdesk serve --host $(HOST) --port $(PORT) --data-dir $(DATA_DIR)

.PHONY: test
test: setup $(STAMPS)/system-test $(STAMPS)/guacd-rdp $(STAMPS)/bench-peers ## Set up what is missing and pass every test
	cd web && npm run --silent test
	$(BIN)/pytest $(PYTEST_ARGS)

.PHONY: lint
lint: types $(STAMPS)/web ## Check style: ruff, cython-lint, eslint (and the types)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/cython-lint codecs
	cd web && npm run --silent lint

.PHONY: types
types: $(STAMPS)/python $(STAMPS)/web ## Check types: mypy --strict, tsc
	@mkdir -p build/types && ln -sfn ../.. build/types/beamdesk
	MYPYPATH=build/types $(BIN)/mypy -p beamdesk.codecs -p beamdesk.brokers -p beamdesk.gateway -p beamdesk.bench
	cd web && npm run --silent types

.PHONY: bench
bench: setup $(STAMPS)/bench-peers ## Measure the relay beside its peers (BENCH="relay --protocol guacamole")
	$(BIN)/beamdesk bench $(BENCH)

.PHONY: api
api: $(STAMPS)/python $(STAMPS)/web ## Write the OpenAPI document and the web UI's types anew
	$(BIN)/python -m beamdesk.gateway.portal.api > web/openapi.json
	cd web && npm run --silent api

.PHONY: lock
lock: $(STAMPS)/python ## Resolve the Python packages anew (pyproject.toml -> requirements/*.txt)
	cd requirements && ../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --group ../pyproject.toml:dev ../pyproject.toml -o dev.txt
	cd requirements && ../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header bootstrap.in -o bootstrap.txt
	cd requirements && ../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header node.in -o node.txt

.PHONY: setup
setup: $(STAMPS)/python $(STAMPS)/guacd gateway/ui/index.html ## Install what is missing, without starting anything

.PHONY: clean
clean: ## Remove what was built (not the data folder)
	rm -rf $(VENV) build dist gateway/ui web/node_modules bench/peers/node_modules

$(STAMPS)/system-run: gateway/setup/system_packages.py
	@$(PYTHON) gateway/setup/system_packages.py run
	@mkdir -p $(@D) && touch $@

$(STAMPS)/system-test: gateway/setup/system_packages.py
	@$(PYTHON) gateway/setup/system_packages.py test
	@mkdir -p $(@D) && touch $@

$(STAMPS)/python: requirements/bootstrap.txt requirements/dev.txt pyproject.toml $(wildcard codecs/*/*.pyx) | $(STAMPS)/system-run
	@echo "Installing Python packages into $(VENV) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(BIN)/python gateway/setup/node.py
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q gateway codecs brokers bench
	@touch $@

# Without guacd everything but the Guacamole lane works: no reason not to start.
$(STAMPS)/guacd: gateway/setup/guacd.py | $(STAMPS)/system-run
	@if $(PYTHON) gateway/setup/guacd.py > /dev/null; then mkdir -p $(@D) && touch $@; else echo "Going on without guacd."; fi

$(STAMPS)/guacd-rdp: gateway/setup/guacd.py | $(STAMPS)/system-run
	@$(PYTHON) gateway/setup/guacd.py --rdp > /dev/null
	@mkdir -p $(@D) && touch $@

$(STAMPS)/web: web/package-lock.json | $(STAMPS)/python
	@echo "Installing web packages …"
	@cd web && npm ci --silent --no-audit --no-fund
	@touch $@

$(STAMPS)/bench-peers: bench/peers/package-lock.json | $(STAMPS)/python
	@cd bench/peers && npm ci --silent --no-audit --no-fund
	@touch $@

gateway/ui/index.html: $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null) $(STAMPS)/web
	@echo "Building the web UI …"
	@cd web && npm run --silent build -- --logLevel warn
	@touch $@
