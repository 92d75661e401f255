# Run `make` for the list of targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

CONFIGURATION ?= debug
BENCH = Benchmarks/.build/release/bench
BINARY = .build/$(CONFIGURATION)/vault-migrations
SWIFT_FILES = Sources Tests Package.swift Benchmarks/Sources Benchmarks/StateCommit Benchmarks/Package.swift

# The private server of the tests and of the demo: a pinned one, unless the caller names another.
export VAULT_MIGRATIONS_SERVER ?= $(CURDIR)/.tools/bao

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what building and testing need (Debian; idempotent)
	@scripts/setup

.PHONY: build
build: ## Build for debugging
	swift build

.PHONY: release
release: ## Build the binary to ship: .build/release/vault-migrations
	swift build -c release --static-swift-stdlib

.PHONY: lint
lint: ## Check the format
	swift format lint --strict --recursive --parallel $(SWIFT_FILES)

.PHONY: fmt
fmt: ## Format in place
	swift format --in-place --recursive --parallel $(SWIFT_FILES)

# Warnings are errors in every target (Package.swift). `swift test` comes last: its last lines are the result.
.PHONY: test
test: setup lint build-tests check-linking lint-templates man ## Everything that CI checks
	swift test --disable-xctest --skip-build

.PHONY: build-tests
build-tests: ## Build the program and all tests
	swift build --build-tests

# Full Foundation with its ICU adds 44 MB to the static binary; FoundationEssentials has what is needed. A static
# binary would hide the libraries, so the imports are looked at as well.
.PHONY: check-linking
check-linking: ## Check that no full Foundation is linked (CONFIGURATION=release for that binary)
	@if grep -rnE '^([a-z]+ )?import Foundation$$' Sources; then \
	  echo 'check-linking: import FoundationEssentials instead of Foundation' >&2; exit 1; fi
	@if objdump -p $(BINARY) | grep -E 'NEEDED +(libFoundation\.so|lib_FoundationICU\.so)'; then \
	  echo 'check-linking: $(BINARY) needs the full Foundation' >&2; exit 1; fi

.PHONY: lint-templates
lint-templates: ## Give the files that "init --ci" writes to the linters of their ecosystems
	VAULT_MIGRATIONS=$(CURDIR)/$(BINARY) scripts/lint-templates

# A run takes about three seconds, and there are three series of them.
.PHONY: torture
torture: setup build-tests ## Kill, cut off and race many runs: RUNS=500 in each series, SEED=N to repeat one
	VAULT_MIGRATIONS_TORTURE=$(or $(RUNS),500) VAULT_MIGRATIONS_SEED=$(SEED) \
	  swift test --disable-xctest --skip-build --filter 'TortureTests|RaceTests|ClusterTests'

# Built apart, with sanitizers, from Tests/Fuzzing; what it finds stays in .build-fuzz and is where the next call goes on.
.PHONY: fuzz
fuzz: ## Give hostile input to every reader: TARGET=yaml for one, SECONDS=60 for each round until nothing new is found
	@TARGET='$(TARGET)' SECONDS_EACH='$(or $(SECONDS),60)' scripts/fuzz

.PHONY: man
man: build ## Write a manual page for each command into .build/man
	@scripts/man $(BINARY)

# A test compares docs/reference.md with what this writes.
.PHONY: docs
docs: build ## Write docs/reference.md anew from the program and its source
	@scripts/reference $(BINARY) > .build/reference.md && mv .build/reference.md docs/reference.md

# Only ratios of one run count: machines differ, and so do hours. Nothing else may run meanwhile.
.PHONY: bench
bench: setup setup-peers build-bench ## Measure against what server, git and parser allow: ROWS="drift-1k sync*", RUNS=5, QUICK=1, FRESH=1
	@$(BENCH) run --rows '$(ROWS)' --runs $(or $(RUNS),5) $(if $(QUICK),--quick) $(if $(FRESH),--fresh)

.PHONY: bench-check
bench-check: ## Compare what "make bench" measured with the committed figures, in ratios and CPU time
	@$(BENCH) check

.PHONY: bench-baseline
bench-baseline: ## Measure everything, commit the figures to be: Benchmarks/baseline.json and docs/performance
	@$(MAKE) bench FRESH=1
	cp Benchmarks/.build/bench.json Benchmarks/baseline.json
	@$(MAKE) bench-document

.PHONY: bench-document
bench-document: ## Write the committed figures into docs/performance.md and draw the chart
	@$(BENCH) document

.PHONY: setup-peers
setup-peers: ## Install what the tool is measured against
	@Benchmarks/setup

.PHONY: build-bench
build-bench: release ## Build what "make bench" runs
	VAULT_MIGRATIONS_BENCHMARKS=1 swift build -c release --static-swift-stdlib --product state-commit
	swift build --package-path Benchmarks -c release

.PHONY: demo
demo: setup build ## Show a whole story on a throw-away repository and server
	scripts/demo

.PHONY: clean
clean: ## Remove what was built; .tools stays
	swift package clean
