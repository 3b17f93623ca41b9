# xmh: the two commands a newcomer needs are `make demo` and `make test`; `make help` lists the rest.
# Needs python3 (3.11 or newer) with venv and pip, git and make. Everything else lands in .venv.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
WORKERS ?= 4
FIRST   ?= 1
N       ?= 500
HOME_OF_DEMO := .xmh-demo

ROOMS := domain eventlog workflows activities documents intake sheets views services web cli simulation tests benchmarks
OWN   := $(wildcard $(ROOMS) *.py)

.DEFAULT_GOAL := help
.PHONY: help setup browser demo test chaos typing long cluster universes check bench bench-scale curves bundle release site month verapdf fonts lock components digests clean distclean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(VENV)/.installed $(VENV)/.editable ## make .venv from the hashed lock, and the command .venv/bin/xmh
	@# Byte-compiled by hand: where PYTHONDONTWRITEBYTECODE is set every start would otherwise compile again.
	@$(BIN)/python -m compileall -q $(OWN)

$(VENV)/.installed: requirements-test.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "xmh needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
	  --require-hashes --only-binary :all: -r requirements-test.txt
	@# A few installed packages carry template files that are no Python; they may fail to compile.
	-@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1
	@touch $@

# --no-build-isolation: the build backend comes from the lock as well, nothing is fetched beside it.
$(VENV)/.editable: $(VENV)/.installed pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Whether a package could not be had in the last half hour: without a network each asking may take minutes.
TRIED_LATELY = find $(VENV)/.no-$(1) -mmin -30 2>/dev/null | grep -q .

# The tests look at the pages in the machine's own Chromium; where root may not have it, they are told why and say so.

