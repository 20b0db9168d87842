# make help lists the targets. Everything runs from .venv, which is set up once from the pins in envs/.
PYTHON ?= python3
TORCH  ?= cpu
CORES  ?= all
JOBS   ?= 2

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Written last: a set-up that was interrupted, or made for another torch, is done again from nothing.
READY := .venv/ready-$(TORCH)
# Jobs of the workflow find specar and snakemake on the PATH.
VENV  := PATH="$$PWD/.venv/bin:$$PATH" PYTHONNOUSERSITE=1
DEMO  := config/demo.yaml

.PHONY: help
help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20
	@echo "Variables: PYTHON=$(PYTHON) TORCH=$(TORCH) (cpu or cuda) CORES=$(CORES) (demo) JOBS=$(JOBS) (test)"

.PHONY: demo
demo: $(READY) ## Set up and run the demonstration, then show its table
	$(VENV) .venv/bin/snakemake --cores $(CORES) --configfile $(DEMO)
	@$(VENV) .venv/bin/specar show --config $(DEMO)

.PHONY: test
test: $(READY) ## Set up and run the tests (ARGS="..." goes to pytest)
	$(VENV) OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	    .venv/bin/pytest -n $(JOBS) --dist worksteal $(ARGS)

.PHONY: test-slurm
test-slurm: $(READY) ## Set up and run the workflow on a SLURM cluster made for it (installs SLURM)
	tests/slurm/cluster.sh install
	$(VENV) OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	    .venv/bin/pytest tests/slurm -m "slurm or not slurm" -n $(JOBS) --dist loadfile -rP $(ARGS)

.PHONY: test-hostile
test-hostile: $(READY) ## Set up and try all bad inputs, of which the tests run a sample
	$(VENV) .venv/bin/pytest tests/hostile -m "hostile or not hostile" $(ARGS)

.PHONY: test-latex
test-latex: $(READY) ## Set up and compile the paper's tables with pdflatex (needs TeX Live)
	$(VENV) tests/latex/compile.sh

.PHONY: test-report-browser
test-report-browser: $(READY) ## Set up and look at the report in Chromium, which has to be there
	$(VENV) .venv/bin/pytest tests/report -m browser -rP $(ARGS)

.PHONY: bench
bench: $(READY) ## Set up and measure steps, memory, fixed costs, preparation, report side (minutes; ARGS goes to speed.py)
	$(VENV) .venv/bin/python benchmarks/speed.py $(ARGS)
	$(VENV) .venv/bin/python benchmarks/overhead.py
	$(VENV) .venv/bin/python benchmarks/preparation.py
	$(VENV) .venv/bin/python benchmarks/scale.py

.PHONY: gpu-check
gpu-check: $(READY) ## Set up and do what only a GPU can tell, in 8 minutes (TORCH=cuda; ARGS goes to gpu_check.py)
	$(VENV) .venv/bin/python benchmarks/gpu_check.py $(ARGS)

.PHONY: docs
docs: .venv/ready-docs ## Set up, write what the pages say of results, and build build/docs
	$(VENV) .venv/bin/python docs/refresh.py
	$(VENV) .venv/bin/mkdocs build

.PHONY: lint
lint: $(READY) ## Set up and run ruff, mypy, snakefmt and snakemake --lint
	$(VENV) .venv/bin/ruff check
	$(VENV) .venv/bin/ruff format --check
	$(VENV) .venv/bin/mypy
	$(VENV) .venv/bin/snakefmt --check Snakefile workflow
	$(VENV) .venv/bin/snakemake --lint --configfile $(DEMO)

.PHONY: env
env: $(READY) ## Set up .venv only

.PHONY: lock
lock: ## Rewrite envs/requirements.txt (ARGS=--upgrade takes the newest releases)
	PYTHON="$(PYTHON)" envs/lock.sh $(ARGS)

.PHONY: clean
clean: ## Remove .venv, caches and Snakemake's records, but no results
	rm -rf .venv .snakemake .mypy_cache .ruff_cache .pytest_cache .hypothesis build specar.egg-info
	find specar tests workflow -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready-docs: $(READY) envs/docs.txt
	@.venv/bin/python -m pip install -qq --no-input --disable-pip-version-check -r envs/requirements.txt -r envs/docs.txt
	@touch $@

$(READY): envs/requirements.txt envs/torch-$(TORCH).txt pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo "specar needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>/dev/null || echo missing). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "$(PYTHON) has no venv module; install it (Debian and Ubuntu: the package python3-venv) and try again." >&2; exit 1; }
	@echo "Setting up .venv with torch-$(TORCH) (once; a few minutes) ..."
	@rm -rf .venv
	@"$(PYTHON)" -m venv .venv
	@.venv/bin/python -m pip install -qq --no-input --disable-pip-version-check -r envs/requirements.txt -r envs/torch-$(TORCH).txt
	@.venv/bin/python -m pip install -qq --no-input --disable-pip-version-check --no-deps --no-build-isolation -e .
	@.venv/bin/python -m pip --disable-pip-version-check check
	@touch $@
