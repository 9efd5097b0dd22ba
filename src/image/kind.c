#include "image/kind.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

/* Bytes at an offset, and what a file with them is. */
struct kind {
    const char *name;
    size_t offset, length;
    const char *signature;
};

#define KIND(NAME, OFFSET, SIGNATURE) {NAME, OFFSET, sizeof SIGNATURE - 1, SIGNATURE}

static const struct kind decoded[] = {
    KIND("JPEG", 0, "\xFF\xD8\xFF"),
    KIND("PNG", 0, "\x89PNG\r\n\x1A\n"),
    KIND("BMP", 0, "BM"),
    KIND("GIF", 0, "GIF8"),
};

static const struct kind other_pictures[] = {
    KIND("a HEIC", 4, "ftyphei"),     KIND("a HEIC", 4, "ftyphev"),
    KIND("a HEIC", 4, "ftypmif1"),    KIND("a HEIC", 4, "ftypmsf1"),
    KIND("an AVIF", 4, "ftypavi"),    KIND("a TIFF", 0, "II*\0"),
    KIND("a TIFF", 0, "MM\0*"),       KIND("a TIFF", 0, "II+\0"),
    KIND("a TIFF", 0, "MM\0+"),       KIND("a WebP", 8, "WEBP"),
    KIND("a JPEG XL", 0, "\xFF\x0A"), KIND("a JPEG XL", 4, "JXL "),
    KIND("a JPEG 2000", 4, "jP  "),   KIND("a JPEG 2000", 0, "\xFF\x4F\xFF\x51"),
    KIND("a Photoshop", 0, "8BPS"),   KIND("an icon", 0, "\0\0\1\0"),
    KIND("an SVG", 0, "<svg"),        KIND("a Netpbm", 0, "P5"),
    KIND("a Netpbm", 0, "P6"),
};

/* Files that people take for pictures, and what to do with each. */
static const struct {
    struct kind kind;
    const char *advice;
} no_pictures[] = {
    {KIND("a web page", 0, "<!doctype html"), "download the picture that the page shows"},
    {KIND("a web page", 0, "<!DOCTYPE html"), "download the picture that the page shows"},
    {KIND("a web page", 0, "<html"), "download the picture that the page shows"},
    {KIND("a PDF file", 0, "%PDF"), "save its page as a PNG or JPEG file first"},
    {KIND("a Git LFS pointer", 0, "version https://git-lfs"), "run git lfs pull first"},
    {KIND("a zip file", 0, "PK\3\4"), "unpack it first"},
    {KIND("a gzip file", 0, "\x1F\x8B"), "unpack it first"},
};

static bool is_kind(const struct kind *kind, const uint8_t *bytes, size_t length) {
    return length >= kind->offset + kind->length &&
           memcmp(bytes + kind->offset, kind->signature, kind->length) == 0;
}

static const char *name_of(const struct kind *kinds, size_t count, const uint8_t *bytes,
                           size_t length) {
    for (size_t i = 0; i < count; i++)
        if (is_kind(&kinds[i], bytes, length))
            return kinds[i].name;
    return NULL;
}

const char *gc_picture_format(const uint8_t *bytes, size_t length) {
    return name_of(decoded, sizeof decoded / sizeof *decoded, bytes, length);
}

gc_status gc_refuse_picture(const uint8_t *bytes, size_t length) {
    const char *name =
        name_of(other_pictures, sizeof other_pictures / sizeof *other_pictures, bytes, length);
    if (name != NULL)
        return gc_fail(GC_INVALID_IMAGE,
                       "the picture is %s file, which cannot be decoded here; save it as a PNG or "
                       "JPEG file first",
                       name);
    for (size_t i = 0; i < sizeof no_pictures / sizeof *no_pictures; i++)
        if (is_kind(&no_pictures[i].kind, bytes, length))
            return gc_fail(GC_INVALID_IMAGE, "the file is no picture but %s; %s",
                           no_pictures[i].kind.name, no_pictures[i].advice);
    return gc_fail(GC_INVALID_IMAGE, "the %zu bytes are no JPEG, PNG, BMP or GIF picture", length);
}
