# make demo   from nothing to the story of a release, as it happens
# make up     an installed, empty Windlass on the local cloud; its outputs are in .local/outputs.json; SITE_BUCKETS="a b" names buckets of sites of your own
# make env    prints what lets your shell speak with that: eval "$(make --silent env)"
# make deploy into the account of your credentials, after make build-aws
# make release  what a release is, in target/dist: to be installed without Rust, and the command line, as far as can be built here
# make story-aws   the demo's story in that account; asks first, and takes away what it made
# make down   stops exactly what was started, and deletes what was in it
# make test   format, lints and the tests of all that needs no SDK of AWS; the last line says what make test-all adds
# make test-all   every check, but for test-releases: what CI runs
# make test-releases   that a release installs without Rust, that two builds are the same one, and that one upgrades to the next as the pages say
# make lint   format, lints and templates, without a test
# make audit  licenses, sources and use of what is depended on; a bill of materials for each binary is in target/sbom
# make advisories   known vulnerabilities of what is depended on
# make coverage   line coverage of shared/domain and shared/engine
# make mutants    small wrong changes of what decides and what drives: tests must notice nine of ten
# make chaos  real deployments while executions are stopped, functions are killed and calls go wrong
# make simulate   whole deployments with a mishap at every step; broken variants of the product must be caught
# make replay SEED=…   one of them as a timeline
# make fuzz   hostile input of every sort: nothing panics, memory and time stay bounded, refusals have names
# make figures  writes what these measured into docs/evidence/safety-figures.md
# make sentences SEED=…   sixty sentences by chance from the pages that a newcomer reads, each with file and line
# make comparisons  how often a new version is wrongly taken for worse, and a worse one missed, on generated traffic
# make bench  measures Windlass beside what its users would use instead: tables, and target/bench.json
PORT ?= 4566
WAIT_SCALE ?= 0.1
PYTHON ?= python3
# Where the local cloud keeps what is its own, and where the stack's outputs are written.
RUN ?= .local/run
OUTPUTS ?= .local/outputs.json
SITE_BUCKETS ?=

