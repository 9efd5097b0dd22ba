/* Colour maps. wasm-build/colormaps.js makes the tables at build time and writes colormaps.h:
 *     static const struct {
 *         const char *name;
 *         uint8_t rgb[256][3];
 *     } gc_colormaps[] = {{"viridis", {{68, 1, 84}, ...}}, ...}; */
#include "image/colormap.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "colormaps.h"

enum { COLORMAPS = sizeof gc_colormaps / sizeof *gc_colormaps };

static gc_status unknown_colormap(const char *name) {
    char list[512] = "";
    for (int i = 0, used = 0; i < COLORMAPS && used < (int)sizeof list; i++)
        used += snprintf(list + used, sizeof list - (size_t)used, "%s%s", i == 0 ? "" : ", ",
                         gc_colormaps[i].name);
    return gc_fail(GC_INVALID_ARGUMENT, "colormap is '%.80s'; allowed: %s", name, list);
}

gc_status gc_colormap_find(const uint8_t **colors, const char *name) {
    for (int i = 0; i < COLORMAPS; i++)
        if (strcmp(gc_colormaps[i].name, name) == 0) {
            *colors = gc_colormaps[i].rgb[0];
            return GC_OK;
        }
    return unknown_colormap(name);
}

const char *gc_colormap_name(int32_t i) {
    return i >= 0 && i < COLORMAPS ? gc_colormaps[i].name : NULL;
}
