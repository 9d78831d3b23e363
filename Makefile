# `make quickstart` and `make test` need git, make and a Swift 6.1+ toolchain, and install the rest.

SWIFT_FLAGS ?=
# Tests need access to internals, which would make the program slower, so each has a separate build
# folder.
TEST_FLAGS = --scratch-path .build-tests -Xswiftc -enable-testing
PROGRAM = .build/release/espalier

.PHONY: help
help: ## Show this list.
	@grep -hE '^[a-z/.-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z/.-]+):.*## /  make \1\t/' | expand -t 28

.PHONY: quickstart
quickstart: ## Train ResNet-20 on Fashion-MNIST, baseline and pruned, and compare them.
	@scripts/setup.sh quickstart
	swift build -c release --product espalier $(SWIFT_FLAGS)
	$(PROGRAM) run experiments/quickstart.yaml

.PHONY: test
test: ## Build and run all tests; prints only failures, or everything with VERBOSE=1.
	@scripts/setup.sh test
	@echo "building the tests"
	@scripts/quietly.sh .build-tests/build.log swift build -c release --build-tests $(TEST_FLAGS) $(SWIFT_FLAGS)
	@echo "running the tests"
	@scripts/quietly.sh .build-tests/test.log swift test -c release --skip-build $(TEST_FLAGS) $(SWIFT_FLAGS)

.PHONY: torture
torture: setup ## Kill runs (200 times), damage their files, limit their disk, and compare the results.
	@scripts/quietly.sh .build-tests/build.log swift build -c release --build-tests $(TEST_FLAGS) $(SWIFT_FLAGS)
	@ESPALIER_TORTURE_KILLS=$(or $(KILLS),200) scripts/quietly.sh .build-tests/test.log \
	  swift test -c release --skip-build $(TEST_FLAGS) $(SWIFT_FLAGS) --filter TortureTests

.PHONY: test-slurm
test-slurm: build ## Submit a suite to a real Slurm on this machine; installs, starts and stops it.
	scripts/test-slurm.sh $(PROGRAM)

.PHONY: test-mpi
test-mpi: build ## Train with several processes of Open MPI and MPICH, and compare the bytes; installs both.
	scripts/test-mpi.sh $(PROGRAM)

.PHONY: test-kubernetes
test-kubernetes: build ## Check the manifests of a suite against Kubernetes' JSON schemas; installs them.
	scripts/test-kubernetes.sh $(PROGRAM)

.PHONY: fuzz
fuzz: setup ## Feed a million mutated inputs to each reader of outside files.
	scripts/fuzz.sh $(or $(RUNS),1000000) $(READERS)

SANITIZERS = --sanitize=address -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=all

.PHONY: sanitize
sanitize: setup ## Test the kernels, threads and data readers under AddressSanitizer and UndefinedBehaviorSanitizer.
	@ESPALIER_SANITIZE=1 scripts/quietly.sh .build-sanitize/test.log swift test -c release \
	  --scratch-path .build-sanitize -Xswiftc -enable-testing --disable-xctest $(SANITIZERS)

.PHONY: sanitize-threads
sanitize-threads: ## Test under ThreadSanitizer, with locks that it supports.
	@scripts/setup.sh test
	@scripts/quietly.sh .build-threads/test.log scripts/sanitize-threads.sh

.PHONY: test-kernels
test-kernels: ## Compare each class of kernels with the portable one: here, on 64-bit Arm under qemu, AVX-512 emulated.
	scripts/test-kernels.sh

.PHONY: build
build: setup ## Build the program, .build/release/espalier.
	swift build -c release --product espalier $(SWIFT_FLAGS)

PREFIX ?= /usr/local

.PHONY: install
install: ## Install the built program, its manual page and completions under PREFIX (default: /usr/local).
	scripts/install.sh $(PROGRAM) "$(DESTDIR)$(PREFIX)"

.PHONY: dist
dist: setup ## Build a tarball and a Debian package in dist/ that need no Swift toolchain.
	scripts/dist.sh

.PHONY: test-dist
test-dist: ## Install the package of `make dist` in a bare Debian, and run an experiment there; needs root.
	scripts/test-dist.sh

.PHONY: setup
setup: ## Install what is missing to build: libyaml, OpenBLAS, OpenSSL, zlib, libjpeg-turbo, libpng.
	@scripts/setup.sh

# What marks an installation is made last. The interpreter is there from the beginning, and a link
# to the system's.
BENCH_PYTHON = .build-bench/bin/python
BENCH_INSTALLED = .build-bench/installed

.PHONY: bench
bench: build $(BENCH_INSTALLED) ## Compare throughput with PyTorch; installs it in a separate folder.
	python3 scripts/compare-throughput.py $(PROGRAM) $(BENCH_PYTHON)

.PHONY: check-architectures
check-architectures: $(BENCH_INSTALLED) ## Compare the architectures declared in YAML with torchvision's networks.
	$(BENCH_PYTHON) scripts/reference/check-architectures.py

ONNX_PYTHON = .build-onnx/bin/python
ONNX_INSTALLED = .build-onnx/installed
ONNX_BUILD = build

.PHONY: check-onnx
check-onnx: $(ONNX_BUILD) $(ONNX_INSTALLED) ## Check exported ONNX files in onnxruntime; installs it in a separate folder.
	$(ONNX_PYTHON) scripts/check-onnx.py $(PROGRAM)

.PHONY: check-onnx-pytorch
check-onnx-pytorch: $(ONNX_BUILD) $(ONNX_INSTALLED) ## The same with PyTorch (gigabytes): imports its networks, and loads pruned ones into it.
	$(ONNX_PYTHON) -m pip install --quiet torch torchvision onnxscript
	$(ONNX_PYTHON) scripts/check-onnx.py $(PROGRAM)

$(ONNX_INSTALLED): scripts/onnx-requirements.txt
	python3 -m venv .build-onnx
	.build-onnx/bin/pip install --quiet -r scripts/onnx-requirements.txt
	touch $@

docs/images/roofline.svg: build ## Plot each layer of ResNet-56 against the limits of the machine.
	$(PROGRAM) bench --profile resnet56 --format json > .build/roofline.json
	python3 scripts/roofline.py < .build/roofline.json > .build/roofline.svg
	mv .build/roofline.svg $@

$(BENCH_INSTALLED):
	python3 -m venv .build-bench
	.build-bench/bin/pip install --quiet torch torchvision safetensors pyyaml
	touch $@

.PHONY: lint
lint: ## Check the format, and the prose and links of comments and pages.
	swift format lint --strict --recursive Package.swift Sources Tests
	scripts/check-prose.py

.PHONY: format
format: ## Format in place.
	swift format format --in-place --recursive Package.swift Sources Tests

.PHONY: clean
clean: ## Remove everything that was built.
	rm -rf dist .build .build-tests .build-bench .build-dist .build-fuzz .build-kubernetes .build-onnx .build-sanitize \
	  .build-threads
