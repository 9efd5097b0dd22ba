/* Writes what the fuzzers start from, a folder for each.
 *
 *     seeds FOLDER
 *
 * FOLDER/pipe, FOLDER/picture and FOLDER/api exist already. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../c/layer_models.h"
#include "../c/picture_files.h"

static const char *folder;

static void write_seed(const char *target, int number, const void *bytes, size_t length) {
    char path[1000];
    snprintf(path, sizeof path, "%s/%s/%03d", folder, target, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
        fprintf(stderr, "%s cannot be written\n", path);
        exit(1);
    }
}

/* Sixteen bytes of options follow a picture. */
static void write_pictures(void) {
    static struct file files[PICTURE_FILES];
    picture_files(files);
    for (int i = 0; i < PICTURE_FILES; i++) {
        for (int option = 0; option < 16; option++)
            put_number(&files[i], (uint32_t)(i * 37 + option * 11) % 256, 1, true);
        write_seed("picture", i, files[i].bytes, files[i].length);
    }
}

/* A script for each model. It is made, and every call follows with arguments that are not odd. */
static void write_script(int model) {
    enum { STEP = 16, CALLS = 22 };
    uint8_t script[(1 + 2 * CALLS) * STEP] = {0};
    script[2] = (uint8_t)model;
    for (int i = 1; i <= 2 * CALLS; i++) {
        script[i * STEP + 1] = (uint8_t)((i - 1) % CALLS + 1);
        for (int argument = 2; argument < STEP; argument++)
            script[i * STEP + argument] = (uint8_t)(i > CALLS ? 2 * (i + model) * argument : 0);
    }
    write_seed("api", model, script, sizeof script);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    write_pictures();
    for (int i = 0; layer_models[i].name != NULL; i++) {
        write_seed("pipe", i, layer_models[i].config, strlen(layer_models[i].config));
        write_script(i);
    }
    return 0;
}
