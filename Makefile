# Two commands for users: `make demo` and `make test`. Both set up what is missing first.
PRESET ?= release
JOBS ?= $(shell nproc)
BIN = build/$(PRESET)/bin

.PHONY: demo test test-full build setup bench baseline lint format asan scalar fuzz clean

demo: setup
	cmake --preset $(PRESET) -Wno-dev > /dev/null
	cmake --build --preset $(PRESET) -j $(JOBS) --target thalweg
	$(BIN)/thalweg generate cards/drell_yan.toml
	$(BIN)/thalweg report drell_yan.run
	@echo "events: drell_yan.run/events.lhe.gz   picture: drell_yan.run/report.png"

test: build
	ctest --preset $(PRESET) -j $(JOBS)

# What takes too long for every change: tests with the label `full`. ARGS: more for ctest, such as -R stress.
test-full: build
	ctest --test-dir build/$(PRESET) -L full --output-on-failure -j $(JOBS) $(ARGS)

build: setup
	cmake --preset $(PRESET) -Wno-dev > /dev/null
	cmake --build --preset $(PRESET) -j $(JOBS)

setup:
	@scripts/setup

bench: build
	@mkdir -p build/bench
	for b in parton amplitude phasespace flow; do \
	  $(BIN)/$${b}_benchmark --benchmark_out=build/bench/$$b.json --benchmark_out_format=json || exit 1; done

baseline: build
	.venv/bin/python scripts/baseline $(BIN)/thalweg

lint:
	@scripts/setup lint
	cmake --preset dev -Wno-dev > /dev/null
	git ls-files '*.cpp' '*.h' | xargs clang-format-14 --dry-run --Werror
	git ls-files 'src/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy-14 -p build/dev --quiet --extra-arg=-Wno-unknown-warning-option

format:
	@scripts/setup lint
	git ls-files '*.cpp' '*.h' | xargs clang-format-14 -i

# The suite with address and undefined-behaviour sanitizers, and with one lane per vector.
asan scalar:
	$(MAKE) test PRESET=$@

# MINUTES of libFuzzer for each reader.
MINUTES ?= 1
READERS = card lhe slha grid info process points lheh5 lheh5_bytes folder state generation training result sampler
fuzz:
	@scripts/setup fuzz
	cmake --preset fuzz -Wno-dev > /dev/null
	cmake --build --preset fuzz -j $(JOBS) --target fuzz_seeds $(addprefix fuzz_,$(READERS))
	build/fuzz/bin/fuzz_seeds build/fuzz/corpus
	for f in $(READERS); do \
	  if [ -d tests/fuzz/seeds/$$f ]; then cp -n tests/fuzz/seeds/$$f/* build/fuzz/corpus/$$f/; fi; \
	  build/fuzz/bin/fuzz_$$f -max_total_time=$$((60 * $(MINUTES))) -rss_limit_mb=4096 -print_final_stats=1 build/fuzz/corpus/$$f || exit 1; done

clean:
	rm -rf build
