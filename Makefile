# `make` alone lists what there is to make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PORT ?= 5000

CODE := $(shell find src -name '*.py' -o -name '*.toml' -o -path '*/templates/*')
DATA := $(wildcard data/written/*.jsonl data/labels/*.csv data/sources/*.toml seeds/*)

.PHONY: help train test baselines ui predict check bench clean test-server

help: ## List what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | column -t -s $$'\t'

$(INSTALLED): pyproject.toml constraints.txt
	@test -x $(BIN)/python || { echo "Making the virtual environment $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing newsclf with what training and testing need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,dev]'
	@touch $@

train: $(INSTALLED) models/default/model.json ## Prepare the data of the repository, train, evaluate, log to MLflow, save the model
	@echo
	@echo "The ticker and the headline of the seed page, as models/default tags them:"
	@$(BIN)/newsclf tag --model models/default --format table seeds/*.txt
	@echo
	@echo "Next: make ui | make predict IN=headlines.csv OUT=tagged.csv | make baselines | make help"

models/default/model.json: $(CODE) $(DATA) experiments/default.toml | $(INSTALLED)
	@$(BIN)/newsclf train experiments/default.toml
	@touch $@

baselines: $(INSTALLED) ## Train the baselines, to stand beside our model in MLflow
	@for toml in experiments/baselines/*.toml; do $(BIN)/newsclf train "$$toml"; done

test: $(INSTALLED) ## Run every test (TESTS=tests/cli for some of them)
	@$(BIN)/python -m pytest -q $(TESTS)

ui: $(INSTALLED) ## Open the MLflow UI on the local store (PORT=5000)
	@$(BIN)/python -m newsclf.tracking.ui --port $(PORT)

predict: $(if $(and $(IN),$(OUT)),$(INSTALLED)) ## Tag a file: make predict IN=headlines.csv OUT=tagged.csv [MODEL=models/default]
	@test -n "$(IN)" -a -n "$(OUT)" || { echo "make predict needs IN=… and OUT=…, as in: make predict IN=headlines.csv OUT=tagged.csv"; exit 2; }
	@$(BIN)/newsclf predict "$(IN)" "$(OUT)" $(if $(MODEL),--model "$(MODEL)")

check: $(INSTALLED) ## Audit the training data of the repository
	@$(BIN)/newsclf prepare
	@$(BIN)/newsclf check

bench: $(INSTALLED) ## Measure speed and accuracy beside fastText, scikit-learn and others
	@experiments/bench/run $(BIN)/python

test-server: $(INSTALLED) ## Run the tracking tests against a real MLflow server on PostgreSQL
	@tests/server/run $(BIN)/python

clean: ## Remove what was made: prepared records, local runs and models, caches (not the virtual environment)
	@rm -rf work build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@rm -rf experiments/mlflow.db* experiments/artifacts experiments/runs experiments/bench/results models/default
	@find src tests -name __pycache__ -prune -exec rm -rf {} +
