# Three Classrooms. `make run` and `make test` install what they need into this folder
# (.venv/, frontend/node_modules/); only Debian packages, through apt, go elsewhere.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?=
VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
NPM := cd frontend && PATH="$$(cat ../$(VENV)/.node-folder):$$PATH" npm --no-update-notifier
NODE := PATH="$$(cat $(VENV)/.node-folder):$$PATH"
FRONTEND_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) \
	$(wildcard frontend/*.html frontend/*.ts frontend/*.js frontend/*.json)
UV := var/tools/bin/uv
COMPILE := $(UV) pip compile --universal --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --python-version 3.11 --quiet
NATIVE := media/native/build/plane.so
TRY_NATIVE := if command -v $(CC) >/dev/null; then $(MAKE) --no-print-directory $(NATIVE); \
	else echo "No C compiler: the reference data plane will serve, which costs more."; fi
CONTAINERS := $(shell command -v docker || command -v podman || echo docker)

.PHONY: help run setup native setup-dev setup-browser setup-tools test test-python test-frontend check fix e2e bench \
	bench-data bench-flood bench-recording impair soak drill fuzz fuzz-native turn migrate migration protocol api image lock

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Start the platform with the demonstration county on http://localhost:8000
	@exec $(PY) -m app demo

setup: $(VENV)/.base frontend/dist/index.html ## Install what running needs, build the pages and, with a C compiler, the native plane
	@$(TRY_NATIVE)

native: $(NATIVE) ## Build the native data plane (media/native), with the C compiler there is

$(NATIVE): $(wildcard media/native/*.c media/native/*.h)
	@mkdir -p $(@D)
	$(CC) -O2 -std=gnu11 -ffp-contract=off -Wall -Wextra -fPIC -shared -pthread -o $@.new media/native/plane.c
	@mv $@.new $@

setup-dev: $(VENV)/.dev frontend/node_modules/.installed ## Install what checks and tests need

setup-browser: ## Install Debian's chromium and Chinese fonts, for browser tests
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		command -v chromium-browser >/dev/null || tools/apt-install.sh "Browser tests" chromium
	@tools/apt-install.sh "Browser tests" fonts-noto-cjk

# Without the right to install, tests that need what is missing are skipped, each with its reason.
setup-tools: ## Install what tests of roads and of the native plane need: relay, packet filter, compiler
	@command -v $(CC) >/dev/null || tools/apt-install.sh "The native plane" gcc libc6-dev || [ "$$(id -u)" != 0 ]
	@tools/apt-install.sh "Tests of roads" coturn nftables iproute2 util-linux || [ "$$(id -u)" != 0 ]

test: setup-dev setup-browser frontend/dist/index.html ## Run every test, browser tests included
	$(MAKE) --no-print-directory test-python
	$(MAKE) --no-print-directory test-frontend

# Two processes for what measures nothing; what measures pictures and packets has both cores to itself.
MEASURING := tests/bench/test_servers.py tests/bench/drill/test_rows.py
SHARED := tests/app tests/signaling tests/media/core \
	$(filter-out $(MEASURING),$(wildcard tests/bench/test_*.py tests/bench/drill/test_*.py)) tests/bench/impair

test-python: setup-dev setup-tools ## Run the Python tests (ARGS="-m 'not browser'" for fewer, in one process)
	@$(TRY_NATIVE)
ifdef ARGS
	$(PY) -m pytest $(ARGS)
else
	@failed=0; \
	$(PY) -m pytest --durations 10 --numprocesses 2 --dist loadfile --no-loadscope-reorder $(SHARED) || failed=1; \
	$(PY) -m pytest --durations 40 $(SHARED:%=--ignore=%) || failed=1; \
	exit $$failed
endif

test-frontend: setup-dev ## Run the front end's unit tests
	$(NPM) run test

check: setup-dev ## Lint, formatting, types, import contracts, generated protocol
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m signaling.protocol --check
	$(NODE) $(PY) -m app.openapi --check
	$(NPM) run check

fix: setup-dev ## Repair what can be repaired: lint, formatting, generated protocol
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(PY) -m signaling.protocol
	$(NODE) $(PY) -m app.openapi
	$(NPM) exec -- eslint --fix .

e2e: setup-dev setup-browser frontend/dist/index.html ## A full lesson and a county's story in real browsers, one line per fact
	$(PY) -m tests.e2e

# Both planes, three sizes of room, idle and beside other work, each in turn with Janus: 7 minutes.
BENCH_ALL := --peer janus --plane reference native --busy 0 0.9 --subscribers 10 50 200 --seconds 5

bench: setup-dev ## Measure the media plane and the recorder (PEER=janus: beside Debian's Janus; 12 minutes)
	@$(if $(filter janus,$(PEER)),$(TRY_NATIVE))
	@$(if $(filter janus,$(PEER)),tools/apt-install.sh "The comparison" janus iproute2 util-linux)
	$(PY) -m bench.forward $(if $(filter janus,$(PEER)),$(BENCH_ALL)) $(ARGS)
	@$(MAKE) --no-print-directory bench-recording ARGS=

bench-data: setup-dev ## Fill a province's term into PostgreSQL and measure named requests (ARGS="--quick": a corner of it)
	$(PY) -m bench.data $(ARGS)

bench-flood: setup-dev ## Measure a lesson while strangers flood the media port
	$(PY) -m bench.flood $(ARGS)

bench-recording: setup-dev ## Measure forwarding while recording, the recorder, the wait after the bell, composing
	@$(TRY_NATIVE)
	@mkdir -p var
	$(PY) -m bench.forward --recording off on slow --subscribers 50 --check
	$(PY) -m bench.recording $(ARGS)

impair: setup-dev setup-browser frontend/dist/index.html ## Measure a lesson through an impaired path (ROWS=loss-5,step for some, QUICK=1)
	@tools/apt-install.sh "The impaired path" iproute2 util-linux || true
	$(PY) -m bench.impair $(if $(ROWS),--rows $(ROWS)) $(if $(filter-out 0,$(QUICK)),--quick) $(ARGS)

soak: setup-dev ## Lessons in a loop: memory, files, sockets, tasks must not grow (MINUTES=30)
	$(PY) -m bench.soak --minutes $(or $(MINUTES),10) $(ARGS)

drill: setup-dev ## Break a lesson in every way there is: what of its recording and records survives (ROWS=server,recorder)
	$(PY) -m bench.drill $(if $(ROWS),--rows $(ROWS)) $(ARGS)

fuzz: $(VENV)/.fuzz ## Feed every parser of outside bytes (SECONDS=60 for each, KEEP=1 keeps what is new)
	$(PY) -m tests.fuzz --seconds $(or $(SECONDS),60) $(if $(KEEP),--keep) $(ARGS)

fuzz-native: setup-dev ## Feed the native data plane's parsers with libFuzzer, ASan and UBSan (SECONDS=60)
	@tools/apt-install.sh "Fuzzing C" clang libclang-rt-14-dev
	@mkdir -p var/fuzz/native
	clang -g -O1 -std=gnu11 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		tests/native/fuzz_packets.c -o var/fuzz/fuzz_packets -pthread
	$(PY) -m tests.native.inputs var/fuzz/native
	var/fuzz/fuzz_packets -max_len=1500 -max_total_time=$(or $(SECONDS),60) \
		-artifact_prefix=var/fuzz/ var/fuzz/native

turn: $(VENV)/.base ## Run a TURN relay (coturn) on this machine, to try one out
	@tools/apt-install.sh "The relay" coturn
	@exec $(PY) -m app coturn

migrate: $(VENV)/.base ## Bring the database to the tables of this version
	$(PY) -m app migrate

migration: setup-dev ## Write a migration from the models: make migration m="add link profiles"
	@[ -n "$(m)" ] || { echo 'Say what it does: make migration m="add link profiles"' >&2; exit 1; }
	$(VENV)/bin/alembic revision --autogenerate --rev-id "$$(date -u +%Y%m%d%H%M)" -m "$(m)"
	$(VENV)/bin/ruff check --fix --quiet alembic
	$(VENV)/bin/ruff format --quiet alembic

protocol: $(VENV)/.base ## Write the JSON Schema and TypeScript of the signalling messages
	$(PY) -m signaling.protocol

api: setup-dev ## Write the front end's types from the API's description
	$(NODE) $(PY) -m app.openapi

image: ## Build the container image
	$(CONTAINERS) build -t three-classrooms .

lock: $(UV) ## Write requirements/*.txt from requirements/*.in
	$(COMPILE) requirements/base.in -o requirements/base.txt
	$(COMPILE) requirements/dev.in -o requirements/dev.txt
	$(COMPILE) requirements/fuzz.in -o requirements/fuzz.txt
	$(COMPILE) requirements/node.in -o requirements/node.txt

# What was installed is remembered by files that are newer than what it was made from.

$(VENV)/.made: tools/make-venv.sh
	@tools/make-venv.sh $(VENV) $(PYTHON)
	@touch $@

$(VENV)/.base: requirements/base.txt $(VENV)/.made
	@echo "Installing Python packages ..."
	@$(PIP_INSTALL) -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.made
	@echo "Installing Python packages for checks and tests ..."
	@$(PIP_INSTALL) -r requirements/dev.txt
	@touch $@ $(VENV)/.base

$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.dev
	@$(PIP_INSTALL) -r requirements/fuzz.txt
	@touch $@

$(VENV)/.node-folder: requirements/node.txt tools/find-node.sh $(VENV)/.made
	@tools/find-node.sh $(VENV) > $@

frontend/node_modules/.installed: frontend/package-lock.json $(VENV)/.node-folder
	@echo "Installing the front end's packages ..."
	@$(NPM) ci --silent
	@touch $@

frontend/dist/index.html: frontend/node_modules/.installed $(FRONTEND_SOURCES)
	@echo "Building the pages ..."
	@$(NPM) run build --silent
	@touch $@

$(UV):
	@python3 -m venv var/tools
	@var/tools/bin/pip install --quiet --disable-pip-version-check uv
