# `make` alone prints what there is. Needed: make, a POSIX shell and Python 3.11 or newer; the rest is fetched.

RUNTIME ?= emr-7
ARGS ?=
# Planning, which is most of a small test, is one thread's work: two sessions side by side fill two cores.
WORKERS ?= 2
SPREAD = -n $(WORKERS) --dist loadfile --no-loadscope-reorder

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
# Spark Connect is emr-8's Spark, spoken to as a server.
ENVIRONMENT := $(if $(filter connect,$(RUNTIME)),emr-8,$(RUNTIME))
VENV := $(if $(filter emr-7,$(ENVIRONMENT)),.venv,.venv-$(ENVIRONMENT))
# Everything below runs with the environment's programs first on the path, and its Java.
IN := . ./$(VENV)/headgate.env &&
# What a machine lacks; the demo asks for less than work on the code does.
SET_UP = test -n "$(PYTHON)" || { echo "setup: no Python 3.11 or newer on the path; name one: make setup PYTHON=…" >&2; exit 1; }; \
	$(PYTHON) bootstrap/environment.py --runtime $(ENVIRONMENT)

comma := ,
# What must hold without a JVM at hand: transforms and suites.
CONTRACT := tests/test_engines.py tests/etl/test_contract.py tests/quality/test_rows.py tests/quality/test_validate.py
# What must hold wherever tables are written: by both ways to commit, from files to a star, and after a kill.
TABLES := tests/etl/test_staging.py tests/jobs/test_flow.py::test_every_row_is_accounted_for \
	$(addprefix tests/etl/test_star_keys.py::test_,known_members_keep_their_keys_and_new_ones_get_higher_ones \
	no_rows_give_no_keys no_window_runs_over_all_rows) \
	$(addprefix tests/jobs/test_publish_modes.py::test_,of_two_runs_that_take_in_the_same_rows_one_is_told) \
	'tests/jobs/test_killed.py::test_what_was_killed_is_finished_by_the_next_run[between quarantine and commit-in_place]'
# Connect is emr-8's Spark: what it answers there need not be asked of emr-8 again. To commit by copying asks
# nothing of Delta but its public interface.
TESTS_emr-8 := $(TABLES) -k 'not copying'
TESTS_glue-6 := $(CONTRACT) $(TABLES) -k 'not copying'
TESTS_connect := $(CONTRACT)
TESTS_sail := $(CONTRACT)
TESTS := $(TESTS_$(RUNTIME))
export HEADGATE_ENGINE := $(filter connect sail,$(RUNTIME))

.DEFAULT_GOAL := help
.PHONY: help setup demo cluster-up cluster-down test test-real pytest corpus bench-gate format lint types contracts docs picture docs-serve dist locks clean distclean

help: ## print this
	@echo "make TARGET [RUNTIME=emr-7|emr-8|glue-6|connect|sail] [PYTHON=python3.11] [ARGS='…']"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '%-14s %s\n' "  $$name" "$$text"; done

setup: ## make the environment: packages, Java 17, Delta's jars, tools (once; then it does nothing)
	@$(SET_UP)

demo: ## a simulated hospital from raw files to star schema, training set and report, in build/demo
	@$(SET_UP) --for demo
	@$(IN) headgate run hospital --lake build/demo $(ARGS)

cluster-up: setup ## YARN and an S3 endpoint on this machine, on loopback (docs/cluster.md)
	@$(IN) python bootstrap/cluster/cluster.py up

cluster-down: setup ## stop them
	@$(IN) python bootstrap/cluster/cluster.py down

test: $(if $(filter emr-7,$(RUNTIME)),lint types contracts) pytest ## lint, types, contracts, tests; elsewhere than on emr-7 what depends on Spark

pytest: setup ## tests and doctests only (ARGS='-k name' chooses)
	@echo "── pytest: $(if $(TESTS),what depends on Spark$(comma) on $(RUNTIME),tests$(comma) doctests$(comma) documents)"
	@$(IN) python -m pytest $(if $(TESTS),$(TESTS),-m 'not real' $(SPREAD)) $(ARGS)

test-real: setup ## tests on real grounds: YARN, S3, Glue and EMR, a browser, the published data (ARGS as above)
	@echo "── pytest: real grounds"
	@$(IN) python -m pytest -m real $(SPREAD) $(ARGS)

corpus: setup ## ask Great Expectations anew what the tests compare with: half an hour and more
	@$(IN) python -m tests.quality.record_corpus

bench-gate: setup ## the gate beside its peers on 6 M rows: a table, and build/bench/gate.json (half an hour)
	@$(IN) python -m pip install -q --editable '.[bench]' && python -m tests.bench.gate $(ARGS)

format: setup ## rewrite the code in the project's format
	@$(IN) ruff format . && ruff check --fix .

lint: setup ## ruff: format and rules
	@echo "── ruff: format"
	@$(IN) ruff format --check .
	@echo "── ruff: rules"
	@$(IN) ruff check .

types: setup ## mypy, strict
	@echo "── mypy: types"
	@$(IN) mypy

contracts: setup ## import-linter: which package may import which
	@echo "── import-linter: layers"
	@$(IN) lint-imports --no-logo

docs: setup ## the documentation, into build/site, its lists made anew from the code
	@$(IN) python docs/generate.py && NO_MKDOCS_2_WARNING=1 mkdocs build --strict

picture: setup ## docs/report.png, from a run of the hospital; needs chromium
	@$(IN) headgate run hospital --lake build/picture && python docs/picture.py build/picture/reports/latest.html

docs-serve: setup ## the documentation on http://127.0.0.1:8000, rebuilt as files change
	@$(IN) NO_MKDOCS_2_WARNING=1 mkdocs serve

dist: setup ## what EMR and Glue are given, into dist: wheel, locks, entry scripts, job definitions
	@$(IN) python -m bootstrap.dist && ls dist

locks: setup ## resolve anew what each platform needs beside what it has, and which jars Spark needs
	@$(IN) $(if $(filter emr-7,$(RUNTIME)),python -m bootstrap.lock &&) python -m bootstrap.lock_jars

clean: ## remove what was built, and the tools' caches
	rm -rf build dist site *.egg-info src/*.egg-info spark-warehouse metastore_db derby.log
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## … and the environments
	rm -rf .venv .venv-*
