# Two commands are enough on a fresh Debian 12 or Ubuntu 24.04: `make demo` and `make test`. The rest: `make help`.
PRESET ?= release
JOBS   ?= $(shell nproc)
PREFIX ?= /usr/local
BIN    := build/$(PRESET)/bin/centavo
# On a terminal ninja keeps one line moving; in a pipe it says nothing but warnings and errors.
NINJA_FLAGS = $$([ -t 1 ] || echo --quiet)

.DEFAULT_GOAL := help
.PHONY: help setup build demo test web packs bench interop lint format fuzz install clean

help:             ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PRESET=dev|tsan|coverage builds with sanitizers or coverage; DEMO_FLAGS=--no-serve ends the demo without serving"

setup:            ## install what is missing to build
	@scripts/setup build

build: setup      ## build the program with the chosen preset (release), the web application inside
	@scripts/setup web || echo "build: going on without what the page needs"
	@scripts/web build
	@[ -f build/$(PRESET)/build.ninja ] || echo "build: configuring build/$(PRESET)"
	@cmake --preset $(PRESET) --log-level=WARNING >/dev/null
	@echo "build: building build/$(PRESET) on $(JOBS) cores (the first time takes minutes)"
	@cmake --build build/$(PRESET) -j $(JOBS) --target centavo -- $(NINJA_FLAGS)

demo: build       ## a sample lake in ./demo-lake: two tenants, run, proof, then serve
	@$(BIN) demo ./demo-lake $(DEMO_FLAGS)

test: build       ## unit tests, pack tests, architecture and flows
	@echo "test: building the tests"
	@cmake --build build/$(PRESET) -j $(JOBS) -- $(NINJA_FLAGS)
	@ctest --test-dir build/$(PRESET) --output-on-failure --no-tests=error -j $(JOBS) --output-junit $(CURDIR)/build/$(PRESET)/junit.xml

web:              ## the web application (web/dist) and its own tests
	@scripts/setup web
	@scripts/web build
	@scripts/web test

packs: build      ## only the packs' own tests
	@$(BIN) test

bench: build      ## ratios against hand-written SQL; BENCH_FULL=1 adds 10 M rows, Spark and dbt
	@scripts/setup interop
	@.cache/venv/interop/bin/python bench/run.py

interop: build    ## other readers (delta-rs, DuckDB's delta, Spark, focus-validator) see the same rows; nginx in front
	@scripts/setup interop $${CI:+nginx}
	@.cache/venv/interop/bin/python tests/interop/run.py

lint:             ## clang-format, clang-tidy, shell and Python syntax
	@scripts/setup build lint
	@scripts/lint

format:           ## clang-format the tree in place
	@scripts/setup lint
	@find src tests -name '*.h' -o -name '*.cc' | xargs -r clang-format-19 -i --style=file

fuzz:             ## run every fuzzer for FUZZ_SECONDS (30) with its corpus
	@scripts/setup build fuzz
	@scripts/fuzz

install: build    ## install to PREFIX (/usr/local): bin/centavo and lib/libduckdb.so, free to move together
	@cmake --install build/$(PRESET) --prefix $(PREFIX)

clean:            ## remove what was built (not .deps, .cache or demo-lake)
	@rm -rf build web/dist web/build-test
