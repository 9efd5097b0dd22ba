#include "keras/class.h"

#include <string.h>

#include "keras/field.h"

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

bool gc_class_is_model(const char *type) {
    return strcmp(type, "Functional") == 0 || strcmp(type, "Sequential") == 0 ||
           strcmp(type, "Model") == 0;
}

bool gc_class_is_sequential(yyjson_val *entry) {
    return yyjson_equals_str(yyjson_obj_get(entry, "class_name"), "Sequential");
}

bool gc_class_is_custom(yyjson_val *entry) {
    const char *registered = gc_json_text(yyjson_obj_get(entry, "registered_name"));
    if (registered != NULL && strchr(registered, '>') != NULL)
        return true;
    const char *module = gc_json_text(yyjson_obj_get(entry, "module"));
    return module != NULL && strcmp(module, "keras") != 0 && !starts_with(module, "keras.") &&
           !starts_with(module, "tf_keras.") && !starts_with(module, "tensorflow.");
}

bool gc_class_is_function(yyjson_val *entry) {
    const char *module = gc_json_text(yyjson_obj_get(entry, "module"));
    return module != NULL &&
           (starts_with(module, "keras.src.ops") || starts_with(module, "keras.ops"));
}

bool gc_class_may_be_function(yyjson_val *entry) {
    yyjson_val *call = yyjson_arr_get_first(yyjson_obj_get(entry, "inbound_nodes"));
    return yyjson_obj_get(entry, "module") == NULL && yyjson_obj_get(call, "args") != NULL &&
           yyjson_obj_get(yyjson_obj_get(entry, "config"), "trainable") == NULL;
}

void gc_class_snake_case(char *snake, const char *type) {
    const size_t length = strlen(type);
    for (size_t i = 0; i < length; i++) {
        const bool upper = type[i] >= 'A' && type[i] <= 'Z';
        const bool after_lower = i > 0 && type[i - 1] >= 'a' && type[i - 1] <= 'z';
        const bool before_lower = type[i + 1] >= 'a' && type[i + 1] <= 'z';
        if (upper && i > 0 && (after_lower || before_lower))
            *snake++ = '_';
        *snake++ = upper ? (char)(type[i] - 'A' + 'a') : type[i];
    }
    *snake = '\0';
}