SAM := .local/sam/bin
ZIG := .local/zig/bin
FUNCTIONS := $(notdir $(patsubst %/,%,$(wildcard functions/*/)))
E2E := $(SAM)/python tests/e2e

# Clippy compiles as rustc does and looks at the code meanwhile, so that nothing is compiled once to be looked at and once
# more to be run. It optimises less: what people install is never built so.
LINTED := env RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
TIMED := $(PYTHON) tests/tools/timed.py

# With the target named, cargo test and cargo lambda build share what they compile; stripped, a function's archive is
# small enough to be uploaded in a moment.
export CARGO_BUILD_TARGET := $(shell rustc -vV | sed -n 's/^host: //p')
export CARGO_PROFILE_DEV_STRIP := true
export PATH := $(CURDIR)/$(SAM):$(PATH)
export CARGO_TERM_COLOR ?= auto

.PHONY: tools peers build up env down replaceable demo test test-all beside examples test-releases lint lint-code lint-templates format features doc-links advisories audit audit-if-changed unit variants coverage mutants simulate replay fuzz e2e e2e-installed e2e-people e2e-levels e2e-applications e2e-stacks e2e-access e2e-shifted e2e-codedeploy e2e-readme e2e-ui chaos build-aws release release-parts release-papers deploy idle-cost story-aws bench bench-docs figures sentences comparisons
.DEFAULT_GOAL := up

tools: .local/sam/stamp .local/cloud/stamp .local/actions/stamp

# --no-deps: the requirements name everything, so that two machines are alike, and leave out what is not needed, such as
# zig, which only a build for AWS needs. --no-compile: Python itself compiles what it imports, which is a small part of
# what is installed.
.local/%/stamp: tests/e2e/requirements-%.txt
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps -r $<
	touch $@

# Into target/local: what `sam deploy` sends to AWS lies in target/lambda, and is built by build-aws alone. All
# functions at once, and not by `sam build`: it compiles the dependencies once per function, and its cache misses
# changes of shared crates, so that old binaries would be deployed.
# BUILT=1: they are built already, and somebody may be reading them (the end-to-end tests, side by side).
build: tools
ifndef BUILT
	rm -rf target/zips
	$(LINTED) cargo lambda build --compiler cargo --lambda-dir target/local $(addprefix --bin ,$(FUNCTIONS))
	$(LINTED) cargo build --bin windlass
endif

up: build
	$(E2E)/cloud.py up --home $(RUN) --port $(PORT) --wait-scale $(WAIT_SCALE)
	$(E2E)/install.py --home $(RUN) --outputs $(OUTPUTS) --site-buckets "$(SITE_BUCKETS)"

env:
	@$(E2E)/environment.py --outputs $(OUTPUTS)

replaceable:
	@$(PYTHON) tests/e2e/cloud.py replaceable --home $(RUN) --port $(PORT)

down:
	@test ! -x $(SAM)/python || $(E2E)/cloud.py down --home $(RUN) --outputs $(OUTPUTS)

# Only the cloud of this port is thrown away; another one is refused, and that before anything is built.
demo: replaceable build
	$(E2E)/cloud.py anew --home $(RUN) --port $(PORT) --wait-scale $(WAIT_SCALE)
	$(E2E)/install.py --home $(RUN) --outputs $(OUTPUTS)
	$(E2E)/story.py --outputs $(OUTPUTS)

# The packages that need no SDK of AWS. JSONata's tests ask for features of their own.
NO_SDK := $(addprefix --package windlass-,features domain engine lambda world machine contract simulate fuzz runtime)
JSONATA := $(addprefix --package windlass-,features jsonata)

CARGO_TEST := $(LINTED) cargo test --tests
PROGRAMS := $(PYTHON) tests/tools/programs.py

# What is wrong with format or lints is said before any test runs.
test:
	@$(TIMED) begin
	@$(TIMED) format $(MAKE) --no-print-directory format features
	@$(TIMED) 'build and lints' $(CARGO_TEST) --examples --no-run $(NO_SDK)
	@$(TIMED) 'build and lints of JSONata' $(CARGO_TEST) --no-run $(JSONATA)
	@$(TIMED) tests $(PROGRAMS) 2 $(CARGO_TEST) $(NO_SDK)
	@$(TIMED) 'tests of JSONata' $(PROGRAMS) 2 $(CARGO_TEST) $(JSONATA)
	@$(TIMED) end
	@echo 'make test-all adds: adapters (shared/aws), functions, command line (cli), end to end, templates, more of the simulation.'

# The end-to-end tests wait for what they have started, most of the time: everything else is done meanwhile, with less of
# a claim to the processor.
test-all: export HEAVY := 1
test-all:
	@$(TIMED) begin
	@$(TIMED) format $(MAKE) --no-print-directory format features
	@$(TIMED) templates $(MAKE) --no-print-directory lint-templates
	@$(TIMED) 'build and lints' $(CARGO_TEST) --examples --no-run --workspace --exclude windlass-jsonata
	@$(TIMED) 'links of doc comments' $(MAKE) --no-print-directory doc-links
	@$(TIMED) 'functions and command line' $(MAKE) --no-print-directory build
	@$(TIMED) 'all tests' $(MAKE) --no-print-directory --jobs 2 --output-sync=target BUILT=1 beside e2e
	@$(TIMED) end

beside:
	nice $(MAKE) unit variants audit-if-changed examples

# What users begin with who write a function of their own, against imitations of what it stands for.
examples: tools
	$(TIMED) 'examples' $(SAM)/pytest -p no:cacheprovider examples/external

# The broken variants of the simulation follow the product: their edits find their places, and what comes of them compiles.
variants:
	target/$(CARGO_BUILD_TARGET)/debug/windlass-simulate copy . target/variants
	cargo check --quiet --manifest-path target/variants/Cargo.toml --target-dir target --package windlass-simulate

# While the tools are installed, the code is read.
lint: lint-code lint-templates

lint-code: format features doc-links
	cargo clippy --workspace --all-targets -- -D warnings

# A doc comment may name what is gone: rustc reads none.
doc-links:
	RUSTDOCFLAGS='-D rustdoc::broken_intra_doc_links' cargo doc --quiet --no-deps --document-private-items --package windlass-domain --package windlass-engine

format:
	cargo fmt --all --check

features:
	$(PYTHON) tests/tools/features.py $(NO_SDK)

lint-templates: tools
	$(SAM)/cfn-lint template.yaml examples/target-role.yaml examples/github-statuses.yaml examples/github-deployments.yaml examples/shop/targets.yaml examples/stack/role.yaml examples/stack/template.yaml examples/external/*/template.yaml tests/e2e/visitor.yaml tests/e2e/targets.yaml tests/e2e/looks/*.yaml \
		examples/init/*/ci-role.yaml cli/tests/imports/sam/*

# Known vulnerabilities, of which this fetches the list: a workflow runs it every day.
advisories: export PATH := $(CURDIR)/.local/audit/bin:$(PATH)
advisories: .local/audit/stamp
	cargo deny check advisories

audit: export PATH := $(CURDIR)/.local/audit/bin:$(CURDIR)/.local/sbom/bin:$(PATH)
audit: .local/audit/stamp .local/sbom/stamp
	cargo deny check bans licenses sources --hide-inclusion-graph
	cargo machete --skip-target-dir
	cargo cyclonedx --quiet --format json --spec-version 1.5 --describe binaries --target aarch64-unknown-linux-gnu
	mkdir -p target/sbom
	mv functions/*.cdx.json cli/*.cdx.json target/sbom/
	rm tests/*/*.cdx.json
	cat Cargo.lock deny.toml | sha256sum > tests/tools/audited

# The audit compiles three tools. What it reads is the same as at the last one where these bytes are.
audit-if-changed:
	cat Cargo.lock deny.toml | sha256sum | cmp --silent - tests/tools/audited || $(TIMED) audit $(MAKE) audit

.local/audit/stamp .local/sbom/stamp .local/coverage/stamp .local/mutants/stamp: .local/%/stamp: tests/tools/%.txt
	rm -rf $(@D)
	nice cargo install --quiet --locked --root $(@D) --target-dir target/tools $$(cat $<)
	touch $@

# JSONata's tests apart: what they compare ours with asks for features that would compile every SDK crate a second time
# for `build`. No doc comment has a test, and rustdoc would read each crate to find that.
unit:
	$(PROGRAMS) 1 $(CARGO_TEST) --workspace --exclude windlass-jsonata
	$(PROGRAMS) 1 $(CARGO_TEST) $(JSONATA)

# By the crates that need no SDK. Instrumented builds have a folder of their own.
COVERED_BY := domain engine machine simulate fuzz

coverage: export PATH := $(CURDIR)/.local/coverage/bin:$(PATH)
coverage: export CARGO_PROFILE_DEV_STRIP := false
coverage: .local/coverage/stamp
	nice cargo tarpaulin --engine llvm --skip-clean --target $(CARGO_BUILD_TARGET) --target-dir target/coverage \
		$(addprefix --packages windlass-,$(COVERED_BY)) --include-files 'shared/domain/src/*' 'shared/engine/src/*' \
		--exclude-files '*_tests.rs' --timeout 2700 --out Json --output-dir target/coverage
	$(PYTHON) tests/tools/coverage.py

mutants: .local/mutants/stamp
	$(PYTHON) tests/mutants/mutants.py $(MUTANTS)

# At least so many schedules, and every pair of three scenarios. The broken variants are looked for before that. What was
# played is in target/simulate.progress: a run that was stopped goes on there, if the program is the same. Nothing begins
# after so many seconds, which two cores do not need; what was left then is listed, and fails.
SCHEDULES ?= 100000
SECONDS ?= 14400
BUILT_FOR := target/$(CARGO_BUILD_TARGET)/simulate

simulate:
	@echo 'This takes over two hours on two cores: up to 16 minutes of builds, then the schedules, which say how long they take.'
	cargo build --profile simulate -p windlass-simulate
	$(BUILT_FOR)/windlass-simulate copy . target/variants
	cargo build --profile simulate --manifest-path target/variants/Cargo.toml --target-dir target -p windlass-simulate
	rm -f target/variants/result
	-$(BUILT_FOR)/windlass-variants variants target/variants/result $(SECONDS)
	$(BUILT_FOR)/windlass-simulate run $(SCHEDULES) $(SECONDS) target/variants/result target/simulate.progress target/simulate.json

# So many inputs in all; what came of them is in target/fuzz.json.
INPUTS ?= 1000000

fuzz:
	cargo run --quiet --release -p windlass-fuzz -- run $(INPUTS) target/fuzz.json

replay:
	cargo run --quiet --profile simulate -p windlass-simulate -- replay '$(SEED)'

# On free ports and in folders of their own: what `make up` started is not touched. Most of the time is waiting, so they
# run beside each other, each with a Windlass of its own: what needs no application or the story's, what people do by the
# command line, users' functions and the applications of levels 4 to 6, the applications of level 9, those with a stack,
# those with access files, of which one is of all applications of its Windlass, the services that ECS shifts in its own
# time, what CodeDeploy shifts in its, and the README's commands. That nothing leaks is looked for in the first five, and
# of tokens in the sixth.
SHIFTED := $(addprefix tests/e2e/test_9_,before_callers.py compared_services.py held_services.py shifted_services.py)
BY_CODEDEPLOY := $(addprefix tests/e2e/test_,9_codedeploy.py 9_codedeploy_services.py 9_shifted_abroad.py codedeploy_standin.py)
WITH_RULES := $(addprefix tests/e2e/test_9_,access.py approvals.py ci_tokens.py promotion.py windows.py)
ON_STACKS := $(addprefix tests/e2e/test_9_,built_stacks.py chat_bot.py example_stack.py stacks.py)
RELEASES := $(addprefix tests/e2e/test_8_,from_release.py release_pages.py same_bytes.py)
ON_THE_STORY := $(addprefix tests/e2e/test_,7_command_line.py 8_needs_operator.py 8_second_look.py)
OF_LEVELS := tests/e2e/test_7_external.py tests/e2e/test_4_two_images.py $(wildcard tests/e2e/test_[56]_*.py)
PEOPLE := $(filter-out $(ON_THE_STORY) $(OF_LEVELS) $(RELEASES),$(wildcard tests/e2e/test_[78]_*.py))
APPLICATIONS := $(filter-out $(SHIFTED) $(BY_CODEDEPLOY) $(ON_STACKS) $(WITH_RULES),$(wildcard tests/e2e/test_9_*.py))

# HEAVY=1: also what takes long (tests/e2e/pytest.ini).
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
PYTEST := $(SAM)/pytest $(if $(HEAVY),,-m 'not heavy')

e2e: build
	$(MAKE) --jobs 9 --output-sync=target e2e-installed e2e-people e2e-levels e2e-applications e2e-stacks e2e-access e2e-shifted e2e-codedeploy e2e-readme $(if $(HEAVY),e2e-ui)

e2e-installed:
	$(TIMED) 'end to end: installed' $(PYTEST) tests/e2e --ignore tests/e2e/test_2_readme.py \
		$(addprefix --ignore ,$(PEOPLE) $(OF_LEVELS) $(APPLICATIONS) $(ON_STACKS) $(WITH_RULES) $(SHIFTED) $(BY_CODEDEPLOY) $(RELEASES) tests/e2e/test_z_applications_leak_nothing.py)

e2e-people: $(if $(HEAVY),.local/terraform/stamp)
	TEST_RUN=test-people $(TIMED) 'end to end: people' $(PYTEST) $(PEOPLE) tests/e2e/test_z_applications_leak_nothing.py

e2e-levels:
	TEST_RUN=test-levels $(TIMED) 'end to end: levels 4 to 6' $(PYTEST) $(OF_LEVELS) tests/e2e/test_z_applications_leak_nothing.py

e2e-applications: .local/openapi/stamp
	TEST_RUN=test-applications $(TIMED) 'end to end: applications' $(PYTEST) $(APPLICATIONS) tests/e2e/test_z_applications_leak_nothing.py

e2e-stacks:
	TEST_RUN=test-stacks $(TIMED) 'end to end: stacks' $(PYTEST) $(ON_STACKS) tests/e2e/test_z_applications_leak_nothing.py

e2e-access:
	TEST_RUN=test-access $(TIMED) 'end to end: access' $(PYTEST) $(WITH_RULES)

e2e-shifted:
	TEST_RUN=test-shifted $(TIMED) 'end to end: shifted' $(PYTEST) $(SHIFTED)

e2e-codedeploy:
	TEST_RUN=test-codedeploy $(TIMED) 'end to end: CodeDeploy' $(PYTEST) $(BY_CODEDEPLOY)

# By itself: the pages need Debian's Chromium, and no cloud.
e2e-ui: build .local/ui/stamp .local/chromium
	$(TIMED) 'end to end: pages' .local/ui/bin/pytest -p no:cacheprovider cli/tests/browser

# A browser that is there is taken; Debian's package is installed otherwise.
.local/chromium:
	command -v chromium chromium-browser google-chrome || test -n "$$CHROMIUM" || \
		{ $(SUDO) apt-get update -q && $(SUDO) apt-get install -q -y --no-install-recommends chromium; }
	mkdir -p $(@D) && touch $@

e2e-readme:
	$(TIMED) 'end to end: README' $(PYTEST) tests/e2e/test_2_readme.py

# What builds releases, each with all that it depends on: before a release, not at every change.
test-releases: build
	TEST_RUN=test-released $(SAM)/pytest $(RELEASES)

# On a local cloud of its own; what came of it is in target/chaos.json.
chaos: build
	$(E2E)/chaos.py $(if $(SEED),--seed $(SEED))

# What simulate, chaos, fuzz, mutants and coverage measured, into docs/evidence/safety-figures.md.
figures:
	$(PYTHON) tests/tools/figures.py

# For a reader who does not know the code; the same SEED picks the same sentences.
sentences:
	@$(PYTHON) tests/tools/sentences.py $(SEED)

# Of DEPLOYMENTS generated ones of each sort.
DEPLOYMENTS ?= 10000
comparisons:
	DEPLOYMENTS=$(DEPLOYMENTS) cargo test --package windlass-domain --test all comparisons:: -- --nocapture

# For AWS: optimised, with zig as the linker, so that the binaries run on Amazon Linux 2023.
build-aws: export PATH := $(CURDIR)/$(ZIG):$(PATH)
build-aws: tools .local/zig/stamp
	rm -rf target/lambda
	env -u CARGO_BUILD_TARGET cargo lambda build --profile lambda --lambda-dir target/lambda --$(subst _,-,$(or $(ARCH),arm64)) $(addprefix --bin ,$(FUNCTIONS))

# What this machine cannot make is listed, with what brings it. TAG=v1.2.3: a release that is not whole is none.
DIST ?= target/dist

release release-parts release-papers: export PATH := $(CURDIR)/.local/sbom/bin:$(CURDIR)/$(ZIG):$(PATH)
release: release-parts
	$(MAKE) release-papers

release-parts: tools .local/zig/stamp
	nice $(SAM)/python tests/tools/release parts --into $(DIST)

release-papers: tools .local/sbom/stamp
	nice $(SAM)/python tests/tools/release papers --into $(DIST)

# Deploys what build-aws built into the account and region of your credentials:
# PARAMETERS="AlertEmail=you@example.com …", and OPTIONS of `sam deploy`, such as OPTIONS="--region eu-west-1".
STACK ?= windlass
FOLDER ?= .
OPTIONS ?=
export PARAMETERS

deploy: tools
	$(SAM)/python tests/tools/deploy.py --stack $(STACK) --folder $(FOLDER) $(OPTIONS)

# The demo's story in the account of your credentials: it asks before it begins, and takes away what it made. With EDGE=1
# it makes a function of Lambda@Edge as well, which can be taken away only some hours later.
REGION ?= eu-north-1

story-aws: build-aws
	$(E2E)/story_aws.py --region $(REGION) $(if $(EDGE),--edge) $(if $(CLEAN),--clean $(CLEAN))

# What an idle Windlass costs a month past the free tiers, at list prices, and of what.
idle-cost: tools
	$(SAM)/python tests/tools/idle_cost.py

# What Windlass is measured against, and the fast S3 that it is measured on. One build at a time, behind everything else.
peers: .local/peers/stamp
	nice cargo build --locked --release --manifest-path tests/bench/store/Cargo.toml --target-dir target/store
	install target/store/$(CARGO_BUILD_TARGET)/release/store .local/peers/bin/store

# s3sync without its scripting and its version's details, which play no part here.
.local/peers/stamp: tests/bench/requirements-peers.txt tests/bench/s3sync-version
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	nice cargo install --quiet --locked --no-default-features --root $(@D) --target-dir target/peers --version "$$(cat tests/bench/s3sync-version)" s3sync
	touch $@

# As on AWS, but for this machine; `make build` makes the usual ones again.
bench: tools peers
	cargo build --profile lambda $(addprefix --bin ,$(FUNCTIONS))
	for function in $(FUNCTIONS); do install -D target/$(CARGO_BUILD_TARGET)/lambda/$$function target/local/$$function/bootstrap; done
	$(SAM)/python tests/bench/bench.py $(BENCH)

# Writes the figures of the last run into docs/evidence/BENCH.md.
bench-docs:
	$(SAM)/python tests/bench/docs.py
