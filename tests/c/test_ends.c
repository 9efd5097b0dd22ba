/* What goes into a model and comes out of it: pictures, further inputs and heads. */
#include "base/memory.h"
#include "keras_json.h"
#include "small_models.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

/* ---- Helpers ---- */

static gc_status create(gc_model **model, const char *config) {
    char *json = malloc(strlen(config) + 1);
    strcpy(json, config);
    for (char *c = json; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    const gc_status status = gc_model_create(model, json, strlen(json));
    free(json);
    return status;
}

static void refuse(const char *config, gc_status status, const char *sentence) {
    const size_t before = gc_memory_in_use();
    gc_model *model;
    EXPECT_STATUS(create(&model, config), status);
    EXPECT_CONTAINS(gc_error(), sentence);
    EXPECT_INT(gc_memory_in_use(), before);
}

/* Names of all heads, "a b", with the default head behind them, "a b: a". */
static void expect_heads(const char *config, const char *expected) {
    gc_model *model;
    char text[200] = "";
    REQUIRE_OK(create(&model, config));
    for (int32_t i = 0; i < gc_model_head_count(model); i++) {
        strcat(text, gc_head_name(model, i));
        strcat(text, " ");
    }
    strcat(text, ": ");
    strcat(text, gc_head_name(model, gc_model_head(model)));
    EXPECT_TEXT(text, expected);
    EXPECT(gc_head_name(model, gc_model_head_count(model)) == NULL);
    gc_model_destroy(model);
}

/* Rows, columns and channels of the picture that a model takes. */
static void expect_picture(const char *config, int32_t height, int32_t width, int32_t channels) {
    gc_model *model;
    int32_t dims[3];
    REQUIRE_OK(create(&model, config));
    gc_model_input_shape(model, dims);
    EXPECT_INT(dims[0], height);
    EXPECT_INT(dims[1], width);
    EXPECT_INT(dims[2], channels);
    gc_model_destroy(model);
}

/* All weights are 1, but for those of one array. */
static void set_weights(gc_model *model, const char *other, float value) {
    for (int32_t i = 0; i < gc_model_weight_count(model); i++) {
        int32_t dims[GC_MAX_RANK];
        size_t count = 1;
        for (int32_t axis = gc_model_weight_shape(model, i, dims) - 1; axis >= 0; axis--)
            count *= (size_t)dims[axis];
        float *buffer;
        REQUIRE_OK(gc_model_weight_buffer(model, i, count, &buffer));
        for (size_t v = 0; v < count; v++)
            buffer[v] = strcmp(gc_model_weight_path(model, i), other) == 0 ? value : 1;
        EXPECT_OK(gc_model_check_weight(model, i, count));
    }
}

/* ---- Pictures ---- */

#define RESHAPE(SHAPE) LAYER("Reshape", "to", ",'target_shape':" SHAPE, "")
#define TAIL LAYER("Flatten", "flat", "", ""), DENSE("d", "")

TEST(a_grey_picture_may_lack_the_channels) {
    expect_picture(SEQUENTIAL(INPUT("in", "[null,6,8]"), TAIL), 6, 8, 1);
    expect_picture(SEQUENTIAL(INPUT("in", "[null,6,8]"), RESHAPE("[6,8,1]"), TAIL), 6, 8, 1);
}

TEST(a_list_that_becomes_a_picture_is_one) {
    expect_picture(SEQUENTIAL(INPUT("in", "[null,48]"), RESHAPE("[6,8]"), TAIL), 6, 8, 1);
    expect_picture(SEQUENTIAL(INPUT("in", "[null,48]"), RESHAPE("[6,8,1]"), TAIL), 6, 8, 1);
    expect_picture(SEQUENTIAL(INPUT("in", "[null,144]"), RESHAPE("[6,8,3]"), TAIL), 6, 8, 3);
    expect_picture(SEQUENTIAL(INPUT("in", "[null,48,3]"), RESHAPE("[6,8,3]"), TAIL), 6, 8, 3);
    expect_picture(SEQUENTIAL(INPUT("in", "[null,48]"),
                              LAYER("Rescaling", "r", ",'scale':2,'offset':1", ""),
                              RESHAPE("[6,8,1]"), TAIL),
                   6, 8, 1);
}

TEST(other_lists_are_no_pictures) {
    refuse(SEQUENTIAL(INPUT("in", "[null,784]"), DENSE("d", "")), GC_INVALID_MODEL,
           "does not take a picture: its input has the shape (784)");
    refuse(SEQUENTIAL(INPUT("in", "[null,48]"), LAYER("Dense", "features", ",'units':48", ""),
                      RESHAPE("[6,8,1]"), TAIL),
           GC_INVALID_MODEL, "does not take a picture");
    refuse(SEQUENTIAL(INPUT("in", "[null,48]"), RESHAPE("[48,1]"), TAIL), GC_INVALID_MODEL,
           "does not take a picture");
    refuse(SEQUENTIAL(INPUT("in", "[null,128,3]"), TAIL), GC_INVALID_MODEL,
           "does not take a picture");
}

/* ---- Heads ---- */

#define ENDS(IN, OUT, ...) MODEL("Functional", FUNCTIONAL_FIELDS(IN, OUT, PICTURE, __VA_ARGS__))
#define UNIT(NAME, UNITS, ACTIVATION, FROM_NAME)                                                   \
    LAYER("Dense", NAME, ",'units':" UNITS ",'activation':'" ACTIVATION "'", FROM(FROM_NAME))
#define HEADS                                                                                      \
    POOL("pool", FROM("in")), UNIT("age", "1", "linear", "pool"),                                  \
        UNIT("box", "4", "linear", "pool"), UNIT("kind", "3", "softmax", "pool"),                  \
        UNIT("is", "1", "sigmoid", "pool")

TEST(the_default_head_gives_classes) {
    expect_heads(ENDS("['in',0,0]", "[['age',0,0],['box',0,0],['kind',0,0]]", HEADS),
                 "age box kind : kind");
    expect_heads(ENDS("['in',0,0]", "[['age',0,0],['box',0,0]]", HEADS), "age box : box");
    expect_heads(ENDS("['in',0,0]", "[['age',0,0],['is',0,0]]", HEADS), "age is : is");
    expect_heads(ENDS("['in',0,0]", "[['in',0,0],['age',0,0]]", HEADS), "in age : in");
}

TEST(heads_have_the_keys_of_a_dictionary) {
    expect_heads(ENDS("['in',0,0]", "{'first':['age',0,0],'second':['kind',0,0]}", HEADS),
                 "first second : second");
}

/* A nested model, or a split, whose outputs become heads. */
TEST(heads_may_be_outputs_of_one_layer) {
    expect_heads(ENDS("['in',0,0]", "[['s',0,0],['s',0,2]]",
                      "{'class_name':'Split','module':'keras.src.ops.numpy','name':'s','config':"
                      "{'name':'s','indices_or_sections':3,'axis':-1},'inbound_nodes':[" ARGS(
                          TENSOR("in")) "]}"),
                 "s s:2 : s");
    expect_heads(
        ENDS("['in',0,0]", "[['net',1,0],['net',1,1]]",
             LAYER("Functional", "net",
                   FUNCTIONAL_FIELDS("['in',0,0]", "[['age',0,0],['kind',0,0]]", PICTURE, HEADS),
                   FROM("in"))),
        "net net:1 : net:1");
}

TEST(the_chosen_head_is_explained) {
    gc_model *model;
    float input[8 * 8 * 3], scores[4], raw[64], norm = -1;
    const char *config = ENDS("['in',0,0]", "[['box',0,0],['kind',0,0]]",
                              CONV("branch", "", FROM("in")), POOL("end", FROM("branch")), HEADS);
    int32_t branch, dims[GC_MAX_RANK];
    for (int32_t i = 0; i < 8 * 8 * 3; i++)
        input[i] = 0.5f;
    REQUIRE_OK(create(&model, config));
    set_weights(model, "box/bias", 2);
    EXPECT_INT(gc_model_head(model), 1);
    EXPECT_STATUS(gc_model_select_head(model, 2), GC_INVALID_ARGUMENT);
    EXPECT_OK(gc_model_select_head(model, 0));
    EXPECT_INT(gc_model_class_count(model), 4);
    EXPECT_INT(gc_head_shape(model, 0, dims), 1);
    EXPECT_OK(gc_model_plan(model, 8, 8, 0));
    EXPECT_STATUS(gc_model_select_head(model, 1), GC_INVALID_ARGUMENT);
    EXPECT_OK(gc_model_forward(model, input, 8 * 8 * 3));
    EXPECT_OK(gc_model_outputs(model, GC_SCORE, scores, 4));
    EXPECT_NEAR(scores[3], 3.5, 1e-6);
    /* The branch does not lead to the head, so it has a blank map and is not the default. */
    EXPECT_OK(gc_model_find_layer(model, "branch", &branch));
    EXPECT(gc_model_default_layer(model) != branch);
    EXPECT_INT(gc_layer_leads(model, branch), 0);
    EXPECT_INT(gc_layer_leads(model, gc_model_default_layer(model)), 1);
    EXPECT_OK(
        small_explain(model, 0, (float[]){1, 0, 0, 0}, 1, GC_SCORE, &branch, 1, raw, 36, &norm));
    EXPECT_NEAR(raw[7], 0, 0);
    EXPECT_NEAR(norm, 0, 0);
    gc_model_destroy(model);
}

/* A head with positions has as many classes as channels. One seed explains all positions. */
TEST(a_head_with_positions_has_a_class_for_each_channel) {
    gc_model *model;
    float input[8 * 8 * 3] = {0}, values[6 * 6 * 4], raw[36], gradients[8 * 8 * 3];
    const char *config = FUNCTIONAL("c", PICTURE, CONV("c", "", FROM("in")));
    int32_t layers[2];
    input[0] = 1;
    REQUIRE_OK(create(&model, config));
    set_weights(model, "c/bias", 2);
    EXPECT_INT(gc_model_class_count(model), 4);
    EXPECT_OK(gc_model_plan(model, 8, 8, 0));
    EXPECT_INT(gc_model_output_count(model), 6 * 6 * 4);
    EXPECT_OK(gc_model_forward(model, input, 8 * 8 * 3));
    EXPECT_OK(gc_model_outputs(model, GC_SCORE, values, 6 * 6 * 4));
    EXPECT_NEAR(values[0], 3, 1e-6);
    EXPECT_NEAR(values[6 * 6 * 4 - 1], 2, 1e-6);
    EXPECT_OK(gc_model_find_layer(model, "c", &layers[0]));
    EXPECT_OK(gc_model_find_layer(model, "in", &layers[1]));
    const float seed[] = {0, 1, 0, 0};
    EXPECT_OK(small_explain(model, 0, seed, 1, GC_SCORE, layers, 1, raw, 36, NULL));
    EXPECT_NEAR(raw[0], 3, 1e-6);
    EXPECT_NEAR(raw[35], 2, 1e-6);
    EXPECT_OK(gc_model_gradients(model, GC_SCORE, seed, 4, &layers[1], 1, gradients, 8 * 8 * 3));
    EXPECT_NEAR(gradients[0], 1, 1e-6);
    EXPECT_NEAR(gradients[3 * (8 * 3 + 3)], 9, 1e-5); /* as many windows hold an inner pixel */
    gc_model_destroy(model);
}

/* ---- Further inputs ---- */

#define MERGED                                                                                     \
    INPUT("table", "[null,3]"), POOL("pool", FROM("in")),                                          \
        LAYER("Concatenate", "both", "", FROM2("pool", "table")), DENSE("d", FROM("both"))

TEST(further_inputs_are_given_before_a_run) {
    gc_model *model;
    float input[8 * 8 * 3] = {0}, scores[5], gradient[3];
    int32_t table, dims[GC_MAX_RANK];
    REQUIRE_OK(create(&model, ENDS("[['table',0,0],['in',0,0]]", "['d',0,0]", MERGED)));
    set_weights(model, "d/bias", 0);
    EXPECT_INT(gc_model_input_count(model), 2);
    EXPECT_TEXT(gc_input_name(model, 0), "in");
    EXPECT_TEXT(gc_input_name(model, 1), "table");
    EXPECT(gc_input_name(model, 2) == NULL);
    EXPECT_INT(gc_input_shape(model, 1, dims), 1);
    EXPECT_INT(dims[0], 3);
    EXPECT_STATUS(gc_model_set_input(model, 1, input, 3), GC_NOT_READY);
    EXPECT_OK(gc_model_plan(model, 8, 8, 0));
    EXPECT_STATUS(gc_model_forward(model, input, 8 * 8 * 3), GC_NOT_READY);
    EXPECT_CONTAINS(gc_error(), "'table' of shape (3)");
    EXPECT_STATUS(gc_model_set_input(model, 0, input, 3), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_model_set_input(model, 1, input, 2), GC_INVALID_ARGUMENT);
    EXPECT_STATUS(gc_model_set_input(model, 1, (float[]){0, 1.0f / 0.0f, 0}, 3), GC_INVALID_INPUT);
    EXPECT_OK(gc_model_set_input(model, 1, (float[]){1, 2, 3}, 3));
    EXPECT_OK(gc_model_forward(model, input, 8 * 8 * 3));
    EXPECT_OK(gc_model_outputs(model, GC_LOGIT, scores, 5));
    EXPECT_NEAR(scores[4], 6, 1e-6);
    EXPECT_OK(gc_model_find_layer(model, "table", &table));
    EXPECT_OK(
        gc_model_gradients(model, GC_LOGIT, (float[]){2, 0, 0, 0, 0}, 5, &table, 1, gradient, 3));
    EXPECT_NEAR(gradient[2], 2, 1e-6);
    EXPECT_OK(gc_model_plan(model, 8, 8, GC_PLAN_UNFUSED));
    EXPECT_STATUS(gc_model_forward(model, input, 8 * 8 * 3), GC_NOT_READY);
    gc_model_destroy(model);
}

TEST(a_further_input_has_a_known_size) {
    refuse(ENDS("[['in',0,0],['other',0,0]]", "['d',0,0]", INPUT("other", "[null,null,8,3]"),
                LAYER("Add", "sum", "", FROM2("in", "other")), POOL("pool", FROM("sum")),
                DENSE("d", FROM("pool"))),
           GC_UNSUPPORTED_LAYER, "input 'other' has the shape (0, 8, 3)");
}
