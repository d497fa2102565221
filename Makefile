# Plain go commands do the work; "make help" lists them.
#
# The linters are small programs, pinned in tools/go.mod and built on first
# use in a minute or two. A linter suite would hold the same rules and take
# three minutes to build and 200 lines of checksums more.

MODULES := $(shell find . -name go.mod -not -path '*/testdata/*' -exec dirname {} + | sort)
TOOL := go tool -modfile="$(CURDIR)/tools/go.mod"
FUZZTIME ?= 10s
PKG ?= ./...
BENCH ?= Matrix/memory|signed_cookies/./jamsession|Django

# each runs its argument in the folder of every module and stops at a failure.
each = @set -eu; for m in $(MODULES); do ( cd "$$m"; $(1) ); done

.DEFAULT_GOAL := help
.PHONY: help demo pictures test soak vectors check api format tidy vet cross narrow lint staticcheck revive \
	errors unfinished generated race race-sample fuzz nightly djangos cross-compile \
	narrow-all bench bench-full bench-compare mutants sizes vuln fmt

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

demo: ## Run the login site of the tutorial
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && trap : INT && \
	go build -o "$$dir/login" ./examples/login && "$$dir/login"

pictures: ## Make the pictures and the charts of README.md and docs (needs Chromium)
	cd integration && JAMSESSION_PICTURES="$(CURDIR)/docs" go test -count=1 -run PictureForTheReadme ./browser
	cd bench && go run . page

test: ## Run the tests
	go test ./...

vectors: ## Compare with Django's own answers (DJANGO_VECTORS=folder for others)
	go test -run Vectors ./...

check: format tidy vet cross lint api generated narrow race ## Everything a change must pass

format: ## Fail if a file is not formatted
	@files=$$($(TOOL) gofumpt -l .) || exit 1; \
	test -z "$$files" || { echo "not formatted, run make fmt:"; echo "$$files"; exit 1; }

tidy: ## Fail if "go mod tidy" would change something
	$(call each,go mod tidy -diff)

vet: ## Run go vet
	$(call each,go vet ./...)

# Modules of tests and measurements: one other system, with narrow ints. Examples are left out: they
# use nothing that depends on a system.
cross: ## Check and vet for other systems
	@cd tools && go run ./cross .. && \
		go run ./cross -for windows/386 $(filter-out ../. .././examples/%,$(MODULES:%=../%))

# Packages that count, and need no server.
NARROW := ./session ./csrf ./messages ./cookie ./cookiestore ./memstore ./django/... \
	./auth ./auth/token ./mail ./settings ./internal/conf ./internal/expiry ./internal/httpcookie \
	./internal/pickle ./internal/rawjson ./internal/setcookie ./internal/signing

narrow: ## Run tests of numbers and times where an int has 32 bits
	GOARCH=386 CGO_ENABLED=0 go test $(QUICKLY) $(NARROW)

# What linters make stays in use until they end: looking for garbage takes them a quarter of their
# time. The others compile.
staticcheck revive errors vet tidy generated: export GOGC := 400

lint: staticcheck revive errors unfinished ## Run the linters

staticcheck:
	$(call each,$(TOOL) staticcheck -checks all ./...)

revive:
	$(call each,$(TOOL) revive -config "$(CURDIR)/tools/revive.toml" \
		-formatter plain -set_exit_status $$(go list -f '{{.Dir}}' ./...))

errors:
	@cd tools && go run ./errors -exclude errcheck.txt $(MODULES:%=../%)

unfinished:
	@! grep -rnwE --include='*.go' 'TODO|FIXME|XXX' .

api: ## Fail if an exported identifier is not in api/v1.txt, or is gone
	go run ./internal/api -check

generated: ## Fail if "go generate" would change a file
	@sum() { find . -path ./.git -prune -o -type f -exec cksum {} + | sort; }; \
	old=$$(mktemp); new=$$(mktemp); trap 'rm -f "$$old" "$$new"' EXIT; set -e; \
	sum >"$$old"; for m in $(MODULES); do ( cd "$$m"; go generate ./... ); done; sum >"$$new"; \
	diff "$$old" "$$new" || { echo "generated files were stale, see above"; exit 1; }

