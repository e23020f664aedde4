# The house's switchboard: every target sets up what it needs, each line calls one tool.
# All that must be there already: python3.11 with venv, git, make (and a network once).

PORT ?= 8000
SERVE ?= 1
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements
VENDOR := geogrid/publish/assets/vendor
# the web map, built: its page is there, and younger than whatever it is made of
WEB := api/geogrid_api/web/index.html
WEB_SOURCES := $(wildcard api/web/*.* api/web/.npmrc) $(shell find api/web/src -type f)
# the Chinese font of printed pictures, cut from its package
FONT := $(VENDOR)/NotoSansSC-Regular.ttf
FONT_SOURCES := $(wildcard $(LOCKS)/fonts/*.* $(LOCKS)/fonts/.npmrc)

# the environment stands in layers, each a superset of the one before it and pinned alike;
# an empty stamp says that a layer is up to date with its lock
STAMP := $(VENV)/.stamp
UV := $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python
INSTALL := $(UV) --require-hashes --only-binary :all:
# uv first for speed; pip next, since it knows a site's own mirror; both check every hash
RESERVE := $(BIN)/python -m pip install --quiet --require-hashes --only-binary :all:
COMPILE := $(BIN)/uv pip compile --quiet --system-certs --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-emit-index-url --no-header $(if $(UPGRADE),--upgrade)

# a full environment serves the demo as well
RUNTIME := $(if $(wildcard $(STAMP)-dev),$(STAMP)-dev,$(STAMP)-demo)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo notebooks test check lint bench soak bundle docs lock web font system clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "Settings: SERVE=0 PORT=8000 (demo) · WORKERS=2 SEED=n ARGS='-k word' (test) · UPGRADE=1 (lock)"

demo: $(RUNTIME) web ## Plan the sample district and open its map (SERVE=0: make the files and stop)
	$(BIN)/geogrid demo --port $(PORT) $(if $(filter 0 no false,$(SERVE)),--no-serve)

notebooks: $(STAMP)-dev web font ## Open the planners' notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

setup: $(STAMP)-dev ## Make .venv with everything that development needs

test: $(STAMP)-dev web font system lint ## Check and test everything (what the CI runs)
	$(BIN)/pytest -n $(WORKERS) $(if $(SEED),--randomly-seed=$(SEED)) $(ARGS)

check: $(STAMP)-dev web font lint ## Lint, types, layers, docstrings and the house's own rules, in short time
	$(BIN)/pytest tests/meta -m "not slow" --quiet

lint: $(STAMP)-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/numpydoc lint $$(git ls-files --cached --others --exclude-standard 'geogrid/*.py' 'api/*.py')
	$(BIN)/python docs/build_reference.py --check
	sh api/web/npm.sh $(BIN)/python run --silent check

bench: $(STAMP)-bench ## Measure against peers and bounds, in CPU seconds (ARGS='--scale 10', '--seeds 20', '--anytime', '--what-if 50', '--workbench', '--widget 30', '--cluster 10', '--service', '--grow 10', '--web 10', '--intake')
	$(BIN)/python tests/bench/run.py $(ARGS)

soak: $(STAMP)-dev ## Load the service for an hour and more: edits, every request a schema allows, kills (ARGS='--only read')
	$(BIN)/python tests/bench/soak.py $(ARGS)

docs: $(STAMP)-dev font ## Write the reference pages that come out of the code, and the site build/docs
	$(BIN)/python docs/build_reference.py
	$(BIN)/python -m sphinx -E -W -n --keep-going -q docs build/docs
	@echo "Open build/docs/index.html"

bundle: $(RUNTIME) web font ## Write dist/geogrid-*-linux-x86_64.tar.gz, which installs without a network
	$(BIN)/python api/deploy/bundle.py $(ARGS)

web: $(WEB) ## Build the web map, its third-party files by lock file

font: $(FONT) ## Fetch the Chinese font of printed pictures and cut it to size

lock: $(STAMP)-tools ## Pin all dependencies afresh (UPGRADE=1: to the newest)
	$(COMPILE) pyproject.toml --extra cluster --extra osm --extra api --extra postgis --extra notebooks --group test --group docs -o $(LOCKS)/dev.lock
	$(COMPILE) pyproject.toml --extra api -c $(LOCKS)/dev.lock -o $(LOCKS)/demo.lock
	$(COMPILE) pyproject.toml --extra api --extra postgis -c $(LOCKS)/dev.lock -o $(LOCKS)/bundle.lock
	$(COMPILE) --group bench -c $(LOCKS)/dev.lock -o $(LOCKS)/bench.lock
	$(COMPILE) --group setup -c $(LOCKS)/dev.lock -o $(LOCKS)/setup.lock
	$(COMPILE) --group web -c $(LOCKS)/dev.lock -o $(LOCKS)/web.lock
	sh api/web/npm.sh $(BIN)/python install --package-lock-only
	sh api/web/npm.sh $(BIN)/python --prefix $(CURDIR)/$(LOCKS)/fonts install --package-lock-only

clean: ## Remove everything that a target can make again
	rm -rf $(VENV) $(VENDOR) api/web/node_modules $(LOCKS)/fonts/node_modules api/geogrid_api/web build dist demo out notebooks/out data/sample
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

system:
	@sh tests/system-packages.sh

$(STAMP)-tools: $(LOCKS)/setup.lock
	@echo "Setting up $(VENV) ..."
	@python=$$(sh requirements/find-python.sh) && $$python -m venv $(VENV)
	@$(RESERVE) --disable-pip-version-check -r $<
	@touch $@

# the project itself: two path entries and the command, no dependency, no build environment
$(STAMP)-demo: $(LOCKS)/demo.lock $(STAMP)-tools pyproject.toml
	@$(INSTALL) -r $< || $(RESERVE) -r $<
	@$(UV) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMP)-dev: $(LOCKS)/dev.lock $(STAMP)-demo
	@$(INSTALL) -r $< || $(RESERVE) -r $<
	@touch $@

$(STAMP)-bench: $(LOCKS)/bench.lock $(STAMP)-dev
	@$(INSTALL) -r $< || $(RESERVE) -r $<
	@touch $@

$(WEB): $(WEB_SOURCES) | $(STAMP)-tools
	@echo "Building the web map ..."
	@sh api/web/build.sh $(BIN)/python $(VENDOR)
	@touch $@

$(FONT): $(FONT_SOURCES) | $(STAMP)-tools
	@echo "Cutting the Chinese font ..."
	@sh $(LOCKS)/fonts/build.sh $(BIN)/python $(VENDOR)
	@touch $@
