# Makefile - the commands of README.md. The work is done by CMake and by scripts/.
#
#   make audit     set up if needed, build, audit the small model: out/report.html
#   make check     everything that CI runs; the last line counts what passed, failed, was skipped
#   make reproduce docs/reproduction.md and its pictures: the papers' claims, checked one by one
#   make build     the release build in build/release
#   make bench     how fast this machine is, and each step on it; NumPy doing the same beside it
#   make install   PREFIX=/usr/local DESTDIR=
#   make live-core src/report/assets/core.js, the C core for pages, made anew (needs Emscripten)
#   make fuzz      every fuzz target for FUZZ_SECONDS, with clang's libFuzzer
#   make clean     remove build/ and out/; what was downloaded stays in .deps/
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang-19
AUDIT_MODEL ?= .deps/models/SmolLM2-135M-Instruct.gguf
AUDIT_OPTIONS ?=
BENCH_OPTIONS ?=
CMAKE ?= cmake
PROGRAM = build/release/ropewalk

.PHONY: all audit reproduce check bench build install live-core fuzz clean
.DEFAULT_GOAL := build
all: build

build:
	@scripts/build.sh release build/release -DCMAKE_BUILD_TYPE=Release

audit:
	@scripts/setup.sh audit
	@scripts/build.sh release build/release -DCMAKE_BUILD_TYPE=Release
	@mkdir -p out
	$(PROGRAM) audit $(AUDIT_MODEL) -o out/report.html --json out/report.json $(AUDIT_OPTIONS)

out/report.json:
	$(MAKE) audit

reproduce: out/report.json build
	$(PROGRAM) reproduce -o docs --audit out/report.json --json out/reproduction.json

check:
	@scripts/check.sh

bench: build
	@mkdir -p out
	$(PROGRAM) bench --json out/bench.json $(BENCH_OPTIONS)
	@scripts/bench_numpy.sh $(PROGRAM) out/bench_numpy.json

install: build
	DESTDIR="$(DESTDIR)" $(CMAKE) --install build/release --prefix "$(PREFIX)"

live-core:
	@scripts/build_core.sh

fuzz:
	@FUZZ_CC="$(FUZZ_CC)" scripts/fuzz.sh $(FUZZ_SECONDS)

clean:
	rm -rf build out
