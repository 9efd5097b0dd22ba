# XNNPACK for WebAssembly. The files of xnnpack-sources.txt are compiled to two sets of objects,
# for SIMD128 and for relaxed SIMD. Both sets share the objects of the SIMD128 kernels. The same
# objects serve every config, because only the engine is debugged here.

XNNPACK_DIR := build/sources/xnnpack
XNNPACK_LIST := wasm-build/xnnpack-sources.txt
XNNPACK_FILES := $(shell sed '/^\#/d' $(XNNPACK_LIST))
XNNPACK_SIMD_FILES := $(shell sed '/^\#/d; /wasmrelaxedsimd/d' $(XNNPACK_LIST))
XNNPACK_SIMD_KERNELS := $(filter src/f32-% src/x32-%,$(XNNPACK_SIMD_FILES))

XNNPACK_OBJECTS := $(XNNPACK_SIMD_FILES:%=build/obj/xnnpack/%.o)
XNNPACK_RELAXED_OBJECTS := $(XNNPACK_SIMD_KERNELS:%=build/obj/xnnpack/%.o) \
	$(patsubst %,build/obj/xnnpack-relaxed/%.o,$(filter-out $(XNNPACK_SIMD_KERNELS),$(XNNPACK_FILES)))

# For files that call XNNPACK. -isystem, because its headers have warnings.
XNNPACK_INCLUDES := -isystem $(XNNPACK_DIR)/include -isystem build/sources/pthreadpool/include

# -Wno-...         pthreadpool.h is old C.
# -f...-sections   Each function has a section, so that the linker can drop unused ones.
# XNN_*            As in a release by XNNPACK's own CMake, without cpuinfo, which a browser lacks,
#                  without log, and without sparse kernels, which only its graph interface uses.
XNNPACK_FLAGS := -msimd128 -DNDEBUG -ffunction-sections -fdata-sections -Wno-deprecated-pragma \
	-DXNN_ENABLE_CPUINFO=0 -DXNN_LOG_LEVEL=0 -DXNN_ENABLE_GEMM_M_SPECIALIZATION=1 \
	-DXNN_ENABLE_MEMOPT=1 -DXNN_ENABLE_SPARSE=0 -DXNN_ENABLE_DWCONV_MULTIPASS=0 \
	-I$(XNNPACK_DIR)/include -I$(XNNPACK_DIR)/src $(addprefix -Ibuild/sources/, \
	pthreadpool/include fxdiv/include fp16/include)

# Kernels are compiled for speed. The rest runs once an operator, so it is compiled for size.
XNNPACK_OPTIMIZE = $(if $(findstring /src/f32-,$@),-O2,-Os)

build/obj/xnnpack-relaxed/%: XNNPACK_FLAGS += -mrelaxed-simd
build/obj/xnnpack/src/operators/% build/obj/xnnpack-relaxed/src/operators/%: \
	XNNPACK_FLAGS += -include wasm-build/xnnpack-float.h
build/obj/xnnpack/src/configs/gemm-config.c.o: XNNPACK_FLAGS += -include wasm-build/xnnpack-cores.h

XNNPACK_COMPILE = @mkdir -p $(@D) && echo "  CC      $(@:build/obj/%.o=%)" && \
	$(EMCC) $(XNNPACK_OPTIMIZE) $(XNNPACK_FLAGS) -MMD -MP -c $< -o $@

# The rules of one set, with its folder $(1). One file is C++, which needs no library.
define xnnpack_rules
$(1)/%.c.o: $(XNNPACK_DIR)/%.c wasm-build/xnnpack.mk
	$$(XNNPACK_COMPILE)

$(1)/%.cc.o: $(XNNPACK_DIR)/%.cc wasm-build/xnnpack.mk
	$$(XNNPACK_COMPILE) -fno-exceptions -fno-rtti
endef

$(eval $(call xnnpack_rules,build/obj/xnnpack))
$(eval $(call xnnpack_rules,build/obj/xnnpack-relaxed))

-include $(patsubst %.o,%.d,$(sort $(XNNPACK_OBJECTS) $(XNNPACK_RELAXED_OBJECTS)))
