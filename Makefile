# Each of these commands works in a new clone:
#
#   make demo    installs missing packages, builds the program, builds an image for Debian's cloud kernel, boots it
#   make test    does the same setup, then runs all tests
#   make bench   does the same setup, then compares the commands with other tools
#
# SwiftPM builds the program, and the scripts in Scripts/ do the rest. This file only gives their order.

# Another Swift: make SWIFT=/opt/swift/usr/bin/swift
SWIFT ?= swift
# One file without shared libraries: it starts fast and runs in any container. -s removes the symbols, which are half
# of its size.
# libarchive.a needs nettle for the encrypted members of zip files; a dynamic libarchive brings it itself.
RELEASE_FLAGS = -c release -Xswiftc -static-executable -Xlinker -s -Xlinker -lnettle
BINARY = .build/release/mkinitrd-swift
KERNELS = .demo/kernels
# A root of Debian sid with the newest versions of other builders.
TOOLS = .demo/tools
# Images of these kernels by other builders; the slow ones come first.
IMAGES = mkosi-initrd dracut-sid dracut initramfs-tools initramfs-tools-sid debian-installer dracut-small tiny-initramfs
# The programs that tests boot are static C programs.
CFLAGS_STATIC = -static -O2 -s -Wall -Wextra -Werror

.PHONY: all build demo test test-setup examples fuzz docs bench proof-binaries lint clean swift packages-build packages-demo packages-test \
  packages-bench packages-proof
# One step at a time, also with -j, because apt and SwiftPM use locks.
.NOTPARALLEL:

all: build

# The Swift toolchain is large, and there are several ways to install it, so it is not installed automatically.
swift:
	@command -v $(SWIFT) >/dev/null || { \
	  echo "Command '$(SWIFT)' not found. Install Swift 6.2 or newer from https://www.swift.org/install/linux/," >&2; \
	  echo "then add its usr/bin to PATH, or run make SWIFT=/path/to/swift." >&2; exit 1; }

packages-build packages-demo packages-test packages-bench packages-proof: packages-%:
	@Scripts/install-packages $*

build: packages-build swift
	$(SWIFT) build $(RELEASE_FLAGS)

# The script does everything after the build.
demo: packages-build packages-demo build
	@MKINITRD=$(BINARY) Scripts/demo

# Four kernels, which differ: uncompressed modules (cloud), a root that needs a soft dependency (generic), modules in
# .ko.xz (cloud-next), the newest kernel with all of its files in lib/modules (cloud-sid). Then images of other builders,
# which takes one and a half minutes the first time.
test-setup: packages-build packages-demo packages-test .demo/bin/root-init .demo/bin/tree-init .demo/root.ext4
	@Scripts/get-kernel cloud $(KERNELS)/cloud
	@Scripts/get-kernel generic $(KERNELS)/generic
	@Scripts/get-kernel cloud-next $(KERNELS)/cloud-next
	@Scripts/get-kernel cloud-sid $(KERNELS)/cloud-sid
	@Scripts/get-firmware .demo/firmware
	@Scripts/get-tools $(TOOLS)
	@printf '%s\n' $(IMAGES) | xargs -P 4 -I{} Scripts/get-image {} .demo/images/{}

# The packages contain the compiler, so they come first. They come after `|`, because they are not files.
.demo/bin/%: Scripts/%.c | packages-build
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_STATIC) -o $@ $<

.demo/root.ext4: Scripts/root-init.c Scripts/make-root | packages-demo
	Scripts/make-root $@

# More flags for `swift test`. With the same flags as an earlier build, nothing is compiled again (.ci/run).
TEST_FLAGS ?=

# The tests of the command run the release binary. With MKINITRD_TEST_ALL, a test without its setup fails instead of
# being skipped. All tests use Swift Testing, so XCTest is turned off.
test: test-setup build examples
	MKINITRD=$(CURDIR)/$(BINARY) MKINITRD_TEST_ALL=1 $(SWIFT) test --disable-xctest $(TEST_FLAGS)

# Builds the example like a package of another project, with a separate debug build that includes swift-crypto. The
# first time takes one and a half minutes on two idle cores, later some seconds.
examples: packages-build packages-demo packages-test swift .demo/bin/tree-init
	$(SWIFT) build --package-path Examples/Embed
	Examples/Embed/check .demo/embed .demo/bin/tree-init

# Fuzzes all readers of untrusted bytes for this time in total. The first build takes one to three minutes.
FUZZ_SECONDS ?= 60
fuzz: packages-build packages-test swift
	@SWIFT=$(SWIFT) Scripts/fuzz -s $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# The library's pages, in .build/docs/InitrdKit.doccarchive. A broken link is an error. docc is part of Swift.
# The types that InitrdKit exports from BaseKit are part of its pages.
TOOLCHAIN = $(dir $(shell command -v $(SWIFT)))
DOCC ?= $(TOOLCHAIN)docc
docs: packages-build swift
	$(SWIFT) build --target InitrdKit
	@rm -rf .build/docs && mkdir -p .build/docs/symbols
	@$(TOOLCHAIN)swift-symbolgraph-extract -module-name InitrdKit -output-dir .build/docs/symbols \
	  -target "$$($(SWIFT) -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p')" -I .build/debug/Modules \
	  $$(printf -- '-I %s ' Sources/C* .build/checkouts/*/Sources/*/include) \
	  $$(printf -- '-Xcc -fmodule-map-file=%s ' .build/debug/*.build/module.modulemap) \
	  -minimum-access-level public -skip-synthesized-members -experimental-allowed-reexported-modules=BaseKit
	$(DOCC) convert Sources/InitrdKit/InitrdKit.docc --additional-symbol-graph-dir .build/docs/symbols \
	  --fallback-display-name InitrdKit --fallback-bundle-identifier InitrdKit --warnings-as-errors \
	  --output-path .build/docs/InitrdKit.doccarchive

# Compares programs of Debian 12, Debian 13 and arm64 with what their dynamic linkers map; half a minute for each root the
# first time. Needs root for chroot.
PROOF_ROOTS = bookworm trixie bookworm-arm64
proof-binaries: packages-build packages-test packages-proof build
	@for root in $(PROOF_ROOTS); do Scripts/get-root $$root .demo/roots/$$root || exit 1; done
	@Scripts/proof-binaries $(BINARY) $(PROOF_ROOTS:%=.demo/roots/%)

# Measures the tools of the tests and all others that are installed: docs/benchmarks.md. WORKLOADS selects workloads.
bench: test-setup packages-bench build
	@MKINITRD=$(BINARY) Benchmarks/run $(WORKLOADS)

# busybox's ash runs the init's template, and dash is the most similar shell of shellcheck. The exceptions: ash has
# `read -t` (SC3045); the variables come from a file that each build writes (SC1091, SC2154); `a= b=`, unquoted words
# (SC1007, SC2046) and commands after a failed exec (SC2093) are intended. They are listed here, because each comment in
# the template is part of each image.
LINUXRC_EXCEPTIONS = SC1007,SC1091,SC2046,SC2093,SC2154,SC3045

lint: packages-test swift
	$(SWIFT) format lint --strict --recursive Sources Tests Examples Fuzz Package.swift
	shellcheck -x $$(grep -l -d skip -E '^#!/bin/(ba)?sh' Scripts/* Benchmarks/* Examples/*/check .ci/*)
	shellcheck -s dash -e $(LINUXRC_EXCEPTIONS) templates/linuxrc

clean:
	rm -rf .build .build-fuzz .demo Examples/*/.build
