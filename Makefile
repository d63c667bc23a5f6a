# The commands of this project. Every one installs first what is missing; `make help` lists them.

PORT ?= 8000
ARGS ?=
UV_VERSION := 0.13.9

UV := .uv/bin/uv
BIN := .venv/bin
INSTALLED := .venv/installed
EMULATORS := .emulators

export OMP_NUM_THREADS ?= 1
export RASA_TELEMETRY_ENABLED := false
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

.PHONY: help run test check emulators train bench-nlu install browser lock clean
.DELETE_ON_ERROR:

help:
	@echo "make run [PORT=8000]      start everything on this machine; Ctrl-C stops it"
	@echo "make test [ARGS=…]        run the tests; ARGS go to pytest"
	@echo "make check                style, types, configuration, training data"
	@echo "make emulators [ARGS=…]   tell whole stories to emulators of Telegram and Slack that others wrote; takes Node 20"
	@echo "make train                train the Rasa model if the project changed"
	@echo "make bench-nlu [ARGS=…]   measure understanding beside stock Rasa: an hour and a quarter; ARGS such as --quick"
	@echo "make install              only install what is missing"
	@echo "make lock                 resolve the dependencies anew into requirements.lock"
	@echo "make clean                remove models, caches and reports; keeps .venv and the data in .warmline"

run: install
	@exec $(BIN)/warmline up --port $(PORT)

test: install browser train
	@exec $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder \
		$(ARGS)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict bot actions channels desk
	$(BIN)/warmline check
	PYTHONWARNINGS=ignore $(BIN)/rasa data validate --fail-on-warnings --data data/nlu data/rules data/stories

emulators: install train $(EMULATORS)/telegram/installed $(EMULATORS)/slack/installed
	@exec $(BIN)/python -m pytest emulators $(ARGS)

train: install
	@$(BIN)/warmline train

bench-nlu: install
	@$(BIN)/python -m benchmarks.nlu $(ARGS)

install: $(INSTALLED)

# Compiled at installation: importing Rasa takes 3 s then, 11 s otherwise.
$(INSTALLED): requirements.lock | $(UV)
	@test -x $(BIN)/python || $(UV) venv --quiet --python 3.11 .venv || { \
		echo "Python 3.11 is missing. Fix: install it, for example: apt-get install python3.11" >&2; exit 1; }
	@echo "Installing the dependencies …"
	@UV_COMPILE_BYTECODE=1 $(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock || { \
		echo "The dependencies could not be installed. Fix: see above; it takes a network and 3 GB of disk." >&2; exit 1; }
	@$(UV) pip install --quiet --python $(BIN)/python --offline --no-deps --editable .
	@touch $@

$(EMULATORS)/telegram/installed: emulators/telegram/requirements.lock | $(UV)
	@echo "Installing telemelya …"
	@test -x $(@D)/bin/python || $(UV) venv --quiet --python 3.11 $(@D)
	@$(UV) pip sync --quiet --python $(@D)/bin/python --require-hashes $< || { \
		echo "telemelya could not be installed. Fix: see above; it takes a network." >&2; exit 1; }
	@touch $@

$(EMULATORS)/slack/installed: emulators/slack/package-lock.json
	@command -v npm >/dev/null || { \
		echo "npm is missing. Fix: install Node.js 20 or later with npm" >&2; exit 1; }
	@echo "Installing emulate …"
	@mkdir -p $(@D) && cp emulators/slack/package.json emulators/slack/package-lock.json $(@D)
	@npm ci --prefix $(@D) --silent --ignore-scripts --no-audit --no-fund || { \
		echo "emulate could not be installed. Fix: see above; it takes a network." >&2; exit 1; }
	@touch $@

$(UV):
	@echo "Installing uv into .uv …"
	@python3 -m venv .uv || { \
		echo "Python cannot make a virtual environment. Fix: apt-get install python3 python3-venv" >&2; exit 1; }
	@.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || { \
		echo "uv could not be installed. Fix: see above; it takes a network." >&2; exit 1; }

browser:
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ]; then \
		echo "Installing Chromium for the browser tests …"; \
		{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes chromium; } >/dev/null </dev/null \
		|| echo "Chromium could not be installed: the browser tests will be skipped." >&2; \
	else \
		echo "Chromium is missing: the browser tests will be skipped. Fix: sudo apt-get install chromium" >&2; \
	fi

# npm notes where each package asks for money; addresses have no place in a lock.
define WITHOUT_FUNDING
const fs = require("fs"), lock = JSON.parse(fs.readFileSync("package-lock.json"));
for (const one of Object.values(lock.packages)) delete one.funding;
fs.writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n");
endef
export WITHOUT_FUNDING

lock: $(UV)
	$(UV) lock
	$(UV) export --quiet --frozen --no-emit-project --no-header --format requirements-txt -o requirements.lock
	$(UV) pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-header \
		emulators/telegram/requirements.in -o emulators/telegram/requirements.lock
	cd emulators/slack && npm update --package-lock-only --no-audit --no-fund && node -e "$$WITHOUT_FUNDING"

clean:
	rm -rf models results .rasa .pytest_cache .mypy_cache .ruff_cache
	find . -path ./.venv -prune -o -path ./.uv -prune -o -path ./.emulators -prune -o -name __pycache__ -type d -exec rm -rf {} +
