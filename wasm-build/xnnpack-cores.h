/* Included before XNNPACK's gemm-config.c. On x86 this file asks JavaScript for the number of
 * cores. It takes more than four cores as a sign of AVX, for which it has other kernels. Nearly
 * every x86 since 2011 has AVX, and a module should import as little as it can. Here the answer is
 * always eight, at compile time. The kernels for machines without AVX are then left out of the
 * module. */
#ifndef GC_XNNPACK_CORES_H
#define GC_XNNPACK_CORES_H

#include <emscripten.h>

#undef EM_JS
#define EM_JS(type, name, parameters, ...)                                                         \
    static type name parameters { return 8; }

#endif
