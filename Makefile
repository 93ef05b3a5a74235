# The whole interface of this repository for people and machines. `make` alone lists it.
# COMFYUI_PATH=/path/to/ComfyUI uses a checkout of your own; PYTHON=/path/to/python3.12 another Python.

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests demo test lint checks serve bench clean
BIN := .venv/bin
# Where it is set, every one of the hundreds of Pythons that tests start compiles Longvid, and ComfyUI, anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## .venv and a ComfyUI to run in; the others call it
	@python=$$(sh tools/find_python.sh) && "$$python" -m tools.setup

setup-tests:
	@python=$$(sh tools/find_python.sh) && "$$python" -m tools.setup --tests

demo: setup ## A real ComfyUI turns a prompt into out/demo.mp4 and its manifest
	@$(BIN)/python -m tools.demo

test: setup-tests ## Everything: lint, types, and all tests, none skipped
	@$(MAKE) --no-print-directory checks
	$(BIN)/python -m pytest -q -n 4 --dist loadscope --no-loadscope-reorder

lint: setup ## ruff and mypy alone
	@$(MAKE) --no-print-directory checks

checks:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

serve: setup ## ComfyUI with the pack, for the browser
	@$(BIN)/python -m tools.comfy_host serve

bench: setup ## The figures, as ratios
	@$(BIN)/python -m bench

clean: ## Removes what was built and tested, keeps .venv and .cache
	rm -rf out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
