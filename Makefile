# Everything runs in the image that `make image` builds; the host needs Docker, make and git.
SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help

RUN := images/run
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 10

.PHONY: help image build demo test topology bench fuzz lint format shell clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

image: ## the build and node images (made once; reused until images/ changes)
	@images/ensure

build: image ## programs, release build, in build/release/bin
	@tests/build release programs

demo: build ## the tiers topology with real traffic; Ctrl-C ends it and cleans up (ONCE=1: run, check, exit)
	@images/demo $(if $(ONCE),--once,)

test: image ## every test there is; the last line counts them
	@tests/run-all

topology: build ## the tests on the deployed network alone: captures, faults, the demo's checks
	@tests/build release topology_tests
	@tests/run-topology

bench: image ## every benchmark: tables, and build/bench/NAME.jsonl
	@tests/build release benches
	@tests/run-bench

bench-%: image ## one benchmark
	@tests/build release bench-$*
	@tests/run-bench $*

fuzz: image ## fuzz targets, long (FUZZ_SECONDS each; default 600 here)
	@tests/build asan fuzzers
	@$(RUN) tests/run-fuzz $(if $(filter 10,$(FUZZ_SECONDS)),600,$(FUZZ_SECONDS))

lint: image ## clang-format and clang-tidy
	@tests/build release
	@$(RUN) tests/lint

format: image ## rewrite the sources with clang-format
	@$(RUN) sh -c 'git ls-files "*.h" "*.cc" | xargs clang-format-19 -i'

shell: image ## a shell in the build image
	@$(RUN) --net --tty bash

clean: ## build outputs (images and compiler cache stay)
	@rm -rf build
