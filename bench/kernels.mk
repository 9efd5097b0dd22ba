# Builds the programs of bench/kernels.js. They use the objects of XNNPACK in the product, which
# have no relaxed SIMD.
#
#     make -f bench/kernels.mk bench-kernels
include Makefile

$(eval $(call variant,kernels,$(EMCC),$(WASM_FLAGS) -DGC_XNNPACK $(XNNPACK_INCLUDES)))
$(eval $(call variant,kernels-relaxed,$(EMCC),$(WASM_FLAGS) -mrelaxed-simd -DGC_XNNPACK $(XNNPACK_INCLUDES)))

.PHONY: bench-kernels
bench-kernels: build/bench/kernels.mjs build/bench/kernels-relaxed.mjs

KERNEL_SOURCES := bench/kernels.c $(wildcard src/base/*.c src/graph/*.c src/kernels/*.c src/ops/*.c)

define kernel_program
build/bench/$(1).mjs: $(KERNEL_SOURCES:%.c=$(OBJ)/$(1)/%.o) $(XNNPACK_OBJECTS) wasm-build/run-tests.mjs
	@mkdir -p $$(@D) && echo "  LINK    $$@"
	@$(EMCC) $(WASM_FLAGS) $(MEMORY_FLAGS) -sEXIT_RUNTIME=1 $$(filter %.o,$$^) \
		--extern-post-js wasm-build/run-tests.mjs -o $$@
endef
$(eval $(call kernel_program,kernels))
$(eval $(call kernel_program,kernels-relaxed))
-include $(OBJ)/kernels/bench/kernels.d $(OBJ)/kernels-relaxed/bench/kernels.d
