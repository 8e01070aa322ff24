# Python >= 3.11 and make are enough: every command sets up what it needs, in .venv beside this file.
PYTHON ?= python3
ARGS ?=
TORCH ?= 2.6.0
IN = .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help lab site lite test bare gpu system torch build reset lock clean mutants FORCE

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /make \1|/p' Makefile | awk -F'|' '{ printf "  %-14s %s\n", $$1, $$2 }'
	@echo "PYTHON=python3.12 chooses the Python; ARGS=... is passed on to the command."

lab: .venv/course.stamp ## open the course in JupyterLab
	@$(IN) autograder lab $(ARGS)

site: .venv/site.stamp ## build the web site, in build/site; ARGS=--instructor with the keys
	@.venv/bin/python site/build.py $(ARGS)

lite: .venv/lite.stamp ## build it for the browser, in build/lite; ARGS=--self-hosted with Pyodide
	@.venv/bin/python site/lite.py $(ARGS)

test: .venv/test.stamp ## run all tests, ruff among them
	@$(IN) pytest -n 2 $(ARGS)

bare: .venv/test.stamp ## run them as on a machine without bubblewrap, Chromium and PostgreSQL
	@$(IN) tests.helpers.bare -n 2 $(ARGS)

gpu: .venv/test.stamp ## check and measure on an NVIDIA card; ARGS=--full compares cells too, for hours
	@$(IN) tests.helpers.card $(ARGS)

system: ## install these parts by apt, as root, on Debian and Ubuntu
	@PYTHON="$(PYTHON)" tools/system

# pyproject.toml admits PyTorch from 2.6 on. Every `make test` runs the lock's, 2.13.0. The lower end,
# 2.6.0, has not been run yet: of this target, only its refusal without the index has been seen.
torch: .venv/bin/python ## TORCH=2.6.0: run the tests of gru_ref with another PyTorch (CPU build)
	@rm -rf build/torch && .venv/bin/python -m venv build/torch
	@build/torch/bin/pip install -q --disable-pip-version-check --timeout 10 --retries 1 --no-deps \
	  --index-url https://download.pytorch.org/whl/cpu "torch==$(TORCH)" > build/torch/log 2>&1 || { \
	  echo "Not tested: download.pytorch.org does not give PyTorch $(TORCH) here (build/torch/log)."; exit 1; }
	@grep -v '^torch==' constraints.txt > build/torch/constraints.txt
	@build/torch/bin/pip install -q --disable-pip-version-check -c build/torch/constraints.txt \
	  "torch==$(TORCH)" -e '.[course,test]'
	build/torch/bin/python -m pytest tests/gru_ref tests/autograder/course

build: .venv/course.stamp ## build notebooks/ from solutions/
	@$(IN) autograder build $(ARGS)

reset: .venv/course.stamp ## CHAPTER=01_reset_gate: set your copy aside, take a fresh one
	@$(IN) autograder reset "$(CHAPTER)"

lock: .venv/bin/python ## write constraints.txt anew, from the newest that pyproject.toml admits
	rm -rf build/lock && .venv/bin/python -m venv build/lock
	grep '^torch==' constraints.txt > build/lock/torch # another PyTorch is chosen by hand
	build/lock/bin/pip install --disable-pip-version-check -c build/lock/torch -e '.[course,lite,site,sound,speech,test]'
	build/lock/bin/pip freeze --all --exclude-editable --exclude pip --exclude wheel > build/lock/freeze
	{ grep '^#' constraints.txt; grep -vE '^(nvidia-|cuda-)' build/lock/freeze | sed 's/+[^+]*$$//'; } > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/lock

clean: ## remove .venv; your work/ stays
	rm -rf .venv build

.venv/bin/python:
	@command -v "$(PYTHON)" > /dev/null || { \
	  echo "Python 3.11 or newer is needed and '$(PYTHON)' is not found: install it from python.org, or name yours: make PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed and '$(PYTHON)' is $$("$(PYTHON)" -V 2>&1): name a newer one: make PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv/bin; \
	  echo "'$(PYTHON) -m venv' does not work here; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@rm -f .venv/where .venv/*.stamp

.venv/where: .venv/bin/python FORCE # the install points here: a course that was moved installs anew
	@test "$$(cat $@ 2> /dev/null)" = "$(CURDIR)" || echo "$(CURDIR)" > $@

.venv/course.stamp: pyproject.toml constraints.txt .venv/where
	@tools/install course
	@touch $@

.venv/test.stamp: pyproject.toml constraints.txt .venv/where
	@tools/install course,test
	@touch .venv/course.stamp $@

.venv/site.stamp: pyproject.toml constraints.txt .venv/where
	@tools/install course,site
	@touch .venv/course.stamp $@

.venv/lite.stamp: pyproject.toml constraints.txt .venv/where
	@tools/install course,lite
	@touch .venv/course.stamp $@

mutants: .venv/test.stamp ## change the code that decides about points, a bit at a time: do the tests see it?
	@$(IN) benchmarks.code_mutants $(ARGS)
