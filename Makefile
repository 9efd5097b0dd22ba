# Builds the engine. `npm run build` sets everything up and calls this file. It can be called alone.
#
#     make [config=debug|release|sanitize] [target]
#
# target         file                               what it is
# wasm           build/wasm/gradcam.wasm            the product: float32, XNNPACK, SIMD128
#                build/wasm/gradcam-relaxed.wasm    the same with relaxed SIMD: fused multiply-add
#                build/wasm/gradcam-threads.wasm    both of them with threads, in a shared memory
#                build/wasm/gradcam-relaxed-threads.wasm
# reference      build/wasm/gradcam-reference.wasm  for tests: double precision, plain C
# native-tests   build/native/tests                 the C tests for this machine
#                build/native/tests-double          the same in double precision
# fuzz           build/fuzz/pipe and others         the fuzzers, those of the list FUZZERS
#                build/fuzz/seeds                   writes what the fuzzers start from
#                build/fuzz/tests                   the C tests, which note what lines they run
# races          build/native/races                 models on the pool of threads, which report races
# wasm-tests     build/wasm/tests.mjs               the C tests on XNNPACK, for Node
#                build/wasm/tests-relaxed.mjs       the same with relaxed SIMD
#                build/wasm/pool.wasm               the pool of threads alone
# stock          build/wasm/gradcam-stock.wasm      for comparison: XNNPACK's depthwise kernels
# profile        build/wasm/gradcam-profile.wasm    reports every call of an operator to its host
# named          build/wasm/gradcam-named.wasm      the product with names of functions, and the
#                build/wasm/gradcam-named.map       linker's map
# clean                                             removes objects and programs, but keeps the
#                                                   toolchain and the downloads
#
# debug has assertions and no optimisation. sanitize has assertions and sanitizers. The objects of
# each config have their own folder. The files above come from the config that was built last.

config ?= release

ifeq ($(filter clean,$(MAKECMDGOALS)),)
ifneq ($(words $(wildcard build/sources/yyjson build/generated/colormaps.h)),2)
$(error run "npm run setup" first: it brings the compiler and the libraries)
endif
endif

EMCC := build/toolchain/bin/emcc
CC ?= cc
# Has libFuzzer and ThreadSanitizer. wasm-build/clang.js looks whether it does.
CLANG := $(firstword $(shell command -v clang-19 clang))
OBJ := build/obj/$(config)

