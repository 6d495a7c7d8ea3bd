# What can be made here (`make` alone prints this list):
#
#   make setup      installs the libraries that the build needs (Debian, as root), or says how
#   make build      builds the release executable: .build/release/clockwork
#   make test       runs every test, against real parts that it starts and stops itself
#   make cluster-test  runs the tests of pods, brokers and stores that fail (a part of make test)
#   make soak       runs all faults mixed for DURATION (default 30m); CLOCKWORK_SEED repeats a schedule of faults
#   make bench      measures pod and parts and writes docs/benchmarks.md (about 25 min, on a quiet machine)
#   make bench-micro  measures the parts alone (MICRO_OPTIONS: --json, or a part of a name)
#   make bench-rebalance  measures how much later schedules come because a pod joins or leaves
#   make demo       a pod with its own Kafka on this host plays examples/requests.jsonl (about 25 s)
#   make run        the same pod, until it is stopped
#   make simulate   runs the simulated worlds alone, SEEDS of them (default 20000)
#   make test-tsan  runs every test, and the pods it starts, under the Thread Sanitizer
#   make test-asan  the same under the Address Sanitizer
#   make coverage   tells how much of the scheduler, the decoder and the wheel their tests reach
#   make fuzz       feeds TARGET (RequestDecoder, DynamoDBJSON or HTTPBody) hostile bytes for FUZZ_SECONDS (default 600)
#   make check-deploy  checks what is in deploy/, without an engine that runs images
#   make docs       builds the documentation of the library and of every module, into .build/docs
#   make check-instructions  counts the instructions of the hot path and compares them (Debian: valgrind)
#   make check-metrics  has a real Prometheus scrape three pods (Debian: prometheus, kcat)
#   make format     formats the sources
#   make lint       checks their format
#   make clean      removes what was built

SEEDS ?= 20000
DURATION ?= 30m
TARGET ?= RequestDecoder
FUZZ_SECONDS ?= 600
MICRO_OPTIONS ?=
SOURCES = Package.swift Sources Tests Fuzz/Package.swift Fuzz/Sources Benchmarks/Package.swift Benchmarks/Bench Benchmarks/Sources
# The delivery topics of the examples, with their partitions in the local cluster.
EXAMPLE_TOPICS = $(foreach topic,order-reminders payment-retries content-releases process-timeouts,--topic $(topic):4)

.DEFAULT_GOAL := help
.PHONY: help setup build test test-tsan test-asan cluster-test soak bench bench-micro bench-rebalance demo run simulate coverage fuzz
.PHONY: check-deploy check-instructions check-metrics docs format lint clean

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

setup:
	@scripts/setup.sh

build: setup
	swift build -c release --product clockwork

test:
	@Tests/run.sh

cluster-test:
	@Tests/run.sh --filter '^ClusterTests\.'

soak:
	@CLOCKWORK_SOAK=$(DURATION) Tests/run.sh --filter 'SoakTests'

bench:
	@scripts/bench.sh

bench-micro: setup
	CLOCKWORK_INNER_MODULES=1 swift run -c release --package-path Benchmarks Parts $(MICRO_OPTIONS)
	CLOCKWORK_INNER_MODULES=1 swift run -c release --package-path Benchmarks --scratch-path Benchmarks/.build-testing \
		-Xswiftc -enable-testing Database $(MICRO_OPTIONS)

bench-rebalance:
	@CLOCKWORK_BENCH_REBALANCE=1 Tests/run.sh --filter 'RebalanceBenchmark'

demo: build
	.build/release/clockwork dev $(EXAMPLE_TOPICS) --demo examples/requests.jsonl

run: build
	.build/release/clockwork dev $(EXAMPLE_TOPICS)

test-tsan:
	@CLOCKWORK_SANITIZER=thread Tests/run.sh

test-asan:
	@CLOCKWORK_SANITIZER=address Tests/run.sh

check-metrics: setup
	swift build --product clockwork
	scripts/check-metrics.sh .build/debug/clockwork

simulate: setup
	CLOCKWORK_SEEDS=$(SEEDS) swift test --filter SimulationTests

coverage: setup
	@scripts/coverage.sh

fuzz: setup
	@scripts/fuzz.sh $(TARGET) $(FUZZ_SECONDS)

check-instructions: setup
	@scripts/check-instructions.sh

check-deploy:
	@scripts/check-deploy.sh

docs: setup
	@scripts/docs.sh

format:
	swift format --in-place --recursive --parallel $(SOURCES)

lint:
	swift format lint --strict --recursive --parallel $(SOURCES)

clean:
	rm -rf .build .build-tsan .build-asan .build-coverage .build-static Benchmarks/.build Benchmarks/.build-testing Fuzz/.build
