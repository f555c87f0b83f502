# `make help` lists what there is. Every target begins with `setup`, which makes .venv from requirements.lock.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made-from-lock
SYSTEM_PACKAGES := $(shell sed 's/\#.*//' tests/system-packages.txt 2>/dev/null)

# The hundreds of processes that tests start would each compile the program anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup system demo test again lint format lock chaos drafts fleet corpus reports screens pictures bench uploads shards attacks schemathesis docs wheel clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: $(STAMP) ## Make .venv with everything, by the hashes in requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: Python 3.11 or later is needed; set PYTHON to it." >&2; exit 1; }
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: $(PYTHON) must be 3.11 or later, with venv; set PYTHON to one that is." >&2; exit 1; }
	@echo "Installing into $(VENV) what requirements.lock names ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

system:
	@tests/install-system-packages $(SYSTEM_PACKAGES)

demo: setup ## Three old clips become mp4s on this machine, with nothing else installed
	@$(BIN)/python -m tests.demo

test: setup system ## All tests, with the short forms of the long proofs
	@$(BIN)/python -m tests.parts.minio
	@# Many tests wait for a process or a timeout: three at a time keep two cores busy.
	@# What pytest ended with is for .ci/run; make itself tells only that something failed.
	@rm -rf .pytest_cache && mkdir .pytest_cache
	$(BIN)/python -m pytest -q -n 3 $(PYTEST_ARGS); code=$$?; echo $$code > .pytest_cache/exit-code; exit $$code

again: setup ## What failed in the last `make test` once more, one test at a time
	$(BIN)/python -m pytest -q --last-failed --last-failed-no-failures none $(PYTEST_ARGS)

corpus: setup system ## Put 149 real files through the product and print the table (docs/corpus.md)
	@$(BIN)/python -m tests.corpus

reports: setup system ## Put 71 uploads like those that people report through the product, and judge: CASES=FOLDER (docs/reference/reports.md)
	@$(BIN)/python -m tests.reports $(if $(CASES),--cases $(CASES))

drafts: setup system ## Films of drafts, judged by what knows nothing of the renderer (docs/reference/drafts-report.md)
	@$(BIN)/python -m tests.drafts

chaos: setup system ## Hundreds of faults upon three executors, seeded: SEED=N, REPORT=FILE (docs/reference/chaos.md)
	@$(BIN)/python -m tests.chaos.run $(if $(SEED),--seed $(SEED)) $(if $(REPORT),--report $(REPORT))

fleet: setup system ## Hundreds of executors on one PostgreSQL by simulation: SCENARIOS="idle busy", EXECUTORS=N (docs/explanation/capacity.md)
	@$(BIN)/python -m tests.fleet $(SCENARIOS) $(if $(EXECUTORS),--executors $(EXECUTORS))

attacks: setup system ## Every attack with and without its guards, as root and not (docs/reference/attacks.md)
	@$(BIN)/python -m tests.attacks.table
	@$(BIN)/python -m tests.attacks.fuzz

screens: setup system ## Every screen of the page in every look, with pictures in build/screens
	@mkdir -p build/screens
	@MEDIAPROC_TEST_PICTURES=build/screens MEDIAPROC_TEST_ALL_LOOKS=1 $(BIN)/python -m pytest -q tests/web/browser/test_screens.py

schemathesis: setup system ## Requests at and beyond what the API's description allows: SECONDS=600, SEED=N (docs/reference/api-fuzzing.md)
	@$(BIN)/python -m tests.web.fuzzing $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

bench: setup system ## What things cost, as ratios to something measured in the same run (docs/reference/benchmarks.md)
	@$(BIN)/python -m tests.bench

pictures: setup system ## Take the pictures of the page that docs/how-to/ shows
	@$(BIN)/python -m tests.pictures

uploads: setup system ## An upload of 500 MB, cut 20 times, its server killed twice (in `test`: 40 MB)
	@MEDIAPROC_TEST_UPLOAD_MB=500 $(BIN)/python -m pytest -q --timeout 1800 tests/web/test_cut_uploads.py

shards: setup system ## Sixty clips over three shards, by two executors of one, and with one killed (in `test`: 18)
	@MEDIAPROC_TEST_CLIPS=60 $(BIN)/python -m pytest -q --timeout 900 tests/e2e/test_main_loop.py

docs: setup ## Renew the parts of README and docs that are made from the product
	@$(BIN)/python -m tests.docs.generated

lint: setup ## Style, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## Renew requirements.lock: names, versions and hashes of every extra
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --no-emit-index-url --upgrade --quiet --output-file requirements.lock

wheel: setup ## Build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

clean: ## Remove what the other targets made
	rm -rf $(VENV) dist build .demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