ENGINE := $(sort $(wildcard src/*/*.c))
TESTS := $(sort $(wildcard tests/c/*.c))

# ---- Flags ----

# -ffp-contract=off   a * b + c rounds twice on every machine, so all give the same bytes.
FLAGS := -std=c11 -Wall -Wextra -Werror -ffp-contract=off -Isrc -Ibuild/generated \
	-isystem build/sources/stb -isystem build/sources/yyjson/src

FLAGS_debug := -O0 -g
FLAGS_release := -O3 -DNDEBUG
FLAGS_sanitize := -O1 -g
ifeq ($(FLAGS_$(config)),)
$(error config=$(config) is none of debug, release, sanitize)
endif
FLAGS += $(FLAGS_$(config))

NATIVE_FLAGS := $(FLAGS)
WASM_FLAGS := $(FLAGS) -msimd128
ifeq ($(config),sanitize)
NATIVE_FLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# A module without JavaScript cannot have the sanitizers' libraries. A trap needs none of them.
WASM_FLAGS += -fsanitize=undefined -fsanitize-trap=undefined
endif

# The fuzzers also note which lines run.
FUZZ_FLAGS := $(NATIVE_FLAGS) -fsanitize=fuzzer-no-link -fcoverage-mapping \
	-fprofile-instr-generate=build/fuzz/last.profraw

RACES_FLAGS := $(FLAGS) -fsanitize=thread -DGC_THREADS

RELAXED_FLAGS := $(WASM_FLAGS) -mrelaxed-simd

THREADS_FLAGS := -DGC_THREADS -matomics
# The linker initialises a shared memory once, and needs -mbulk-memory in one object for it. In all
# objects it would turn every short memcpy into a call.
$(OBJ)/threads/src/base/threads.o $(OBJ)/relaxed-threads/src/base/threads.o: \
	FILE_FLAGS := -mbulk-memory

# Of yyjson only the reader is built. It must take the NaN and Infinity that Python writes. The fast
# conversion of numbers is left out, because it has 50 KB of tables, and configurations have few
# numbers.
YYJSON_FLAGS := -w -Os -DYYJSON_DISABLE_WRITER=1 -DYYJSON_DISABLE_UTILS=1 \
	-DYYJSON_DISABLE_FAST_FP_CONV=1

# stb_image's inverse DCT overflows on damaged JPEGs, which -fwrapv defines.
%/src/image/decode.o: FILE_FLAGS := -fwrapv

# These files run once a model or once an explanation, so they are compiled for size.
ifeq ($(config),release)
$(foreach file,$(wildcard src/api/*.c src/files/*.c src/graph/*.c src/keras/*.c) \
	$(addprefix src/engine/,arena.c bands.c finite.c fuse.c group.c plan.c tail.c) \
	src/kernels/regions.c src/kernels/xnn.c src/methods/methods.c,$(eval %/$(file:.c=.o): FILE_FLAGS := -Os))

# These operators have only a reference, and few networks have them, or their time is that of
# kernels, which are inlined or lie in src/kernels.
$(foreach name,activation adaptive_pooling affine conv2d conv2d_transpose depthwise dot gather matmul \
	reduce resize,\
	$(eval %/src/ops/$(name).o: FILE_FLAGS := -Os))
endif

# STANDALONE_WASM      Emscripten writes no JavaScript, because web/package has its own loader.
# MAXIMUM_MEMORY       All that 32 bits can address. A large VGG needs more than the default, 2 GB.
# STACK_SIZE           The default, 64 KB, is too little for the decoders of pictures.
# EXPORTED_FUNCTIONS   Besides these, every function that gradcam.h declares GC_API is exported.
MEMORY_FLAGS := -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=1MB
MODULE_FLAGS := $(MEMORY_FLAGS) -sSTANDALONE_WASM=1 --no-entry -sFILESYSTEM=0 \
	-sEXPORTED_FUNCTIONS=_malloc,_free

# The pool of threads is src/base/threads.c, not Emscripten's. Workers use no state of the C
# library, so the C library and XNNPACK may be those of builds without threads.
# --no-check-features   The linker would refuse objects of builds without threads.
# INITIAL_MEMORY        web/package/engine/threads.js makes the memory, with this size.
# __stack_pointer       Each worker sets its own.
THREADS_MODULE_FLAGS := $(MODULE_FLAGS) -sIMPORTED_MEMORY=1 -sINITIAL_MEMORY=16MB \
	-Wl,--shared-memory,--no-check-features,--export=__stack_pointer

# ---- A smaller C library ----

# These functions replace some of Emscripten's C library, which bring more than a module needs, as
# arithmetic of 128 bits and its tables. The C tests compare them with this machine's functions.
MUSL := build/toolchain/usr/share/emscripten/system/lib/libc/musl
LIBC_OBJECTS := $(patsubst %,$(OBJ)/libc/%.o,print strtod rem_pio2)
LIBC_FLAGS := -std=c11 -Wall -Wextra -Werror -Os -DNDEBUG
$(OBJ)/libc/rem_pio2.o: LIBC_FLAGS += -w -I$(MUSL)/src -I$(MUSL)/src/internal \
	-I$(MUSL)/src/include -I$(MUSL)/arch/emscripten

$(OBJ)/libc/%.o: wasm-build/libc/%.c Makefile
	@mkdir -p $(@D) && echo "  CC      $<"
	@$(EMCC) $(LIBC_FLAGS) -c $< -o $@

# ---- The variants ----

# $(1) is the folder of the variant, $(2) the compiler, $(3) the compiler's flags.
define variant
$(OBJ)/$(1)/%.o: %.c Makefile
	@mkdir -p $$(@D) && echo "  CC      $$< ($(1))"
	@$(2) $(3) $$(FILE_FLAGS) -MMD -MP -c $$< -o $$@

$(OBJ)/$(1)/yyjson.o: build/sources/yyjson/src/yyjson.c Makefile
	@mkdir -p $$(@D) && echo "  CC      yyjson.c ($(1))"
	@$(2) $(3) $(YYJSON_FLAGS) -c $$< -o $$@

$(OBJ)/$(1)/src/image/decode.o: build/sources/stb/stb_image.h

$(1)_OBJECTS := $(ENGINE:%.c=$(OBJ)/$(1)/%.o) $(OBJ)/$(1)/yyjson.o
$(1)_TESTS := $(TESTS:%.c=$(OBJ)/$(1)/%.o)
-include $$($(1)_OBJECTS:.o=.d) $$($(1)_TESTS:.o=.d)
endef

include wasm-build/xnnpack.mk

$(eval $(call variant,wasm,$(EMCC),$(WASM_FLAGS) -DGC_XNNPACK $(XNNPACK_INCLUDES)))
$(eval $(call variant,relaxed,$(EMCC),$(RELAXED_FLAGS) -DGC_XNNPACK $(XNNPACK_INCLUDES)))
$(eval $(call variant,threads,$(EMCC),$(WASM_FLAGS) $(THREADS_FLAGS) -DGC_XNNPACK \
	$(XNNPACK_INCLUDES)))
$(eval $(call variant,relaxed-threads,$(EMCC),$(RELAXED_FLAGS) $(THREADS_FLAGS) -DGC_XNNPACK \
	$(XNNPACK_INCLUDES)))
$(eval $(call variant,stock,$(EMCC),$(RELAXED_FLAGS) -DGC_XNNPACK -DGC_STOCK \
	$(XNNPACK_INCLUDES)))
$(eval $(call variant,profile,$(EMCC),$(RELAXED_FLAGS) -DGC_XNNPACK -DGC_PROFILE \
	$(XNNPACK_INCLUDES)))
$(eval $(call variant,reference,$(EMCC),$(WASM_FLAGS) -DGC_DOUBLE))
$(eval $(call variant,native,$(CC),$(NATIVE_FLAGS)))
$(eval $(call variant,native-double,$(CC),$(NATIVE_FLAGS) -DGC_DOUBLE))
$(eval $(call variant,fuzz,$(CLANG),$(FUZZ_FLAGS)))
$(eval $(call variant,races,$(CLANG),$(RACES_FLAGS)))
$(OBJ)/races/src/base/threads.o: FILE_FLAGS := -include tests/threads/native.h

# ---- Targets ----

.DEFAULT_GOAL := wasm
.PHONY: wasm reference stock profile named native-tests fuzz races wasm-tests clean FORCE
.DELETE_ON_ERROR:

wasm: $(addprefix build/wasm/,gradcam.wasm gradcam-relaxed.wasm gradcam-threads.wasm \
		gradcam-relaxed-threads.wasm)
	@node wasm-build/check-module.js $^

reference: build/wasm/gradcam-reference.wasm

stock: build/wasm/gradcam-stock.wasm

profile: build/wasm/gradcam-profile.wasm

named: build/wasm/gradcam-named.wasm build/wasm/gradcam-named.map

native-tests: build/native/tests build/native/tests-double

# Each is tests/fuzz/NAME.c. `npm run fuzz` takes the names from here.
FUZZERS := pipe picture api hdf5

fuzz: $(addprefix build/fuzz/,$(FUZZERS) seeds tests)

races: build/native/races

wasm-tests: build/wasm/tests.mjs build/wasm/tests-relaxed.mjs build/wasm/pool.wasm

$(OBJ)/gradcam.wasm: $(wasm_OBJECTS) $(XNNPACK_OBJECTS) $(LIBC_OBJECTS)
	@echo "  LINK    $@"
	@$(EMCC) $(WASM_FLAGS) $(MODULE_FLAGS) $^ -o $@

$(OBJ)/gradcam-relaxed.wasm: $(relaxed_OBJECTS) $(XNNPACK_RELAXED_OBJECTS) $(LIBC_OBJECTS)
	@echo "  LINK    $@"
	@$(EMCC) $(RELAXED_FLAGS) $(MODULE_FLAGS) $^ -o $@

$(OBJ)/gradcam-threads.wasm: $(threads_OBJECTS) $(XNNPACK_OBJECTS) $(LIBC_OBJECTS)
	@echo "  LINK    $@"
	@$(EMCC) $(WASM_FLAGS) $(THREADS_MODULE_FLAGS) $^ -o $@

$(OBJ)/gradcam-relaxed-threads.wasm: $(relaxed-threads_OBJECTS) $(XNNPACK_RELAXED_OBJECTS) \
		$(LIBC_OBJECTS)
	@echo "  LINK    $@"
	@$(EMCC) $(RELAXED_FLAGS) $(THREADS_MODULE_FLAGS) $^ -o $@

$(OBJ)/gradcam-reference.wasm: $(reference_OBJECTS) $(LIBC_OBJECTS)
	@echo "  LINK    $@"
	@$(EMCC) $(WASM_FLAGS) $(MODULE_FLAGS) $^ -o $@

$(OBJ)/gradcam-stock.wasm: $(stock_OBJECTS) $(XNNPACK_RELAXED_OBJECTS) $(LIBC_OBJECTS)
	@echo "  LINK    $@"
	@$(EMCC) $(RELAXED_FLAGS) $(MODULE_FLAGS) $^ -o $@

$(OBJ)/gradcam-profile.wasm: $(profile_OBJECTS) $(XNNPACK_RELAXED_OBJECTS) $(LIBC_OBJECTS)
	@echo "  LINK    $@"
	@$(EMCC) $(RELAXED_FLAGS) $(MODULE_FLAGS) $^ -o $@

$(OBJ)/gradcam-named.wasm $(OBJ)/gradcam-named.map &: $(wasm_OBJECTS) $(XNNPACK_OBJECTS) \
		$(LIBC_OBJECTS)
	@echo "  LINK    $(OBJ)/gradcam-named.wasm"
	@$(EMCC) $(WASM_FLAGS) $(MODULE_FLAGS) --profiling-funcs -Wl,-Map=$(OBJ)/gradcam-named.map $^ \
		-o $(OBJ)/gradcam-named.wasm

# NODERAWFS lets the tests read files as the native ones do.
# --wrap sends malloc to tests/c/test_oom.c, which lets allocations fail.
# The host that holds files is web/package, so what calls it is left out of the tests.
TESTS_FLAGS := $(MEMORY_FLAGS) -Wl,--wrap=malloc -sNODERAWFS=1 -sEXIT_RUNTIME=1 \
	--extern-post-js wasm-build/run-tests.mjs

$(OBJ)/tests.mjs: $(wasm_TESTS) $(wasm_OBJECTS) $(XNNPACK_OBJECTS) wasm-build/run-tests.mjs
	@echo "  LINK    $@"
	@$(EMCC) $(WASM_FLAGS) $(TESTS_FLAGS) $(filter-out %/host.o,$(filter %.o,$^)) -o $@

$(OBJ)/tests-relaxed.mjs: $(relaxed_TESTS) $(relaxed_OBJECTS) $(XNNPACK_RELAXED_OBJECTS) \
		wasm-build/run-tests.mjs
	@echo "  LINK    $@"
	@$(EMCC) $(RELAXED_FLAGS) $(TESTS_FLAGS) $(filter-out %/host.o,$(filter %.o,$^)) -o $@

$(OBJ)/pool.wasm: $(patsubst %.c,$(OBJ)/threads/%.o,tests/threads/pool.c src/base/threads.c \
		src/base/memory.c)
	@echo "  LINK    $@"
	@$(EMCC) $(WASM_FLAGS) $(THREADS_MODULE_FLAGS) $^ -o $@

$(OBJ)/tests: $(native_TESTS) $(native_OBJECTS)
	@echo "  LINK    $@"
	@$(CC) $(NATIVE_FLAGS) -Wl,--wrap=malloc $^ -o $@ -lm

$(OBJ)/tests-double: $(native-double_TESTS) $(native-double_OBJECTS)
	@echo "  LINK    $@"
	@$(CC) $(NATIVE_FLAGS) -Wl,--wrap=malloc $^ -o $@ -lm

# What the fuzzers share with the C tests.
FUZZ_MODELS := $(addprefix $(OBJ)/fuzz/tests/c/,layer_models.o small_configs.o)

$(OBJ)/fuzzers/pipe: $(OBJ)/fuzz/tests/fuzz/json_mutator.o
$(OBJ)/fuzzers/pipe $(OBJ)/fuzzers/api: $(FUZZ_MODELS)

$(FUZZERS:%=$(OBJ)/fuzzers/%): $(OBJ)/fuzzers/%: $(OBJ)/fuzz/tests/fuzz/%.o $(fuzz_OBJECTS)
	@mkdir -p $(@D) && echo "  LINK    $@"
	@$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $^ -o $@ -lm

$(OBJ)/fuzzers/seeds: $(OBJ)/fuzz/tests/fuzz/seeds.o $(OBJ)/fuzz/tests/c/picture_files.o \
		$(FUZZ_MODELS) $(fuzz_OBJECTS)
	@mkdir -p $(@D) && echo "  LINK    $@"
	@$(CLANG) $(FUZZ_FLAGS) $^ -o $@ -lm

$(OBJ)/fuzzers/tests: $(fuzz_TESTS) $(fuzz_OBJECTS)
	@mkdir -p $(@D) && echo "  LINK    $@"
	@$(CLANG) $(FUZZ_FLAGS) -Wl,--wrap=malloc $^ -o $@ -lm

$(OBJ)/races-program: $(addprefix $(OBJ)/races/tests/,threads/races.o threads/pool.o \
		c/layer_models.o c/small_configs.o) $(races_OBJECTS)
	@echo "  LINK    $@"
	@$(CLANG) $(RACES_FLAGS) $^ -o $@ -lm -lpthread

# Copies the file of the config that was built to the path at the head of this file.
define place
@mkdir -p $(@D) && { cmp -s $(1) $(2) || cp $(1) $(2); }
endef

build/wasm/%.wasm: $(OBJ)/%.wasm FORCE
	$(call place,$<,$@)

build/wasm/%.map: $(OBJ)/%.map FORCE
	$(call place,$<,$@)

build/wasm/%.mjs: $(OBJ)/%.mjs FORCE
	$(call place,$<,$@)
	$(call place,$(<:.mjs=.wasm),$(@:.mjs=.wasm))

-include $(wildcard $(OBJ)/races/tests/*/*.d)

build/native/races: $(OBJ)/races-program FORCE
	$(call place,$<,$@)

build/native/%: $(OBJ)/% FORCE
	$(call place,$<,$@)

build/fuzz/%: $(OBJ)/fuzzers/% FORCE
	$(call place,$<,$@)

clean:
	rm -rf build/obj build/wasm build/native build/fuzz
