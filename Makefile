# From a clone to an image that boots, and to every test, with one command each:
#
#   make demo    installs what is missing, builds, makes an image for Debian's cloud kernel, boots it
#   make test    the same set-up, then every test
#   make bench   the same set-up, then our commands beside other tools
#
# SwiftPM builds the program, and the scripts in Scripts/ do the rest; here is only their order.

# `swift` may be another one: make SWIFT=/opt/swift/usr/bin/swift
SWIFT ?= swift
# One file without shared libraries, which starts as fast as /bin/true and runs in any container.
# The symbols are half of its size, and nothing reads them.
RELEASE_FLAGS = -c release -Xswiftc -static-executable -Xlinker -s
BINARY = .build/release/mkinitrd-swift
KERNELS = .demo/kernels
# A root of Debian sid with the newest builders.
TOOLS = .demo/tools
# What other builders make of these kernels: those that take long first.
IMAGES = mkosi-initrd dracut-sid dracut initramfs-tools initramfs-tools-sid debian-installer dracut-small tiny-initramfs
# What boots in the tests is C, static, and without a library of its own.
CFLAGS_STATIC = -static -O2 -s -Wall -Wextra -Werror

.PHONY: all build demo test test-setup examples fuzz docs bench lint clean swift packages-build packages-demo packages-test \
  packages-bench
# Installing, fetching and compiling in this order, whatever -j says: apt and SwiftPM lock anyway.
.NOTPARALLEL:

all: build

# The Swift toolchain is too large, and comes in too many ways, to be installed unasked.
swift:
	@command -v $(SWIFT) >/dev/null || { \
	  echo "There is no '$(SWIFT)' here. Swift 6.2 or newer comes from https://www.swift.org/install/linux/" >&2; \
	  echo "(then put its usr/bin into PATH, or run make SWIFT=/path/to/swift)." >&2; exit 1; }

packages-build packages-demo packages-test packages-bench: packages-%:
	@Scripts/install-packages $*

build: packages-build swift
	$(SWIFT) build $(RELEASE_FLAGS)

# The script does everything after the build, and says at its end what was proven.
demo: packages-build packages-demo build
	@MKINITRD=$(BINARY) Scripts/demo

# Four kernels, for what differs: plain modules (cloud), a root that needs a softdep (generic), modules in .ko.xz
# (cloud-next), the newest kernel with all of its files in lib/modules (cloud-sid); and images of other builders, one
# and a half minutes the first time.
test-setup: packages-build packages-demo packages-test .demo/bin/root-init .demo/bin/tree-init .demo/root.ext4
	@Scripts/get-kernel cloud $(KERNELS)/cloud
	@Scripts/get-kernel generic $(KERNELS)/generic
	@Scripts/get-kernel cloud-next $(KERNELS)/cloud-next
	@Scripts/get-kernel cloud-sid $(KERNELS)/cloud-sid
	@Scripts/get-tools $(TOOLS)
	@printf '%s\n' $(IMAGES) | xargs -P 4 -I{} Scripts/get-image {} .demo/images/{}

# The packages bring the compiler, so they come first; `|` because they are no files.
.demo/bin/%: Scripts/%.c | packages-build
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_STATIC) -o $@ $<

.demo/root.ext4: Scripts/root-init.c Scripts/make-root | packages-demo
	Scripts/make-root $@

# Further flags for `swift test`; with those of a build before it nothing is compiled again (.ci/run).
TEST_FLAGS ?=

# The command's tests run the binary that users get. MKINITRD_TEST_ALL forbids a test to leave itself
# out for want of its set-up. All tests are Swift Testing: XCTest's half would only start and find none.
test: test-setup build examples
	MKINITRD=$(CURDIR)/$(BINARY) MKINITRD_TEST_ALL=1 $(SWIFT) test --disable-xctest $(TEST_FLAGS)

# As a package of another's would be built, with a debug build of its own (swift-crypto included): the first time
# takes one and a half minutes on two idle cores, later some seconds.
examples: packages-build packages-demo packages-test swift .demo/bin/tree-init
	$(SWIFT) build --package-path Examples/Embed
	Examples/Embed/check .demo/embed .demo/bin/tree-init

# Hostile bytes for whatever reads them, for so long in all; the build comes before: one to three minutes the first time.
FUZZ_SECONDS ?= 60
fuzz: packages-build packages-test swift
	@SWIFT=$(SWIFT) Scripts/fuzz -s $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# The library's pages, in .build/docs/InitrdKit.doccarchive; a link that leads nowhere fails. docc comes with Swift.
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

# The other tools are those of the tests, and whatever else is installed: docs/benchmarks.md. WORKLOADS names some.
bench: test-setup packages-bench build
	@MKINITRD=$(BINARY) Benchmarks/run $(WORKLOADS)

# The init's template is read by busybox's ash, which dash comes closest to; but ash has `read -t`
# (SC3045), its variables come from a file that each build writes (SC1091, SC2154), `a= b=` and words
# to be split are meant (SC1007, SC2046), and so is going on when an exec has failed (SC2093). Said
# here, since every comment in the template is carried in every image.
LINUXRC_EXCEPTIONS = SC1007,SC1091,SC2046,SC2093,SC2154,SC3045

lint: packages-test swift
	$(SWIFT) format lint --strict --recursive Sources Tests Examples Fuzz Package.swift
	shellcheck -x $$(grep -l -d skip -E '^#!/bin/(ba)?sh' Scripts/* Benchmarks/* Examples/*/check .ci/*)
	shellcheck -s dash -e $(LINUXRC_EXCEPTIONS) templates/linuxrc

clean:
	rm -rf .build .build-fuzz .demo Examples/*/.build