race: ## Run the tests of every module with the race detector
	$(call each,go test -race $(TESTFLAGS) ./...)

soak: ## Kill servers and processes again and again under load (5 minutes)
	cd integration && go test -run Soak -rounds 50 -timeout 30m -v ./soak

# Programs, and packages whose tests run no two goroutines on one value.
ALONE := /(cmd|examples|settings|mail|auth/internal)(/|$$)|/internal/(api|conf|consttime|deptest|djangotest|docstest|expiry|$\
	carrier|conceal|httpcookie|legacyhashers|msgpack|mutants|pickle|punycode|randomtext|rawjson|safeurl|secrettest|servertest|$\
	sessionkey|signing|usermodel|uuidtext|vectors|wants)$$|/(auth/password/legacy|auth/token|cookie|secret)$$|/site/lzma$$

# A test with Django waits for another process, one of vectors compares, contracts of other
# values and of caches take as long as those of stores, and the others fill large tables or call
# one thing after the other, for long.
ONE_AT_A_TIME := Django|Vectors|ContractOf|CacheContract|Argon2|SearchesByItsIndex|ByEmailIsBounded|PrintsASecret|CollectedDevices|$\
	Bombs|WritesNothingThatItCannotRead|WhatWasPickled|MemoryOfSourcesIsBounded|EveryCharacterOfAHashCounts|$\
	EqualWork|ShareAnAccount|MigrateTwice|MigrateInASchema|EveryOrder|PagesOfManySessions|ItemsTooLarge|^Example

# SQLite is translated from C and guards memory that is not Go's, at which the detector
# does not look: it would only be slower.
NOT_DETECTED := $(foreach p,sqlite/lib libc memory,-gcflags=modernc.org/$(p)=-race=false)

# Vet has its own target, and programs without symbols for debuggers are linked sooner. A
# compiler takes a sixth of its time to look for garbage.
QUICKLY := -vet=off -ldflags='-s -w' -toolexec='env GOGC=400'

# Packages that take long and leave what is concurrent to database/sql, or try one attack
# after the other.
SLOW := /(auth/sqlusers|sqlstore|internal/attacks)$$

race-sample: ## The same in a quarter of the time: what is concurrent here
	go test -race $(NOT_DETECTED) -p 3 $(QUICKLY) $(TESTFLAGS) -skip '$(ONE_AT_A_TIME)' \
		$$(go list ./... | grep -vE '$(value ALONE)|$(value SLOW)')
	go test -race $(NOT_DETECTED) $(QUICKLY) $(TESTFLAGS) -run 'Contract' -skip 'CacheContract' ./sqlstore
	cd integration && go test -race $(NOT_DETECTED) $(QUICKLY) $(TESTFLAGS) -run 'Linearizable|Logout' .

nightly: ## All that continuous integration has samples of, whole (hours)
	@set -eu; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; .ci/aside "$$dir"; \
	export JAMSESSION_ASIDE="$$dir" JAMSESSION_WHOLE=1 JAMSESSION_REQUIRE_SERVICES=1; \
	$(MAKE) -k race djangos narrow-all cross-compile soak mutants fuzz

# The tests with Django of the other packages, with each that JAMSESSION_ASIDE has.
djangos:
	@set -eu; for python in $(JAMSESSION_ASIDE)/django-*/python; do \
		test -x "$$python" || { echo "no other Django"; continue; }; \
		echo "== $$python"; DJANGO_PYTHON="$$python" go test -run Django ./...; \
	done

narrow-all:
	GOARCH=386 CGO_ENABLED=0 go test ./...

