# `make help` lists the targets. Everything that they make lies in .venv, .env and var.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
TEST := $(VENV)/bin/pytest
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo run test check format words samples bench chaos clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

# What translators write, compiled.
WORDS := $(patsubst %.po,%.mo,$(wildcard dialer/locale/*/LC_MESSAGES/django.po))
$(WORDS) &: $(WORDS:.mo=.po) | $(READY)
	@$(RUN) -m config.catalogues

.env: | $(READY)
	@umask 077 && $(RUN) -m config.keys > .env.new && mv .env.new .env
	@echo "Made .env with fresh keys. Keep a copy of it: without FIELD_KEYS the stored credentials can't be read."

demo: $(READY) $(WORDS) ## show the whole job against the sandbox carrier; ONCE=1 stops when it is done
	@$(RUN) -m config.demo $(if $(ONCE),--once)

run: $(READY) $(WORDS) .env ## start console and queue for real work
	@$(RUN) manage.py migrate --verbosity 0
	@$(RUN) manage.py collectstatic --noinput --verbosity 0
	@$(RUN) manage.py serve

# The whole suite with WORKERS: several files at once, and then alone what starts real processes and prints its seeds.
SIDE_BY_SIDE = $(if $(ARGS),,$(WORKERS))
FILES_AT_ONCE = -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not cluster"

test: $(READY) $(WORDS) ## run every check and every test; WORKERS=2 runs files side by side
	@PYTHON=$(RUN) sh tests/services.sh
	$(MAKE) --no-print-directory check
	$(TEST) $(if $(SIDE_BY_SIDE),$(FILES_AT_ONCE),$(ARGS))
	$(if $(SIDE_BY_SIDE),$(TEST) -m cluster)

check: $(READY) ## lint, format, types, migrations, settings
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	DJANGO_SETTINGS_MODULE=tests.settings $(RUN) manage.py makemigrations --check --dry-run
	$(RUN) -m tests.deploy_check

format: $(READY) ## put the code in order
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

words: $(READY) ## bring new sentences of code and pages to the translators
	$(RUN) -m config.catalogues --extract

samples: $(READY) ## write the sample lists afresh
	$(RUN) samples/make.py

bench: $(READY) $(WORDS) ## measure, as ratios to a baseline of the same run; ONLY="pages lists" measures these
	$(RUN) -m benchmarks $(ONLY)

chaos: $(READY) ## kill at every step, thousands of times; SCHEDULES=100 plays fewer
	$(RUN) -m tests.chaos --schedules $(or $(SCHEDULES),2000)
	CHAOS_ROUNDS=12 $(TEST) -q tests/chaos/test_real_processes.py

clean: ## remove what tests and the demo left; keeps .env and var
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis var/demo
