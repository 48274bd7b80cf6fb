# Vow: what a developer does. `make test` is what CI runs.

SHELL      := /bin/sh
GO         ?= go
CACHE      := $(CURDIR)/.cache
ADDR       ?= 127.0.0.1:8420
TIMEOUT    ?= 40m
RACE       := ./client/... ./internal/guard/... ./internal/task/... ./internal/store/... ./internal/queue/... ./internal/provider/... ./internal/sim/kit/... ./internal/film ./internal/effects/raster
export VOW_AXE := $(CACHE)/axe.min.js

.DEFAULT_GOAL := build
.PHONY: build run demo test contract check fmt deps unit heif race prove prove-mutants bench shots fuzz clean help

help: ## list the targets
	@sed -n 's/^\([a-z ]*\):.*## /\1\t/p' Makefile

build: ## one static binary: bin/vow
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/vow ./cmd/vow

run demo: ## all apps, simulated recipients, fast clock
	$(GO) run ./cmd/vow demo --addr $(ADDR)

deps: ## what the browser tests need (Debian packages, axe-core)
	@scripts/install-test-deps.sh

fmt: ## fail on files that gofmt would change
	@scripts/check-format.sh

check: fmt ## format, vet, build, import rules
	$(GO) vet ./...
	$(GO) build ./...
	@if [ -d internal/archtest ]; then $(GO) test -count=1 ./internal/archtest/...; fi

unit:
	GOGC=400 GOMEMLIMIT=4GiB $(GO) test -count=1 -timeout $(TIMEOUT) ./...

heif: ## the decoders of HEIC and AVIF, which only builds with this tag have
	$(GO) test -count=1 -tags heif -timeout $(TIMEOUT) ./internal/media ./internal/media/heif

race: ## the trusted core and its neighbours, under the race detector
	@scripts/race.sh $(RACE)

contract: ## the official SDKs judge the simulators (compiling them takes minutes and 2.7 GB)
	cd contract && $(GO) vet ./... && $(GO) test -count=1 -timeout $(TIMEOUT) ./...

test: deps fmt ## everything but the contract judges
	$(GO) vet ./...
	$(MAKE) --no-print-directory unit
	$(MAKE) --no-print-directory heif
	$(MAKE) --no-print-directory race

prove: ## every promise of the five policies, checked from outside; the page is .cache/proof.html
	@mkdir -p $(CACHE)
	$(GO) run ./cmd/vow prove --html $(CACHE)/proof.html

prove-mutants: ## seeded faults, each of which a promise must catch (minutes); some only: make prove-mutants MUTANTS=name,name
	VOW_MUTANTS=$(or $(MUTANTS),all) $(GO) test -count=1 -timeout 60m -run TestEveryMutantIsCaught -v ./internal/prove

bench: ## the figures of docs/performance.md, into bench/out/latest.md; some only: make bench BENCH="ingest task"
	@cd bench && VOW_BENCH="$(or $(BENCH),all)" $(GO) test -count=1 -timeout 60m -run '^TestReport$$'

README_SHOTS := home-1280-light-en consent-390-dark-zh result-1280-light-en privacy-1280-light-en mixoo-home-1280-light-en mixoo-consent-1280-light-en own-face_swap-result-1280-light-en device-all-1280-light-en

shots: deps ## screenshots of every page into .cache/shots; the README's into docs/shots
	VOW_SHOTS=$(CACHE)/shots $(GO) test -count=1 -timeout 40m -run 'Shots|TestThePagesOfEffects' -v ./e2e
	@mkdir -p docs/shots
	@for name in $(README_SHOTS); do cp $(CACHE)/shots/$$name.png docs/shots/; done

fuzz: ## every fuzz target for a while: make fuzz FUZZTIME=1m
	@scripts/fuzz.sh

clean: ## remove what the build made
	rm -rf bin .cache