cross-compile:
	@set -eu; for target in windows/amd64 darwin/arm64 linux/arm64 linux/386 freebsd/amd64; do \
		for m in $(MODULES); do ( cd "$$m"; \
			export CGO_ENABLED=0 GOOS="$${target%/*}" GOARCH="$${target#*/}"; \
			go build ./... && go vet ./... ) || { echo "$$m for $$target"; exit 1; }; \
		done; \
	done

# The test files of each package, as "package file".
TESTFILES := {{range .TestGoFiles}}{{$$.ImportPath}} {{$$.Dir}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$$.ImportPath}} {{$$.Dir}}/{{.}}{{"\n"}}{{end}}

# A target that fails does not hide the others. Little time is spent on making
# interesting inputs shorter, or a slow target would do nothing else.
fuzz: ## Fuzz each target for FUZZTIME (10s); PKG=./csrf for one package
	@set -eu; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; : >"$$dir/failed"; : >"$$dir/targets"; \
	for m in $(MODULES); do ( cd "$$m"; \
		go list -f '$(TESTFILES)' $(PKG) 2>/dev/null | while read -r pkg file; do \
			sed -n "s|^func \(Fuzz[^(]*\)(.*|$$m $$pkg \1|p" "$$file" >>"$$dir/targets"; \
		done ); \
	done; \
	test -s "$$dir/targets" || { echo "no target in $(PKG)"; exit 1; }; \
	echo "$$(wc -l <"$$dir/targets") targets"; \
	while read -r m pkg target; do \
		echo "== $$pkg $$target"; \
		( cd "$$m"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) \
			-fuzzminimizetime 500x "$$pkg" </dev/null ) || echo "$$pkg $$target" >>"$$dir/failed"; \
	done <"$$dir/targets"; \
	test ! -s "$$dir/failed" || { echo "== these failed:"; cat "$$dir/failed"; exit 1; }

mutants: ## See whether tests notice mistakes in security decisions (FOR=2m, MATCH=^csrf/)
	go run ./internal/mutants $(if $(FOR),-for '$(FOR)') $(if $(MATCH),-match '$(MATCH)')

bench: ## Measure beside other libraries, into docs/performance.md (12 minutes)
	cd bench && go run . matrix -o results && go run . devices -o results && go run . crowd -o results && \
	go run . hostile -o results && go run . sizes -o results && go run . page

bench-full: ## The same at length, over HTTP, with millions of rows, and failures (70 minutes)
	cd bench && go run . matrix -passes 5 -rounds 10 -o results && \
	go run . load -o results && go run . scale -o results && \
	go run . capacity -o results && go run . failover -o results && \
	go run . devices -o results && go run . crowd -o results && \
	go run . hostile -o results && go run . sizes -o results && go run . page

bench-compare: ## What changed since a commit: BASE=HEAD~1 [BENCH='Matrix/SQLite']
	@test -n "$(BASE)" || { echo "say since when: make bench-compare BASE=HEAD~1"; exit 2; }
	@set -eu; dir=$$(mktemp -d); \
	trap 'git worktree remove --force "$$dir/base"; rm -rf "$$dir"' EXIT; \
	git worktree add -q --detach "$$dir/base" "$(BASE)"; \
	rm -rf "$$dir/base/bench"; cp -r bench "$$dir/base/bench"; \
	( cd "$$dir/base/bench"; go test -c -o "$$dir/old" ./matrix ); \
	( cd bench; go test -c -o "$$dir/new" ./matrix ); \
	for round in 1 2 3 4 5 6 7 8 9 10; do for side in old new; do \
		"$$dir/$$side" -test.run '^$$' -test.bench '$(value BENCH)' -test.benchtime 50ms >>"$$dir/$$side.txt"; \
	done; done; \
	$(TOOL) benchstat base="$$dir/old.txt" here="$$dir/new.txt"

sizes: ## Measure what a site with each driver links (docs/performance.md)
	cd bench && go run . sizes -o ''

vuln: ## Look for known vulnerabilities (asks the Go vulnerability database)
	$(call each,$(TOOL) govulncheck ./...)

fmt: ## Format every file
	$(TOOL) gofumpt -w .
