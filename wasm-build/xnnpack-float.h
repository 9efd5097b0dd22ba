/* Included before each of XNNPACK's operator files. An operator asks these functions for its
 * kernels, and NULL means that the machine has none. NULL for all number types but float32 keeps
 * their kernels out of the module, which the linker could not do. NULL for the reference kernels
 * does the same, because they serve the number types without other kernels. */
#ifndef GC_XNNPACK_FLOAT_H
#define GC_XNNPACK_FLOAT_H

/* The declarations come first, because the macros would spoil them. */
#include "xnnpack/config.h"
#include "xnnpack/reference-config.h"

#define xnn_init_binary_reference_config(...) NULL
#define xnn_init_unary_reference_config(...) NULL

#define xnn_init_f16_to_f32_cvt_config() NULL
#define xnn_init_f32_to_f16_cvt_config() NULL
#define xnn_init_f32_to_qs8_cvt_config() NULL
#define xnn_init_f32_to_qu8_cvt_config() NULL
#define xnn_init_qs8_cvt_config() NULL
#define xnn_init_qs8_lrelu_config() NULL
#define xnn_init_qs8_rdsum_config() NULL
#define xnn_init_qs8_rsum_config() NULL
#define xnn_init_qs8_to_f32_cvt_config() NULL
#define xnn_init_qs8_vadd_config() NULL
#define xnn_init_qs8_vmul_config() NULL
#define xnn_init_qu8_cvt_config() NULL
#define xnn_init_qu8_lrelu_config() NULL
#define xnn_init_qu8_rdsum_config() NULL
#define xnn_init_qu8_rsum_config() NULL
#define xnn_init_qu8_to_f32_cvt_config() NULL
#define xnn_init_qu8_vadd_config() NULL
#define xnn_init_qu8_vmul_config() NULL
#define xnn_init_s32_to_f32_cvt_config() NULL
#define xnn_init_s8_clamp_config() NULL
#define xnn_init_u8_clamp_config() NULL
#define xnn_init_x8_lut_config() NULL

#endif
