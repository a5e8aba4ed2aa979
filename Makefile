# DeepChat. `make` builds build/deepchat-host and build/libdeepchat.so; see
# README.md for what else there is. Needs GNU make.

# One output directory per flavour: build, build/asan, build/coverage.
FLAVOUR ?= release
OUT := build$(if $(filter-out release,$(FLAVOUR)),/$(FLAVOUR))
PREFIX ?= /usr/local
UNAME := $(shell uname -s)

PKG_CONFIG ?= pkg-config
# Debian 12 calls it msgpack, newer systems and Homebrew msgpack-c.
MSGPACK := $(firstword $(foreach p,msgpack-c msgpack,$(shell $(PKG_CONFIG) --exists $(p) && echo $(p))) msgpack-c)
LIBS_CORE := libcjson
LIBS_HOST := libcurl $(MSGPACK)

WARN := -Wall -Wextra -Wpedantic -Wformat=2 -Wformat-security -Wconversion \
	-Wsign-conversion -Wshadow -Wvla -Walloca -Wnull-dereference \
	-Wimplicit-fallthrough -Wstrict-prototypes -Wmissing-prototypes -Wundef \
	-Wcast-qual -Wwrite-strings -Wswitch-enum
WERROR ?=
HARDEN := -O2 -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
ifeq ($(UNAME),Linux)
HARDEN += -fstack-clash-protection
ifeq ($(shell uname -m),x86_64)
HARDEN += -fcf-protection=full
endif
HARDEN_LD := -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--as-needed
SO_NAME = -Wl,-soname,libdeepchat.so
RPATH := -Wl,--disable-new-dtags,-rpath,'$$ORIGIN'
RPATH_INSTALLED := -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/../lib'
endif
ifeq ($(UNAME),Darwin)
SO_NAME = -install_name @rpath/libdeepchat.so
RPATH := -Wl,-rpath,@loader_path
RPATH_INSTALLED := -Wl,-rpath,@loader_path/../lib
endif
SAN := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_release := $(HARDEN)
FLAGS_asan := $(SAN)
FLAGS_coverage := -O0 --coverage
FLAGS_fuzz := $(SAN) -fsanitize=fuzzer-no-link
LD_release := $(HARDEN_LD)
LD_asan := $(SAN)
LD_coverage := --coverage
LD_fuzz := $(SAN)

CFLAGS_ALL := -std=c11 -D_GNU_SOURCE -D_DARWIN_C_SOURCE -g -fPIC -fvisibility=hidden -fno-common \
	-fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing \
	-ffile-prefix-map=$(CURDIR)=. $(WARN) $(if $(WERROR),-Werror) $(FLAGS_$(FLAVOUR)) -Isrc -Itests $(CFLAGS)
LDFLAGS_ALL := $(LD_$(FLAVOUR)) $(LDFLAGS) -lm

pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
pkg_libs = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

