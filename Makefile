# What can be made here (`make` alone prints this list):
#
#   make setup      installs the libraries that the build needs (Debian, as root), or says how
#   make build      builds the release executable: .build/release/clockwork
#   make test       runs every test, against real parts that it starts and stops itself
#   make demo       a pod with its own Kafka on this host plays examples/requests.jsonl (about 25 s)
#   make run        the same pod, until it is stopped
#   make check-metrics  has a real Prometheus scrape three pods (Debian: prometheus, kcat)
#   make simulate   runs the simulated worlds alone, SEEDS of them (default 10000)
#   make format     formats the sources
#   make lint       checks their format
#   make clean      removes what was built

SEEDS ?= 10000
SOURCES = Package.swift Sources Tests
# The delivery topics of the examples, with their partitions in the local cluster.
EXAMPLE_TOPICS = $(foreach topic,order-reminders payment-retries content-releases process-timeouts,--topic $(topic):4)

.DEFAULT_GOAL := help
.PHONY: help setup build test demo run check-metrics simulate format lint clean

help:
	@sed -n 's/^# \{0,1\}//p' Makefile

setup:
	@scripts/setup.sh

build: setup
	swift build -c release --product clockwork

test:
	@Tests/run.sh

demo: build
	.build/release/clockwork dev $(EXAMPLE_TOPICS) --demo examples/requests.jsonl

run: build
	.build/release/clockwork dev $(EXAMPLE_TOPICS)

check-metrics: setup
	swift build --product clockwork
	scripts/check-metrics.sh .build/debug/clockwork

simulate: setup
	CLOCKWORK_SEEDS=$(SEEDS) swift test --filter Simulation

format:
	swift format --in-place --recursive --parallel $(SOURCES)

lint:
	swift format lint --strict --recursive --parallel $(SOURCES)

clean:
	rm -rf .build