browser: setup ## have Chromium for the tests of the pages (Debian and Ubuntu as root; elsewhere set XMH_CHROMIUM)
	@if [ -n "$$XMH_CHROMIUM" ] || which chromium chromium-browser google-chrome chrome 2>/dev/null | grep -q .; then \
	  rm -f $(VENV)/.no-browser; \
	elif $(call TRIED_LATELY,browser); then :; \
	elif [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	  echo "no Chromium: install one, or name it by XMH_CHROMIUM; the tests of the pages fail without" >&2; \
	elif apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium; then :; \
	else echo "apt-get could not install it" > $(VENV)/.no-browser; fi
	@# strace reads what a writer asks of the disk (tests/plugs); without it they are skipped by name.
	@if ! command -v strace >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! { $(call TRIED_LATELY,strace); }; then \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends strace || touch $(VENV)/.no-strace; fi
	@# promtool tries the alert rules (tests/house/test_promtool.py); taken out of its package, which would start a server.
	@if ! command -v promtool >/dev/null && [ ! -x $(BIN)/promtool ] && command -v apt-get >/dev/null && ! { $(call TRIED_LATELY,promtool); }; then \
	  place=$$PWD/$(BIN) && work=$$(mktemp -d) && cd $$work && apt-get -qq download prometheus >/dev/null 2>&1 && \
	  dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool && mv usr/bin/promtool $$place/ || touch $$place/../.no-promtool; \
	  rm -rf "$$work"; fi

demo: setup ## supervise the working year 2022 of the example and print what came out (in .xmh-demo)
	@rm -rf $(HOME_OF_DEMO)
	$(BIN)/xmh demo --home $(HOME_OF_DEMO)

test: browser ## every test, on real Temporal servers, SQLite and PostgreSQL
	$(BIN)/python -m pytest -n $(WORKERS)

SECONDS ?= 1800
SEED    ?= $(shell date +%s)
chaos: setup ## every kind of fault under load for SECONDS, by SEED: the tally, and what repeats it (more of it as root)
	$(BIN)/python -m tests.faults $(SECONDS) $(SEED)

typing: browser ## four browsers are typed in while web server, worker, Temporal and database are killed, on either database ten minutes
	$(BIN)/python -m pytest -s -m chaos tests/recovery/test_typing_kills.py

long: export XMH_TEST_SEED ?= $(shell date +%s)
long: browser ## the long forms of tests, kills before all, and some ten minutes of guesses at the command line
	$(BIN)/python -m pytest -n $(WORKERS) -m chaos
	XMH_FUZZ_CASES=2000 $(BIN)/python -m pytest -s tests/cli/test_fuzz.py

# Temporal's server as it is released, and machines of our own: network namespaces within one that ends with the run.
CLUSTER := .cluster
APART   := unshare --net --mount --pid --fork --kill-child --mount-proc
# What else only asks that a server be there.
ON_BOTH := $(addprefix tests/workflows/test_,healing.py the_log_decides.py publishing.py signed_orders.py \
           foreign_calls.py clock_refused.py log_went_back.py) tests/meetings/test_workflow.py tests/notices/test_workflow.py
cluster: setup ## the kill, storm, failover and life tests on a real Temporal of three nodes (needs Go and root; half an hour)
	@command -v go >/dev/null || { echo "make cluster builds Temporal's server and needs Go; nothing else here does" >&2; exit 1; }
	@[ "$$(id -u)" = 0 ] || { echo "make cluster makes network namespaces and needs root" >&2; exit 1; }
	mkdir -p $(CLUSTER)
	cd tests/cluster/server && go build -p 1 -o ../../../$(CLUSTER)/ go.temporal.io/server/cmd/server go.temporal.io/server/cmd/tools/sql
	XMH_CLUSTER=$(CLUSTER) $(APART) env XMH_CLUSTER_ALONE=yes $(BIN)/python -m pytest -p tests.cluster.shape -m "not chaos" tests/cluster $(ON_BOTH)

universes: setup ## N universes of simulated trouble from seed FIRST on, each of which can be played again
	$(BIN)/python -m tests.universe run $(FIRST) $(N)

check: setup ## format, lint, types, import arrows, documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/house/test_docs.py

bench: browser ## the benchmarks, interleaved with their bare counterparts
	$(BIN)/python -m benchmarks

curves: setup ## draw how reading grows with the log (docs/curves.svg)
	$(BIN)/python -m benchmarks.curves docs/curves.svg

bench-scale: setup ## reading in logs of 1,000, 10,000 and 100,000 matters
	$(BIN)/python -m benchmarks --only reads

PYTHONS ?= 3.11
bundle: setup ## an archive from which xmh is installed without a network (PYTHONS="3.11 3.13"; in dist/)
	deploy/offline/build.sh $(VENV) dist/xmh-offline $(PYTHONS)

VERSION ?=
BUNDLE  ?=
release: setup ## version, dated changelog, tag and artefacts in dist/, or nothing (VERSION=1.2.0; BUNDLE="3.11 3.13")
	@[ -n "$(VERSION)" ] || { echo "name it: make release VERSION=1.2.0" >&2; exit 1; }
	$(BIN)/python deploy/release.py $(VERSION) --check "make check" $(if $(BUNDLE),--bundle "$(BUNDLE)")

# mkdocs in an environment of its own: the program and its tests need nothing of it.
SITE := $(VENV)/site
site: setup $(SITE)/.installed ## the pages of this repository as a site, with references of commands and settings (in dist/site)
	PYTHONPATH=. $(BIN)/python docs/site/stage.py build/site
	$(SITE)/bin/mkdocs build --strict --quiet --config-file build/site/mkdocs.yml --site-dir $(CURDIR)/dist/site

$(SITE)/.installed: docs/site/requirements.txt
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

# A validator of PDF/A and PDF/UA by others, in Java; from Maven Central, kept in .verapdf.
VERAPDF := .verapdf
verapdf: setup ## what veraPDF says of a .pdf of each kind (needs Java 17 and Maven)
	@command -v mvn >/dev/null || { echo "make verapdf needs Java 17 and Maven; nothing else here does" >&2; exit 1; }
	mvn -q -B -f tests/documents/printing/verapdf/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(VERAPDF)
	XMH_VERAPDF=$(CURDIR)/$(VERAPDF) $(BIN)/python -m pytest -s -q tests/documents/printing/test_verapdf.py

month: setup ## an operator's month on a site of its own (PostgreSQL, Temporal, two machines): the tally of its days
	$(BIN)/python -m tests.month

# 仿宋, 楷体, 黑体 and 宋体 as open faces (Fandol: GPL 3 with the font exception), out of a package of Debian and Ubuntu.
# Without them everything is set in the 宋 and 黑 that `make setup` installs. They are never part of what we distribute.
fonts: ## fetch open faces for printed documents into .fonts (Debian, Ubuntu)
	@command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { \
	  echo "make fonts needs apt-get and dpkg-deb; elsewhere put the Fandol .otf files into .fonts yourself" >&2; exit 1; }
	@set -e; here=$$PWD; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; cd "$$work"; \
	  apt-get download -q texlive-lang-chinese; \
	  dpkg-deb --fsys-tarfile *.deb | tar -x --wildcards '*/Fandol[FHKS]*-*.otf'; \
	  mkdir -p "$$here/.fonts"; find . -name 'Fandol*.otf' -exec cp {} "$$here/.fonts/" \;
	@ls .fonts

# uv is wanted only here, by whoever moves a version; --no-emit-index-url keeps every address out of the files.
UV   ?= uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header $(LOCKFLAGS) pyproject.toml

lock: ## refresh requirements*.txt (needs uv; LOCKFLAGS=--upgrade moves every version)
	$(LOCK) --extra web -o requirements.txt
	$(LOCK) --extra web --extra embedded --extra simulate --constraint requirements.txt -o requirements-all.txt
	$(LOCK) --extra web --extra otel --constraint requirements-all.txt -o requirements-otel.txt
	$(subst pyproject.toml,deploy/offline/tools.in,$(LOCK)) -o deploy/offline/tools.txt
	$(subst pyproject.toml,docs/site/requirements.in,$(LOCK)) -o docs/site/requirements.txt
	$(LOCK) --all-extras --constraint requirements-all.txt --constraint requirements-otel.txt -o requirements-test.txt

components: setup ## say which pinned components wait for a newer release, and which too long (asks the index)
	@$(BIN)/python deploy/components.py requirements-all.txt requirements-test.txt

digests: ## pin the images of docker-compose.yml and the Dockerfile by digest (asks their registries; needs docker buildx)
	@$(PYTHON) deploy/digests.py

clean: ## remove caches, builds and the demo's data
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis $(HOME_OF_DEMO)
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean ## the same, and .venv
	rm -rf $(VENV)
