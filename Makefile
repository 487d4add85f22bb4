# Each of these is the only command needed on a machine with Python 3.11+ and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check lint types docs bench sky lock clean

demo: $(VENV)/installed  ## set up, and run the main job on a new copy of the template support-en
	rm -rf demo
	$(BIN)/breakeven init demo --template support-en
	$(BIN)/breakeven run demo
	$(BIN)/breakeven predict demo/new_messages.csv --project demo --out demo/answers.csv

test: $(VENV)/installed-dev  ## set up, and run all tests
	$(BIN)/python -m pytest -n auto

check: lint types test  ## all that must hold before a merge

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

bench: $(VENV)/installed  ## measure quality and speed against the peers (about an hour; see benchmarks/quality)
	$(BIN)/python benchmarks/quality/run.py

sky: $(VENV)/installed-dev  ## read our task files with SkyPilot itself, in an environment of its own
	$(PYTHON) -m venv $(VENV)/sky
	$(VENV)/sky/bin/python -m pip install --quiet --disable-pip-version-check "skypilot>=0.9"
	BREAKEVEN_SKY_PYTHON=$(VENV)/sky/bin/python $(BIN)/python -m pytest tests/engines/test_sky.py

$(VENV)/installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	touch $@

lock:  ## write the newest versions that pass, from a fresh environment
	rm -rf $(VENV)/lock && $(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check -e .
	( echo "# Exact versions for the product; made by \`make lock\`. Newer ones are admitted by pyproject.toml."; \
	  $(VENV)/lock/bin/python -m pip freeze --exclude-editable ) > requirements.lock
	$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	( echo "# Exact versions for tests, on top of requirements.lock; made by \`make lock\`. torch is the release that the"; \
	  echo "# extra pins: pip takes the machine's own build of it (processor or GPU) where there is one."; \
	  $(VENV)/lock/bin/python -m pip freeze --exclude-editable | sed 's/^\(torch==[0-9.]*\)+.*/\1/' \
	  | grep -vxFf requirements.lock ) > requirements-dev.lock

clean:
	rm -rf $(VENV) demo
