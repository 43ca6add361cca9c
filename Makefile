# make          builds ./rt, one static binary
# make help     lists the other targets

GO      ?= go
PREFIX  ?= /usr/local
DESTDIR ?=
RT      ?= $(CURDIR)/rt

VERSION := 0.1.0-dev
COMMIT  := $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)

host_arch := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,amd64)
GOARCH    ?= $(host_arch)
triple    := $(if $(filter arm64,$(GOARCH)),aarch64,x86_64)-linux-gnu
ifeq ($(GOARCH),$(host_arch))
BIN := rt
CC  := gcc
else
BIN := bin/rt-$(GOARCH)
CC  := $(triple)-gcc
export PKG_CONFIG_LIBDIR := /usr/lib/$(triple)/pkgconfig
endif
export CC GOARCH
export CGO_ENABLED := 0

TAGS    := netgo,osusergo,urfave_cli_no_template
LDFLAGS := -s -w -buildid= \
	-X main.version=$(VERSION) -X main.commit=$(COMMIT)

# The executor runs inside the container: no libc, no interpreter, nothing
# that needs relocating, and as few pages as possible.
executor   := nsexec/executor_$(GOARCH).bin
c_sources  := $(wildcard nsexec/*.c nsexec/*.h)
C_WARNINGS := -std=gnu11 -Wall -Wextra -Werror
C_FLAGS    := $(C_WARNINGS) -Os -ffreestanding -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-pie -fcf-protection=none
C_LINK     := -nostdlib -static -no-pie -s -Wl,--build-id=none -Wl,-z,noseparate-code \
	-Wl,-z,norelro -Wl,-z,noexecstack
ifeq ($(GOARCH),arm64)
C_FLAGS := $(filter-out -fcf-protection=none,$(C_FLAGS)) -mno-outline-atomics
endif

# libseccomp needs a C library, whose start every verb would pay for: it is in
# a program of its own. The file beside it says which libseccomp that is.
compiler         := libct/seccomp/compiler_$(GOARCH).bin
compiler_sources := $(wildcard libct/seccomp/compiler/*.go libct/seccomp/profile/*.go) go.mod go.sum
embedded         := $(executor) $(compiler)

# What is tested as a program, through $RT; all other packages are units.
# Black-box packages never import rt's own.
tools     = rt/tests/bench rt/tests/engines rt/tests/report rt/tests/vm
black_box = $(filter-out $(tools) rt/tests/faults% rt/tests/conformance%,$(filter rt/tests%,$(packages)))
unit      = $(filter-out rt/tests rt/tests/%,$(packages)) $(filter $(tools),$(packages))
packages  = $(shell CGO_ENABLED=$(CGO_ENABLED) $(GO) list ./... 2>/dev/null)

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOTEST      := $(GO) test -tags '$(TAGS)' $(GOTESTFLAGS)

.PHONY: all rt bin/rt-$(GOARCH)
all: $(BIN)

rt bin/rt-$(GOARCH): $(embedded)
	$(GO) build -trimpath -buildvcs=false -tags '$(TAGS)' -ldflags "$(LDFLAGS)" -o $@ .

$(executor): $(c_sources) Makefile
	$(CC) $(C_FLAGS) $(C_LINK) -o $@ nsexec/executor.c

$(compiler): $(compiler_sources) Makefile
	version=$$(pkg-config --modversion libseccomp) && printf %s "$$version" >$(@:.bin=.version)
	CGO_ENABLED=1 $(GO) build -trimpath -buildvcs=false \
		-ldflags "-s -w -buildid= -extldflags '-static'" -o $@ ./libct/seccomp/compiler

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 20

.PHONY: deps
deps: ## install what building and testing need and is missing (Debian, root)
	@.ci/deps

.PHONY: demo
demo: ## install what is missing, build, and show a container
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory rt
	@RT=$(RT) tests/demo

here := test-c test-unit test-cli test-faults test-conformance

.PHONY: test
test: rt ## run every test that this machine can (root); the last line is the sum
	@$(GO) run ./tests/report $(here)

.PHONY: test-unit
test-unit: $(embedded) ## run the tests of the packages
	$(GOTEST) -timeout 15m $(unit)

.PHONY: test-cli
test-cli: ## run the black-box tests against $RT (default ./rt)
	RT=$(RT) $(GOTEST) -count=1 -timeout 20m $(black_box)

.PHONY: test-faults
test-faults: $(embedded) ## make calls fail, kill rt at every call, race with it
	RT=$(RT) $(GOTEST) -count=1 -timeout 10m ./tests/faults

.PHONY: test-conformance
test-conformance: ## run the OCI runtime-tools suite against $RT
	cd tests/conformance && $(GO) run . $(GOTESTFLAGS) -runtime $(RT)

.PHONY: test-engines
test-engines: ## run containerd, CRI-O, Docker, Swarm and Podman with $RT, and with runc beside it (Debian, root)
	@$(GO) build -o bin/engines ./tests/engines
	@bin/engines -runtime $(RT) $(ENGINEFLAGS)

# Each suite in each guest is a target: vm-KIND-KERNEL-SUITE.
guests   := lite-6.12 lite-6.1 systemd-6.12
in_guest  = $(foreach guest,$(guests),$(addprefix vm-$(guest)-,$(1))) vm-systemd-6.12-user vm-selinux-6.12-selinux $(addprefix vm-legacy-6.1-,$(1))

# How many guests run at a time; each takes a processor and 3 GiB.
GUESTS ?= 2

.PHONY: test-vm
test-vm: rt bin/vm/vm ## run the suites in guests with other kernels (QEMU; nothing of the machine's is touched)
	@$(GO) run ./tests/report -guests $(GUESTS) $(call in_guest,unit cli conformance)

# What CI runs: of the guests the parts that differ most, of the engines those
# that take no building for long, with rt alone.
all_guests := vm-lite-6.12-cli vm-lite-6.12-conformance vm-systemd-6.12-cli vm-systemd-6.12-user \
	vm-lite-6.1-cli vm-lite-6.12-unit vm-selinux-6.12-selinux

.PHONY: test-all
test-all: export ENGINEFLAGS ?= -peer "" containerd2 cri2 docker podman podman-rootless swarm
test-all: rt bin/vm/vm ## run these, and in guests and under engines what can be had in an hour
	@$(GO) run ./tests/report -guests $(GUESTS) $(here) $(all_guests) test-engines

# What each part found is kept, so that a part can be run again by itself.
hosts_page = RT=$(1) $(GO) run ./tests/report -guests $(GUESTS) -keep docs/hosts -page docs/hosts.md $(2)
RUNC      ?= /usr/sbin/runc

.PHONY: hosts hosts-part
hosts: rt bin/vm/vm ## run the suites on every kind of host, with rt and with runc; writes docs/hosts.md
	@code=0; \
	$(call hosts_page,$(RT),test-unit test-cli test-conformance $(call in_guest,unit cli conformance)) || code=1; \
	$(call hosts_page,$(RUNC),test-cli test-conformance $(call in_guest,cli conformance)) || code=1; \
	exit $$code

hosts-part: rt bin/vm/vm ## run one target, PART=vm-lite-6.1-cli, for docs/hosts.md
	@$(call hosts_page,$(RT),$(PART))

.PHONY: bin/vm/vm
bin/vm/vm:
	@$(GO) build -o $@ ./tests/vm

vm-%: words = $(subst -, ,$*)
vm-%: rt bin/vm/vm
	@RT=$(RT) GOFLAGS=-tags=$(TAGS) bin/vm/vm test $(GOTESTFLAGS) \
		-guest $(word 1,$(words)) -kernel $(word 2,$(words)) $(word 3,$(words))

# A guest writes nothing that stays: pages come after its other output.
.PHONY: engine-page
engine-page: PEER ?= $(RUNC)
engine-page: ## run engines in a guest and keep their pages: GUEST=lite-6.12 ENGINE=cri2 [RUN=REGEXP] [PEER=]
	@mkdir -p bin docs/engines/$(GUEST)
	@ENGINEFLAGS="-out - -peer '$(PEER)' $(if $(RUN),-run '$(RUN)') $(ENGINE)" \
		$(MAKE) vm-$(GUEST)-engines GOTESTFLAGS='-deadline 3h' >bin/engine-page; code=$$?; \
		cat bin/engine-page; \
		awk '/^# / { page = "docs/engines/$(GUEST)/" $$2 ".md" } page { print >page }' bin/engine-page; \
		exit $$code

# The sanitized build is the same file on libc; the nsexec tests drive it in
# the place of the real one.
.PHONY: test-c
test-c: $(executor) ## compile the executor strictly, and run it under ASan and UBSan
	$(CC) $(C_FLAGS) -Wshadow -Wstrict-prototypes -Wcast-align -fsyntax-only nsexec/executor.c
	@mkdir -p bin
	$(CC) $(C_WARNINGS) -DHOSTED -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
		-o bin/executor_sanitized nsexec/executor.c
	@echo '{"Replace": {"$(CURDIR)/$(executor)": "$(CURDIR)/bin/executor_sanitized"}}' >bin/overlay.json
	ASAN_OPTIONS=detect_leaks=0 $(GOTEST) -count=1 -timeout 5m -overlay bin/overlay.json ./nsexec

.PHONY: vet
vet: export CGO_ENABLED := 1
vet: $(embedded)
	@bad=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
		if [ -n "$$bad" ]; then echo "gofmt: $$bad" >&2; exit 1; fi
	$(GO) vet -tags '$(TAGS)' ./...
	cd tests/conformance && $(GO) vet .
	cd tests/engines/cri && $(GO) vet .
	$(GO) run $(STATICCHECK) -tags '$(TAGS)' ./...

.PHONY: check
check: vet test-c test-unit ## the quick inner loop: gofmt, vet, staticcheck, C warnings, unit tests

.PHONY: bench
bench: rt ## measure against crun and runc; writes docs/benchmarks.md
	@$(GO) build -o bin/bench ./tests/bench
	@bin/bench -rt $(RT) -out docs/benchmarks.md $(BENCHFLAGS)

.PHONY: install
install: rt ## install to $DESTDIR$PREFIX
	install -D -m 0755 rt $(DESTDIR)$(PREFIX)/bin/rt
	for page in $(wildcard man/*.8); do \
		install -D -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man8/$${page##*/} || exit; done

.PHONY: clean
clean: ## remove what was built
	rm -rf rt bin nsexec/*.bin nsexec/*.elf libct/seccomp/*.bin libct/seccomp/*.version
