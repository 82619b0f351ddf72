# make demo   from nothing to the story of a release, told as it happens
# make up     an installed, empty Windlass on the local cloud; its outputs are in .local/outputs.json
# make down   stops exactly what was started
# make test   every check: format, lints, all levels of test
PORT ?= 4566
WAIT_SCALE ?= 0.1
PYTHON ?= python3
# Where the local cloud keeps what is its own, and where the stack's outputs are written.
RUN ?= .local/run
OUTPUTS ?= .local/outputs.json

SAM := .local/sam/bin
FUNCTIONS := $(notdir $(patsubst %/,%,$(wildcard functions/*/)))
E2E := $(SAM)/python tests/e2e

# With the target named, cargo test and cargo lambda build share what they compile; stripped, a function's archive is
# small enough to be uploaded in a moment.
export CARGO_BUILD_TARGET := $(shell rustc -vV | sed -n 's/^host: //p')
export CARGO_PROFILE_DEV_STRIP := true
export PATH := $(CURDIR)/$(SAM):$(PATH)
export CARGO_TERM_COLOR ?= auto

.PHONY: tools build up down demo test lint unit e2e build-aws
.DEFAULT_GOAL := up

tools: .local/sam/stamp .local/cloud/stamp

# --no-deps: the requirements name everything, and leave out what is not needed.
.local/%/stamp: tests/e2e/requirements-%.txt
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	touch $@

build: tools
	cargo lambda build --compiler cargo $(addprefix --bin ,$(FUNCTIONS))

up: build
	$(E2E)/cloud.py up --home $(RUN) --port $(PORT) --wait-scale $(WAIT_SCALE)
	$(E2E)/install.py --home $(RUN) --outputs $(OUTPUTS)

down:
	@test ! -x $(SAM)/python || $(E2E)/cloud.py down --home $(RUN)

demo: build down
	$(E2E)/cloud.py up --home $(RUN) --port $(PORT) --wait-scale $(WAIT_SCALE)
	$(E2E)/install.py --home $(RUN) --outputs $(OUTPUTS)
	$(E2E)/story.py --outputs $(OUTPUTS)

test: lint unit e2e

lint: tools
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	$(SAM)/cfn-lint template.yaml examples/target-role.yaml examples/shop/targets.yaml tests/e2e/visitor.yaml

unit:
	cargo test --workspace

# On a free port and in a folder of its own: what `make up` started is not touched.
e2e: build
	$(SAM)/pytest tests/e2e

# For AWS: optimised, with zig as the linker, so that the binaries run on Amazon Linux 2023.
build-aws: tools
	$(SAM)/pip install --quiet --disable-pip-version-check ziglang==0.16.0
	env -u CARGO_BUILD_TARGET cargo lambda build --release --$(or $(ARCH),arm64) $(addprefix --bin ,$(FUNCTIONS))
