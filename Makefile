# What the README tells people to run, and what CI runs. `make help` lists it.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=

# The eBPF programs need a clang with the bpf target: the Swift toolchain's own, which stands where swiftc says.
ifndef LINGER_CLANG
LINGER_CLANG := $(shell $(SWIFT)c -print-target-info 2>/dev/null | \
	sed -n 's|.*"runtimeResourcePath" *: *"\(.*\)/lib/swift".*|\1/bin/clang|p')
endif
export LINGER_CLANG

# With Swift's own libraries inside, the binaries run on hosts without Swift; Debian's are inside too (Tools/archives).
archives = $(abspath .build/archives)
release = --configuration release --static-swift-stdlib --disable-local-rpath -Xlinker -L$(archives)
# SwiftPM hands this to our targets only, not to those of other packages.
strict = -Xswiftc -warnings-as-errors
swift_sources = Package.swift $(wildcard Sources Tests Plugins Fuzz)
# How long each fuzz target runs.
SECONDS ?= 60
unit_folder = $(PREFIX)/lib/systemd/system
# Asked only by the recipes that use them.
folder = $(shell $(SWIFT) build $(release) --show-bin-path)
binary = $(folder)/linger

# apt-get and SwiftPM each take a lock: one after the other.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help run build test toolchain packages-build packages-test packages-bench lint imports bench bench-serve \
	packetdrill-adapter fuzz install uninstall format clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 28

run: build ## Install what is missing, build a release, and look at this host
	@Tools/run-doctor "$(binary)"

build: toolchain packages-build ## The release binaries
	Tools/archives "$(archives)"
	LINGER_LIGHT=1 PKG_CONFIG_PATH="$(archives)" $(SWIFT) build $(release) --product linger
	PKG_CONFIG_PATH="$(archives)" $(SWIFT) build $(release) --product linger-daemon

test: toolchain packages-build packages-test lint imports ## Everything that must hold; what CI runs
	$(SWIFT) build --build-tests $(strict)
	Tools/test $(SWIFT) test --disable-xctest $(strict)

bench: build packages-bench ## Compare with ss and lsof at 1,000, 10,000 and 90,000 sockets (uses sudo)
	Bench/run --linger "$(binary)"

packetdrill-adapter: toolchain packages-build ## The library through which packetdrill drives the model (docs/packetdrill.md)
	$(SWIFT) build --product PacketdrillAdapter $(strict)
	@echo "$$($(SWIFT) build --show-bin-path)/libPacketdrillAdapter.so"

fuzz: toolchain packages-build ## Feed the parsers with mutated input
	Tools/fuzz filter $(SECONDS)
	Tools/fuzz netlink $(SECONDS)
	Tools/fuzz segment $(SECONDS)
	Tools/fuzz machine $(SECONDS)

bench-serve: build packages-bench ## What linger serve costs a churn of connections, beside tcpstates (uses sudo)
	Bench/serve --linger "$(folder)/linger-daemon"

install: ## Binaries, man page, completions and systemd unit under $(DESTDIR)$(PREFIX)
	@test -x "$(binary)" && test -x "$(folder)/linger-daemon" || { \
		echo "Nothing is built yet: run 'make build' first (not as root)." >&2; exit 1; }
	install -s -D -m 755 "$(binary)" "$(DESTDIR)$(PREFIX)/bin/linger"
	install -s -D -m 755 "$(folder)/linger-daemon" "$(DESTDIR)$(PREFIX)/libexec/linger/linger-daemon"
	install -D -m 644 docs/linger.8 "$(DESTDIR)$(PREFIX)/share/man/man8/linger.8"
	install -d "$(DESTDIR)$(unit_folder)"
	sed 's|/usr/local/bin/linger|$(PREFIX)/bin/linger|' Systemd/linger.service > "$(DESTDIR)$(unit_folder)/linger.service"
	install -D -m 644 Systemd/linger.yaml "$(DESTDIR)$(PREFIX)/share/linger/linger.yaml"
	@Tools/completions "$(folder)/linger-daemon" "$(DESTDIR)$(PREFIX)/share"

uninstall: ## What install put there
	rm -f "$(DESTDIR)$(PREFIX)/bin/linger" "$(DESTDIR)$(PREFIX)/libexec/linger/linger-daemon" \
		"$(DESTDIR)$(PREFIX)/share/man/man8/linger.8" "$(DESTDIR)$(unit_folder)/linger.service" \
		"$(DESTDIR)$(PREFIX)/share/linger/linger.yaml"
	@Tools/completions --remove "$(DESTDIR)$(PREFIX)/share"

format: toolchain ## Bring all Swift sources into the house's format
	$(SWIFT) format --in-place --parallel --recursive $(swift_sources)

clean: ## Everything that was built
	rm -rf .build

toolchain:
	@command -v $(SWIFT) >/dev/null || { \
		echo "No '$(SWIFT)' in PATH: install the Swift 6.3 toolchain (https://www.swift.org/install/linux)" \
		"and put its bin folder into PATH." >&2; exit 1; }
	@test -x "$(LINGER_CLANG)" || { \
		echo "No clang beside $(SWIFT) (looked for '$(LINGER_CLANG)'):" \
		"set LINGER_CLANG to a clang that has the bpf target." >&2; exit 1; }

packages-build packages-test packages-bench: packages-%:
	@Tools/packages install $*

lint: toolchain
	$(SWIFT) format lint --strict --parallel --recursive $(swift_sources)

imports: packages-test
	Tools/check-imports
	Tools/test-check-imports
