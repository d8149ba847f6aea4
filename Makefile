# `make` lists the targets. Whatever a target needs is set up first, once; see scripts/.

SHELL   := /bin/bash
VENV    := .venv
BIN     := $(VENV)/bin
PYTHON_READY := $(VENV)/.ready
USE_READY    := $(VENV)/.ready_for_use
TOOLS_READY  := .tools/.ready
TESTS   ?=
SOURCES ?=
NAMES   ?=
DEMO    ?= build/demo
CORE    ?= examples/denoiser.toml
SECONDS := 10
COUNT   :=
ENGINE  :=
SEED    := 0
FUZZ     = $(if $(COUNT),--count $(COUNT),--seconds $(SECONDS)) $(if $(ENGINE),--engine $(ENGINE)) --seed $(SEED)

.DEFAULT_GOAL := help
.PHONY: help setup torch demo test formal bite mutate fuzz board hashes lint bench engine-speed coverage validate-estimates hold-out lock clean datasheets docs fir-forms peers

help: ## list the targets
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(PYTHON_READY) $(TOOLS_READY) ## virtual environment, GHDL, Verilator, C++ compiler: whatever is missing

torch: setup ## PyTorch, for `ossicle train` and its tests: the extra `training`
	@$(BIN)/python -c 'import torch, torchmetrics' 2>/dev/null || $(BIN)/python -m pip install --quiet --constraint requirements.txt --no-build-isolation --config-settings editable_mode=compat --editable '.[training]'

demo: $(USE_READY) $(TOOLS_READY) ## speech through a band filter, a denoiser, a network and a hearing aid, proven; report in build/demo
	@$(BIN)/ossicle demo --output $(DEMO)

test: setup ## all tests; TESTS="-k fir" narrows them down
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS)

board: setup ## SECONDS=10 of sound through the whole DE2-70 project around CORE=D.toml, every word checked
	@$(BIN)/python -m fpga_projects.boards.de2_70.simulation $(CORE) --seconds $(SECONDS)

fuzz: SECONDS := 300
fuzz: setup ## SECONDS=300 of cores and files drawn at random, all engines; ENGINE=model COUNT=10000 for one; SEED=0
	@$(BIN)/python -m testbenches.fuzz $(FUZZ)

formal: setup ## properties of every stream core, proven on the VHDL; NAMES="fifo_3 limiter" proves some (needs yosys-abc)
	@$(BIN)/python -m testbenches.formal --or-skip $(NAMES)

bite: setup ## whether these proofs refute cores with a fault; NAMES= as there (needs yosys-abc; half an hour)
	@$(BIN)/python -m testbenches.formal.bite $(NAMES)

mutate: setup ## whether the proof of a core sees faults in its netlist: 200 in each of 28 cores; NAMES="fir_serial fifo" tries some
	@$(BIN)/python -m testbenches.mutation $(NAMES)

hashes: setup ## VHDL of all examples against kept hashes
	@$(BIN)/python -m testbenches.hashes

lint: setup ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: setup ## speed of models, estimates and sweeps
	@$(BIN)/python -m pytest --benchmark-enable --benchmark-only --benchmark-columns=mean,stddev,ops,rounds $(TESTS)

engine-speed: setup ## engines side by side in clock cycles per second; writes its section of docs/verification.md
	@$(BIN)/python -m testbenches.benchmarks.engine_speed --page

coverage: setup ## lines, branches, states, moves and nets that tests and proofs reach; an hour; writes docs/verification.md
	@$(BIN)/python -m testbenches.covered hardware; hardware=$$?; $(BIN)/python -m testbenches.covered lines; lines=$$?; \
	$(BIN)/python -m testbenches.covered page && exit $$((hardware | lines))

validate-estimates: setup ## hold the estimates against Quartus; SOURCES=DIR adds whole public designs
	@$(BIN)/python -m fpga_projects.validation.validate $(if $(SOURCES),--sources $(SOURCES))

hold-out: setup ## the same on halves of the public designs in SOURCES=DIR, and with wires chosen on others than those measured
	@$(BIN)/python -m fpga_projects.validation.hold_out --sources $(SOURCES)

peers: setup ## cores of other libraries in SOURCES=DIR beside ours on one yardstick; writes docs/peers.md
	@$(BIN)/python -m fpga_projects.validation.peers --sources $(or $(SOURCES),.)

datasheets: setup ## map every example; write testbenches/areas.json, the costs into the datasheets, and the list of examples
	@$(BIN)/python -m fpga_projects.pages.example_costs
	@$(BIN)/python -m fpga_projects.pages.example_list

fir-forms: setup ## direct against transposed FIR; writes docs/fir_forms.md
	@$(BIN)/python -m fpga_projects.pages.fir_forms

docs: setup ## the documentation as a site, in build/site
	@$(BIN)/python -m fpga_projects.pages.documentation_site --output build/site

lock: setup ## write requirements.txt from what is installed
	@scripts/lock.sh

clean: ## remove what was built; the set-up stays
	rm -rf build .hypothesis .mypy_cache .ruff_cache .pytest_cache .benchmarks

$(PYTHON_READY): requirements.txt setup.cfg pyproject.toml scripts/setup_python.sh
	@scripts/setup_python.sh $(VENV)
	@touch $@ $(USE_READY)

# What is tested with is not needed for use.
$(USE_READY): requirements.txt setup.cfg pyproject.toml scripts/setup_python.sh
	@scripts/setup_python.sh $(VENV) use
	@touch $@

$(TOOLS_READY): scripts/setup_tools.sh scripts/private_ghdl.sh scripts/common.sh
	@scripts/setup_tools.sh
	@mkdir -p $(@D) && touch $@
