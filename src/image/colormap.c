/* Colour maps. The tables are made at build time by wasm-build/colormaps.js, which writes colormaps.h:
 *     static const struct {
 *         const char *name;
 *         uint8_t rgb[256][3];
 *     } gc_colormaps[] = {{"viridis", {{68, 1, 84}, ...}}, ...}; */
#include "gradcam.h"

#include <string.h>

#include "colormaps.h"

enum { COLORMAPS = sizeof gc_colormaps / sizeof *gc_colormaps };

const uint8_t *gc_colormap(const char *name) {
    for (int i = 0; name && i < COLORMAPS; i++) {
        if (strcmp(gc_colormaps[i].name, name) == 0)
            return gc_colormaps[i].rgb[0];
    }
    return NULL;
}

const char *gc_colormap_name(int32_t i) {
    return i >= 0 && i < COLORMAPS ? gc_colormaps[i].name : NULL;
}
