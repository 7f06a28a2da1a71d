# Kessai: `make run` tries it, `make test` proves it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
STRICT := --explicit-target-dependency-import-check error
RELEASE := -c release --static-swift-stdlib --product kessai

.DEFAULT_GOAL := help
.PHONY: help toolchain packages run build test check sim sim-mutations nightly drill-kills drill-nodes fuzz schemathesis \
	test-tsan test-asan bench bench-growth bench-soak format lint clean

help: ## list the chores
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

toolchain:
	@scripts/toolchain

packages: toolchain ## install the Debian packages that the build needs
	@scripts/packages build

build: packages ## build the release binary: .build/release/kessai
	swift build $(RELEASE)

run: build ## try it: sandbox, sample data, a purchase, and then serve (http://127.0.0.1:8080)
	@.build/release/kessai demo $(ARGS)

test: toolchain ## everything: format, strict build, all tests on both databases, the release binary, real clients, Chromium
	@scripts/test

sim: build ## try to break the money: 20,000 simulated histories (ARGS="--runs N --jobs J")
	@.build/release/kessai sim --seed $(or $(SEED),1) $(or $(ARGS),--runs 20000 --jobs $$(nproc))

# Each day has histories of its own.
nightly: ## what takes half an hour: other histories each day, planted bugs, 600 kills, many nodes
	@$(MAKE) sim SEED=$$(( $$(date +%s) / 86400 * 20000 ))
	@$(MAKE) sim-mutations drill-kills drill-nodes

sim-mutations: build ## plant bugs, one after the other: the simulator must catch each within 2,000 histories
	@.build/release/kessai sim --mutations --seed 1 $(or $(ARGS),--runs 2000 --jobs $$(nproc))

drill-kills: build ## kill real processes under load, and check the books: KILLS=300 on each database, SEED=1 (docs/drills.md)
	@scripts/packages test
	swift build --product kessai-drill
	@scripts/drill-kills $(or $(KILLS),300) $(or $(SEED),1)

drill-nodes: build ## nodes, PostgreSQL and its replica killed under load, and the books checked: PHASE=10 seconds, SEED=1 (docs/many-nodes.md)
	@scripts/packages test
	swift build --product kessai-drill
	@scripts/drill-nodes $(or $(PHASE),10) $(or $(SEED),1)

bench: build ## how fast it is, beside a peer and the machine's own limits (ARGS="--quick"; docs/benchmarks.md)
	@scripts/bench all $(ARGS)

bench-growth: build ## what an event costs with ten million events in the inbox, against ten thousand
	@scripts/bench growth $(ARGS)

bench-soak: build ## whether memory stays flat: ten minutes of load
	@scripts/bench soak $(ARGS)

fuzz: packages ## feed every parser what nobody expects, with libFuzzer: SECONDS=600 each, TARGET=name (docs/hardening.md)
	@scripts/packages test
	@scripts/fuzz build
	@SECONDS_EACH=$(or $(SECONDS),600) scripts/fuzz run $(TARGET)

schemathesis: packages ## hold the answers against the OpenAPI document at length: EXAMPLES=200 of each operation
	@scripts/packages test
	swift build --product kessai
	@KESSAI_OPENAPI_EXAMPLES=$(or $(EXAMPLES),200) scripts/python -m pytest -q Tests/OpenAPI

test-tsan: packages ## the tests of what is concurrent, under ThreadSanitizer (SUITES="HTTPServerTests JobsTests")
	@scripts/packages test
	@scripts/sanitize thread $(SUITES)

test-asan: packages ## the same under AddressSanitizer
	@scripts/packages test
	@scripts/sanitize address $(SUITES)

check: packages lint ## format, lint and strict build
	swift build --build-tests $(STRICT)

lint: toolchain ## what swift-format would change or refuses
	swift format lint --strict --recursive Sources Tests Examples Package.swift

format: toolchain ## let swift-format write the sources
	swift format --in-place --recursive Sources Tests Examples Package.swift

clean: ## remove what was built
	rm -rf .build Examples/*/.build
