# `make` alone prints what there is. Needed: make, a POSIX shell and Python 3.11 or newer; the rest is fetched.

RUNTIME ?= emr-7
ARGS ?=

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := $(if $(filter emr-7,$(RUNTIME)),.venv,.venv-$(RUNTIME))
# Everything below runs with the environment's programs first on the path, and its Java.
IN := . ./$(VENV)/headgate.env &&

.DEFAULT_GOAL := help
.PHONY: help setup demo cluster-up cluster-down test pytest format lint types contracts docs docs-serve dist locks clean distclean

help: ## print this
	@echo "make TARGET [RUNTIME=emr-7|emr-8|glue-6] [PYTHON=python3.11] [ARGS='…']"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '%-14s %s\n' "  $$name" "$$text"; done

setup: ## make the environment: packages, Java 17, Delta's jars (once; then it does nothing)
	@test -n "$(PYTHON)" || { echo "setup: no Python 3.11 or newer on the path; name one: make setup PYTHON=…" >&2; exit 1; }
	@$(PYTHON) bootstrap/environment.py --runtime $(RUNTIME)

demo: setup ## a simulated hospital from raw files to star schema, training set and report, in build/demo
	@$(IN) headgate run hospital --lake build/demo $(ARGS)

cluster-up: setup ## YARN and an S3 endpoint on this machine, on loopback (docs/cluster.md)
	@$(IN) python bootstrap/cluster/cluster.py up

cluster-down: setup ## stop them
	@$(IN) python bootstrap/cluster/cluster.py down

test: lint types contracts pytest ## everything that CI runs: lint, types, contracts, tests and doctests

pytest: setup ## tests and doctests only (ARGS='-k name' chooses)
	@echo "── pytest: tests, doctests, documents"
	@$(IN) python -m pytest $(ARGS)

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

docs-serve: setup ## the documentation on http://127.0.0.1:8000, rebuilt as files change
	@$(IN) NO_MKDOCS_2_WARNING=1 mkdocs serve

dist: setup ## what EMR and Glue are given, into dist: wheel, locks, entry scripts, job definitions
	@$(IN) python -m bootstrap.dist && ls dist

locks: setup ## resolve anew what each platform needs beside what it has, into bootstrap/locks
	@$(IN) python -m bootstrap.lock

clean: ## remove what was built, and the tools' caches
	rm -rf build dist site *.egg-info spark-warehouse metastore_db derby.log
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## … and the environments
	rm -rf .venv .venv-*
