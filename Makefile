# `make quickstart` and `make test` need git, make and a Swift 6.1+ toolchain; the rest they install.

SWIFT_FLAGS ?=
# Tests see internals, which the program itself is better optimized without: each has a build folder of its own.
TEST_FLAGS = --scratch-path .build-tests -Xswiftc -enable-testing
PROGRAM = .build/release/espalier

.PHONY: help
help: ## Show this list.
	@grep -hE '^[a-z/.]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z/.]+):.*## /  make \1\t/' | expand -t 20

.PHONY: quickstart
quickstart: build ## Train ResNet-20 on Fashion-MNIST, baseline and pruned, and compare them.
	$(PROGRAM) run experiments/quickstart.yaml

.PHONY: test
test: setup ## Build and run all tests.
	swift build -c release --build-tests $(TEST_FLAGS) $(SWIFT_FLAGS)
	swift test -c release --skip-build $(TEST_FLAGS) $(SWIFT_FLAGS)

.PHONY: build
build: setup ## Build the program, .build/release/espalier.
	swift build -c release --product espalier $(SWIFT_FLAGS)

.PHONY: setup
setup: ## Install what is missing: libyaml, OpenBLAS, zlib, Fashion-MNIST.
	@scripts/setup.sh

BENCH_PYTHON = .build-bench/bin/python

.PHONY: bench
bench: build $(BENCH_PYTHON) ## Measure throughput beside PyTorch's, which this installs in a folder of its own.
	python3 scripts/compare-throughput.py $(PROGRAM) $(BENCH_PYTHON)

docs/images/roofline.svg: build ## Draw where each layer of ResNet-56 stands against the machine's limits.
	$(PROGRAM) bench --profile resnet56 --format json | python3 scripts/roofline.py > $@

$(BENCH_PYTHON):
	python3 -m venv .build-bench
	.build-bench/bin/pip install --quiet torch

.PHONY: lint
lint: ## Check the format.
	swift format lint --strict --recursive Package.swift Sources Tests

.PHONY: format
format: ## Format in place.
	swift format format --in-place --recursive Package.swift Sources Tests

.PHONY: clean
clean: ## Remove everything that was built.
	rm -rf .build .build-tests .build-bench
