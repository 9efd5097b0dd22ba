/* Included before XNNPACK's gemm-config.c. On x86 that file asks JavaScript for the number of cores and
 * takes more than four as a sign of AVX, for which it has other kernels. Nearly every x86 has AVX since
 * 2011, and a module should import as little as it can. So the answer is always "eight", given at
 * compile time, which also leaves the kernels for machines without AVX out. */
#ifndef GC_XNNPACK_CORES_H
#define GC_XNNPACK_CORES_H

#include <emscripten.h>

#undef EM_JS
#define EM_JS(type, name, parameters, ...)                                                         \
    static type name parameters { return 8; }

#endif