obj = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
BASE := $(call obj,$(wildcard src/base/*.c))
CORE := $(call obj,$(wildcard src/core/*.c))
HOST := $(call obj,$(wildcard src/host/*.c))
HOST_LIB := $(filter-out %/main.o,$(HOST))

# V=1 shows the commands.
say = $(if $(V),,@echo '  $(1)	$(2)' && )

.PHONY: all
all: $(OUT)/libdeepchat.so $(OUT)/deepchat-host doc/tags

# For those without a plugin manager; not having an editor here is no failure.
doc/tags: doc/deepchat.txt
	@nvim --headless -u NONE -i NONE -c 'helptags doc' -c q >/dev/null 2>&1 || \
	    vim -u NONE -i NONE -n -es -c 'helptags doc' -c q >/dev/null 2>&1 || true

$(OUT)/obj/%.o: %.c Makefile | need-libs
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CFLAGS_ALL) $(call pkg_cflags,$(LIBS_CORE) $(LIBS_HOST)) -MMD -MP -c $< -o $@

$(OUT)/libdeepchat.so: $(BASE) $(CORE)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) -shared $(SO_NAME) $^ -o $@ $(LDFLAGS_ALL) $(call pkg_libs,$(LIBS_CORE))

$(OUT)/deepchat-host: $(HOST) $(BASE) $(OUT)/libdeepchat.so
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) -pie $(HOST) $(BASE) -o $@ $(LDFLAGS_ALL) $(RPATH) -L$(OUT) -ldeepchat \
	    $(call pkg_libs,$(LIBS_CORE) $(LIBS_HOST)) -lpthread

# Say what is missing instead of letting the compiler guess.
.PHONY: need-libs
need-libs:
	@for p in $(LIBS_CORE) $(LIBS_HOST); do $(PKG_CONFIG) --exists $$p 2>/dev/null || \
	    { echo "deepchat: $$p is missing; run 'make deps' (it prints or installs the packages)"; exit 1; }; done

# ---- tests: one program per file; -lib: helpers shared by them ------------
TEST_LIB := $(call obj,$(wildcard tests/lib/*.c))
UNIT := $(patsubst tests/unit/%.c,$(OUT)/tests/unit/%,$(wildcard tests/unit/*.c))
HOST_TESTS := $(patsubst tests/host/%.c,$(OUT)/tests/host/%,$(wildcard tests/host/*.c))
EDITOR_TESTS := $(patsubst tests/editor/%.c,$(OUT)/tests/editor/%,$(wildcard tests/editor/*.c))
LIVE_TESTS := $(patsubst tests/live/%.c,$(OUT)/tests/live/%,$(wildcard tests/live/*.c))
REPLAYS := $(patsubst tests/fuzz/%.c,$(OUT)/tests/fuzz/%,$(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
SERVER := $(OUT)/tests/server
SEAM_LIB := $(call obj,$(filter-out tests/seam/main.c,$(wildcard tests/seam/*.c)))

$(OUT)/tests/unit/%: $(OUT)/obj/tests/unit/%.o $(BASE) $(CORE)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LDFLAGS_ALL) $(call pkg_libs,$(LIBS_CORE) criterion)

# Texts, breakages and judges of seams are shared with the report.
$(patsubst %,$(OUT)/tests/unit/test_seam_%,corpus property): $(SEAM_LIB)

$(OUT)/tests/seam-report: $(call obj,tests/seam/main.c) $(SEAM_LIB) $(BASE) $(CORE)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LDFLAGS_ALL) $(call pkg_libs,$(LIBS_CORE))

TEST_LIBS = $(call pkg_libs,$(LIBS_CORE) $(LIBS_HOST) criterion) -lpthread
$(OUT)/tests/host/%: $(OUT)/obj/tests/host/%.o $(BASE) $(CORE) $(HOST_LIB) $(TEST_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LDFLAGS_ALL) $(TEST_LIBS)

$(OUT)/tests/editor/%: $(OUT)/obj/tests/editor/%.o $(BASE) $(CORE) $(HOST_LIB) $(TEST_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LDFLAGS_ALL) $(TEST_LIBS)

$(OUT)/tests/live/%: $(OUT)/obj/tests/live/%.o $(BASE) $(CORE) $(HOST_LIB) $(TEST_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LDFLAGS_ALL) $(TEST_LIBS)

$(OUT)/tests/fuzz/%: $(OUT)/obj/tests/fuzz/%.o $(OUT)/obj/tests/fuzz/replay.o $(BASE) $(CORE) $(HOST_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LDFLAGS_ALL) $(call pkg_libs,$(LIBS_CORE) $(LIBS_HOST)) -lpthread

$(SERVER): $(call obj,$(wildcard tests/server/*.c)) $(BASE)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LDFLAGS_ALL) $(call pkg_libs,openssl) -lpthread

.PHONY: tests-built
tests-built: all $(SERVER) $(UNIT) $(HOST_TESTS) $(EDITOR_TESTS) $(LIVE_TESTS) $(REPLAYS)

.SECONDARY:
-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)

# ---- what one runs --------------------------------------------------------
# The packages come first and make starts anew after them, because pkg-config
# is asked while the Makefile is read.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60
AGAIN = @$(MAKE) --no-print-directory -j$(JOBS)

.PHONY: help deps demo test seam-report asan coverage fuzz lint test-matrix certs install uninstall clean distclean
help:
	@echo 'make               build the host and the library'
	@echo 'make deps          install the packages a build needs, or name them'
	@echo 'make demo          a chat in Neovim (EDITOR=vim: Vim): DeepInfra with a key, MODEL=file.gguf, or a tour'
	@echo 'make test          set up, build and run every test'
	@echo 'make asan          the same under ASan and UBSan'
	@echo 'make test-matrix   the editor tests in each Neovim and Vim, old and new'
	@echo 'make lint          layers, sizes, bans, format, static analysis'
	@echo 'make bench         what it costs, next to the editor alone (EDITOR=vim: Vim)'
	@echo 'make seam-report   how well cut replies are joined: the table in doc/seams.md'
	@echo 'make fuzz          each fuzz target for FUZZ_SECONDS ($(FUZZ_SECONDS))'
	@echo 'make coverage      what the tests reach'
	@echo 'make install       to PREFIX ($(PREFIX)), below DESTDIR; uninstall'
	@echo 'make clean         all but downloads; distclean: those too'

# The environment's EDITOR says nothing about this.
DEMO_EDITOR := $(if $(filter command,$(firstword $(origin EDITOR))),$(filter vim nvim,$(EDITOR)),nvim)

deps:
	@tools/deps.sh build

demo:
	@tools/deps.sh demo$(if $(filter vim,$(DEMO_EDITOR)),-vim)
	$(AGAIN) all $(if $(MODEL),,$(SERVER))
	@EDITOR=$(DEMO_EDITOR) MODEL='$(MODEL)' tools/demo.sh $(OUT)

test:
	@tools/deps.sh test
	$(AGAIN) run-tests

asan:
	@tools/deps.sh test
	$(AGAIN) FLAVOUR=asan run-tests

seam-report: $(OUT)/tests/seam-report
	@$<

.PHONY: run-tests run-fuzz run-coverage run-matrix run-lint live-server
run-tests: tests-built build/model.gguf build/vision.gguf live-server
	@tools/test.sh $(OUT)

build/model.gguf: tests/live/texts.json tools/gen_model.py
	@mkdir -p $(@D)
	@tools/gen_model.py tests/live/texts.json $@

build/vision.gguf: tests/live/texts.json tools/gen_model.py tools/gen_vision.py
	@mkdir -p $(@D)
	@tools/gen_vision.py tests/live/texts.json $@

# Where it cannot be had, the live tests are reported as not run.
live-server:
	@tools/llama.sh || true

test-matrix:
	@tools/deps.sh test
	$(AGAIN) run-matrix

run-matrix: tests-built
	@tools/matrix.sh $(OUT)

lint:
	@tools/deps.sh all
	$(AGAIN) run-lint

run-lint: all
	@tools/lint.sh $(OUT)

coverage:
	@tools/deps.sh all
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(AGAIN) FLAVOUR=coverage run-coverage

run-coverage: tests-built build/model.gguf build/vision.gguf live-server
	@tools/test.sh $(OUT) || echo 'coverage: of a run in which tests failed'
	@gcovr --root . --object-directory $(OUT)/obj --filter src/ --branches --print-summary --output $(OUT)/branches.txt
	@gcovr --root . --object-directory $(OUT)/obj --filter src/

fuzz:
	@tools/deps.sh all
	$(AGAIN) FLAVOUR=fuzz CC=clang run-fuzz

run-fuzz: $(patsubst tests/fuzz/%.c,$(OUT)/fuzzers/%,$(wildcard tests/fuzz/fuzz_*.c))
	@tools/fuzz.sh $(FUZZ_SECONDS) $^

$(OUT)/fuzzers/%: $(OUT)/obj/tests/fuzz/%.o $(BASE) $(CORE) $(HOST_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) -fsanitize=fuzzer $^ -o $@ $(LDFLAGS_ALL) $(call pkg_libs,$(LIBS_CORE) $(LIBS_HOST)) -lpthread

certs:
	@tools/make-certs.sh $(OUT)/certs

# ---- the bench: BENCH_QUICK=1 for a short run, PARTS for some of it, --------
# ---- EDITOR=vim for Vim
BENCH_LIB := $(call obj,$(wildcard tests/lib/ed*.c) $(patsubst %,tests/lib/%.c,grid proc server tmpdir))
BENCH := $(call obj,$(wildcard tests/bench/*.c)) $(BENCH_LIB)
PARTS ?=

.PHONY: bench run-bench
bench:
	@tools/deps.sh test
	$(AGAIN) FLAVOUR=release run-bench

run-bench: all $(SERVER) $(OUT)/tests/bench/bench
	@$(if $(filter vim,$(DEMO_EDITOR)),DC_EDITOR=vim) $(OUT)/tests/bench/bench $(PARTS)

$(OUT)/tests/bench/bench: $(BENCH) $(BASE) $(CORE) $(HOST_LIB)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) $^ -o $@ $(LDFLAGS_ALL) $(call pkg_libs,$(LIBS_CORE) $(LIBS_HOST)) -lpthread

# ---- installing -----------------------------------------------------------
INSTALL ?= install
BINDIR = $(DESTDIR)$(PREFIX)/bin
LIBDIR = $(DESTDIR)$(PREFIX)/lib
INCDIR = $(DESTDIR)$(PREFIX)/include
VERSION = $(shell sed -n 's/^.define DC_VERSION "\(.*\)"/\1/p' src/deepchat.h)

# The same program, but it finds the library in ../lib.
$(OUT)/installed/deepchat-host: $(HOST) $(BASE) $(OUT)/libdeepchat.so
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(CFLAGS_ALL) -pie $(HOST) $(BASE) -o $@ $(LDFLAGS_ALL) $(RPATH_INSTALLED) -L$(OUT) -ldeepchat \
	    $(call pkg_libs,$(LIBS_CORE) $(LIBS_HOST)) -lpthread

install: $(OUT)/installed/deepchat-host $(OUT)/libdeepchat.so
	$(INSTALL) -d $(BINDIR) $(LIBDIR)/pkgconfig $(INCDIR)
	$(INSTALL) -m 755 $(OUT)/installed/deepchat-host $(BINDIR)/deepchat-host
	$(INSTALL) -m 644 $(OUT)/libdeepchat.so $(LIBDIR)/libdeepchat.so
	$(INSTALL) -m 644 src/deepchat.h $(INCDIR)/deepchat.h
	$(INSTALL) -m 644 src/deepchat_text.h $(INCDIR)/deepchat_text.h
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' \
	    'Name: deepchat' 'Description: Chat completions: streams, chat files, seams, diffs' \
	    'Version: $(VERSION)' 'Requires.private: $(LIBS_CORE)' \
	    'Libs: -L$${libdir} -ldeepchat' 'Cflags: -I$${includedir}' >$(LIBDIR)/pkgconfig/deepchat.pc

uninstall:
	rm -f $(BINDIR)/deepchat-host $(LIBDIR)/libdeepchat.so $(LIBDIR)/pkgconfig/deepchat.pc $(INCDIR)/deepchat.h $(INCDIR)/deepchat_text.h

clean:
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name editors ! -name llama -exec rm -rf {} +

distclean:
	rm -rf build
