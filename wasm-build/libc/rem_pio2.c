/* The C library's reduction of large angles for sin and cos, with the digits of 2 / pi that doubles
 * need. The library's own object has ten times as many digits, for long doubles. */
#include "libm.h"

#undef LDBL_MAX_EXP
#define LDBL_MAX_EXP DBL_MAX_EXP
#include "math/__rem_pio2_large.c"
