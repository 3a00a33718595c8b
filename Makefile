# Two commands do all the set-up: `make run` and `make test`. The work is in tools/setup.py.
PYTHON ?= python3
BIN := .venv/bin
PROCESSES := tests/integration tests/journeys tests/soak
PAGES := tests/web tests/api tests/taxii
ENGINES := tests/unit/engines tests/unit/kernel
# What depends on the database's own ways: rooms, workers, paging through lists, counted queries; not every page's scoping again.
DATABASE := tests/domain tests/taxii tests/api/test_changes.py tests/integration/workers tests/integration/paging \
  tests/web/journal tests/web/lists tests/web/campaigns tests/web/duty tests/web/test_query_counts.py

.PHONY: check-style check-types tables demo solver test-journeys test-integration test-engines test-sqlite test-pages test-postgresql run setup setup-test check test quality bench bench-taxii bench-pages bench-roster bench-detection soak lock translations clean

run: setup ## serve the sample on http://localhost:$${VIGIL_PORT:-8000}
	@$(BIN)/vigil prepare --sample
	@exec $(BIN)/vigil serve

setup: ## install what running needs into .venv and node_modules
	@$(PYTHON) tools/setup.py run

setup-test:
	@$(PYTHON) tools/setup.py test

check: check-style check-types ## style, floors, types, translations

check-style: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python tools/translations.py check

check-types: setup-test
	$(BIN)/mypy
	VIGIL_DATA=build/check $(BIN)/python -m django makemigrations --check --dry-run --settings vigil.project.settings

test: setup-test ## everything: engines without Django, all on SQLite, the database tests on PostgreSQL; side by side
	@$(MAKE) --no-print-directory -j2 --output-sync=target check-types check-style tables
	@$(MAKE) --no-print-directory -j3 --output-sync=target test-journeys test-postgresql test-integration test-sqlite test-pages test-engines

tables: # what every Vigil of the tests begins with, made once
	$(BIN)/python -m tests.laid

test-engines:
	.venv-engines/bin/python -m pytest $(ENGINES) -q -p no:cacheprovider

test-journeys: # whole programs, browsers, kills: mostly waiting
	$(BIN)/python -m pytest -q -p no:cacheprovider --durations=10 tests/journeys tests/soak

test-integration: # real servers and whole programs
	$(BIN)/python -m pytest -q -p no:cacheprovider --durations=10 tests/integration

test-sqlite:
	$(BIN)/python -m pytest -q $(PROCESSES:%=--ignore=%) $(PAGES:%=--ignore=%) $(ENGINES:%=--ignore=%)

test-pages: # pages, API and TAXII, on SQLite
	$(BIN)/python -m pytest -q -p no:cacheprovider $(PAGES)

test-postgresql:
	VIGIL_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -p no:cacheprovider $(DATABASE)

demo: setup-test ## three Vigils that talk to one another, to click through (http://localhost:8101 to 8103)
	@$(BIN)/python tools/demo.py

quality: setup-test ## the labelled corpora
	$(BIN)/python tools/quality/dispatch.py
	$(BIN)/python tools/quality/detection.py

bench: bench-taxii bench-pages bench-roster bench-detection ## every benchmark, each beside what people use today

bench-taxii: setup-test ## the TAXII server beside medallion and OpenTAXII
	@$(PYTHON) tools/setup.py bench
	$(BIN)/python tools/bench/taxii.py --postgresql

bench-pages: setup-test ## every page with 10,000 organisations on PostgreSQL
	$(BIN)/python tools/bench/pages.py

bench-roster: setup-test ## rosters: greedy with local search, and CP-SAT's bound
	$(BIN)/python tools/bench/roster.py

bench-detection: setup-test ## every rule over a gigabyte of events, beside zargunlite, DuckDB and orjson
	@$(PYTHON) tools/setup.py bench
	$(BIN)/python tools/bench/detection.py

soak: setup-test ## kill and cut tests
	VIGIL_LINK_ROUNDS=50 VIGIL_PAGING_ROUNDS=50 VIGIL_DETECTION_EVENTS=1000000 VIGIL_DETECTION_KILLS=60 $(BIN)/python -m pytest -q tests/soak
	VIGIL_TEST_DATABASE=postgresql VIGIL_DETECTION_EVENTS=200000 VIGIL_DETECTION_KILLS=30 $(BIN)/python -m pytest -q tests/soak/test_detection_kills.py

translations: setup-test ## bring locale/*/django.po up to the code
	$(BIN)/python tools/translations.py update

solver: setup ## the optional solver of rosters (OR-Tools CP-SAT)
	@$(PYTHON) tools/setup.py solver

lock: ## renew the hashed locks from requirements/*.in
	$(BIN)/python tools/setup.py lock

clean:
	rm -rf build .venv .venv-engines .venv-bench node_modules
