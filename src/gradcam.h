/* gradcam.h - where did this image classifier look?
 *
 * The one public header of the engine. A Keras model is built, planned and run. A run gives scores,
 * logits, and the map of any class at any layer, by several methods.
 *
 *     gc_model *model;
 *     gc_model_create(&model, config_json, length);          build: the layer graph
 *     gc_model_set_weight(model, 0, data, count);            ... for every weight array
 *     gc_model_plan(model, 224, 224, 0);                     plan: shapes, fusion, one arena
 *     gc_model_forward(model, input, input_count);           run
 *     seed[282] = 1;
 *     gc_model_explain(model, &method, 1, 0, seed, 1, GC_SCORE, &layer, 1, raw, count, NULL);
 *     gc_model_destroy(model);
 *
 * Conventions, true for every function:
 * - Tensors are NHWC float32 with the last axis fastest. The batch is 1 and its axis is left out.
 * - A function that can fail returns a gc_status. gc_error() then gives a sentence for people. It
 *   says what was given and what is allowed. After a failure every object is as usable as before
 *   the call.
 * - The caller owns every buffer it passes. The engine copies what it keeps. Pointers that the
 *   engine returns belong to the model and live until it is destroyed or planned anew.
 * - Nothing aborts, exits, prints or starts a thread. One model is used by one thread at a time.
 *   gc_error() is per process.
 */
#ifndef GRADCAM_H
#define GRADCAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __EMSCRIPTEN__
#define GC_API __attribute__((used, visibility("default")))
#else
#define GC_API
#endif

/* ---- Limits: refused before any work begins (GC_TOO_LARGE) ---- */

#define GC_MAX_RANK 5                   /* axes of a tensor, the batch not counted */
#define GC_MAX_LAYERS 20000             /* Keras layers of a model, nested ones included */
#define GC_MAX_CONFIG_BYTES (64 << 20)  /* JSON text of a model's configuration */
#define GC_MAX_TENSOR_BYTES (1 << 30)   /* one tensor or weight array */
#define GC_MAX_IMAGE_PIXELS (128 << 20) /* width x height of a picture */
#define GC_MAX_IMAGE_SIDE 32767         /* width or height of a picture */

/* ---- Status ---- */

typedef enum gc_status {
    GC_OK = 0,
    GC_INVALID_ARGUMENT,  /* a NULL, a size or an option that no call can mean */
    GC_INVALID_MODEL,     /* not a Keras model, or one whose parts contradict each other */
    GC_UNSUPPORTED_LAYER, /* a well-formed model with layers that the engine lacks, all named */
    GC_UNKNOWN_LAYER,     /* no layer has that name. The message gives the nearest names */
    GC_INVALID_LAYER,     /* a layer without a map, because its output has no rows and columns */
    GC_INVALID_INPUT,     /* values of an input that are no finite numbers */
    GC_INVALID_IMAGE,     /* bytes that are no picture, or a picture without pixels */
    GC_TOO_LARGE,         /* beyond a limit above */
    GC_OUT_OF_MEMORY,
    GC_NOT_READY, /* called before the step that it needs (weights, plan, forward) */
    GC_INTERNAL   /* a kernel refused what the plan gave it. This is a defect, please report it */
} gc_status;

/* The status' name as text, "UNKNOWN_LAYER". Names are stable, for programs. Never NULL. */
GC_API const char *gc_status_name(gc_status status);

/* The sentence of the last failure, for people, in UTF-8. Never NULL. Valid until the next call. */
GC_API const char *gc_error(void);

/* ---- Build: a model from a Keras configuration and weight arrays ---- */

typedef struct gc_model gc_model;

/* Builds the layer graph of a Keras model, nested models included. Weights are still missing.
 *   model    receives the model, to be given to gc_model_destroy; NULL on failure
 *   config   JSON text, `length` bytes, as model.to_json() of Keras 2 or 3 gives it for a
 *            Functional or Sequential model
 * Fails with INVALID_MODEL, UNSUPPORTED_LAYER (all such layers are named), TOO_LARGE,
 * OUT_OF_MEMORY. */
GC_API gc_status gc_model_create(gc_model **model, const char *config, size_t length);

/* The Keras classes of layers, and the names of activations, that a configuration may hold. Call
 * with i = 0, 1, ... until NULL follows the last. */
GC_API const char *gc_supported_layer(int32_t i);
GC_API const char *gc_supported_activation(int32_t i);

/* The functions that a configuration may call on the outputs of layers, besides the activations.
 * Keras 3 writes the class of a function of keras.ops, "ExpandDims". Keras 2 writes the name of a
 * function of TensorFlow, "expand_dims". Call them as those above. */
GC_API const char *gc_supported_function(int32_t i);
GC_API const char *gc_supported_tensorflow_function(int32_t i);

/* Gives back everything the model holds. NULL is allowed. */
GC_API void gc_model_destroy(gc_model *model);

/* The model's own name in its configuration. */
GC_API const char *gc_model_name(const gc_model *model);

/* Number of weight arrays that the model needs. They come in the order of the layers in the
 * configuration and, within a layer, in Keras' order (kernel, bias). */
GC_API int32_t gc_model_weight_count(const gc_model *model);

/* Path of weight `index`, layer and array, outer models first, "base/Conv1/kernel". NULL if there
 * is no such weight. */
GC_API const char *gc_model_weight_path(const gc_model *model, int32_t index);

/* Writes the axes of weight `index` to dims[GC_MAX_RANK] and returns the rank, -1 if there is no
 * such weight. */
GC_API int32_t gc_model_weight_shape(const gc_model *model, int32_t index, int32_t *dims);

/* Finds the weight that a file means by `name` and writes its index. Writes -1 if the model has no
 * such weight. Optimizer state and counters are such names and may be ignored.
 *   name   as the file gives it, parts joined by "/":
 *          - a path as gc_model_weight_path gives it ("base/Conv1/kernel", tfjs and safetensors)
 *          - Keras' HDF5 layout: the group of the top-level layer, then the weight's own name
 *            ("mobilenetv2_1.00_160/Conv1/kernel:0", "dense/dense/bias:0")
 *          - Keras 3's store: "layers/functional/layers/conv2d_1/vars/0"
 * Fails with INVALID_MODEL if the name fits several weights. */
GC_API gc_status gc_model_find_weight(const gc_model *model, const char *name, int32_t *index);

/* Copies the values of weight `index` into the model. May be called again until the plan is made.
 *   data   [count] float32, row-major, where count is the product of the weight's axes
 * Fails with INVALID_MODEL if the count differs or a value is not finite, INVALID_ARGUMENT. */
GC_API gc_status gc_model_set_weight(gc_model *model, int32_t index, const float *data,
                                     size_t count);

/* Gives the model's own buffer for the values of weight `index`. The caller writes them there, so
 * that nothing is copied and long work can be interrupted. The weight is set when
 * gc_model_check_weight has seen all its values.
 *   count    number of values, the product of the weight's axes
 *   buffer   receives [count]. It belongs to the model and stays where it is
 * Fails with INVALID_MODEL if the count differs, INVALID_ARGUMENT, OUT_OF_MEMORY. */
GC_API gc_status gc_model_weight_buffer(gc_model *model, int32_t index, size_t count,
                                        float **buffer);

/* Checks the next `count` values in a weight's buffer. The first call begins with the first value.
 * Fails with INVALID_MODEL if one is not finite, INVALID_ARGUMENT if there are not so many. */
GC_API gc_status gc_model_check_weight(gc_model *model, int32_t index, size_t count);

/* Copies `count` values of weight `index` as they were set, row-major, from value `first` on. There
 * may be fewer. Returns how many there were, which is 0 without such a weight or before it has a
 * buffer.
 *   values   [count] */
GC_API size_t gc_model_read_weight(const gc_model *model, int32_t index, size_t first, size_t count,
                                   float *values);

/* ---- Plan ---- */

/* Plans without fusion, so that every Keras layer is computed by itself. Slower, and meant for
 * tests. */
#define GC_PLAN_UNFUSED 1u

/* What a run keeps of its tensors, so that layers can be explained without a further forward pass.
 * KEEP_LAYERS keeps those of all layers. KEEP_CHECKPOINTS keeps the inputs, and what the default
 * layer and all later ones need. A run that is asked for more is made again and keeps it until the
 * next forward pass. Without either flag a run keeps what was asked of the run before. The results
 * are the same to the bit. */
#define GC_PLAN_KEEP_LAYERS 2u
#define GC_PLAN_KEEP_CHECKPOINTS 4u

/* Fixes the input's size, decides what is fused, prepares the kernels and allocates one arena for
 * all tensors. From then on a run allocates nothing but what the first backward pass through a
 * layer packs, and another arena when it is to keep more or less.
 *   height, width   of the picture; must be those of the configuration where it has them
 *   flags           0 or the sum of some GC_PLAN_...
 * Fails with NOT_READY if weights are missing (they are named), INVALID_ARGUMENT, INVALID_MODEL,
 * TOO_LARGE, OUT_OF_MEMORY. May be called again with another size. */
GC_API gc_status gc_model_plan(gc_model *model, int32_t height, int32_t width, uint32_t flags);

/* The same in steps, so that the caller can do other work in between. Call gc_model_plan_start
 * once, then gc_model_plan_next until it writes 0 to `left`, the number of steps that remain. If
 * gc_model_plan_next fails (OUT_OF_MEMORY, INTERNAL), there is no plan. */
GC_API gc_status gc_model_plan_start(gc_model *model, int32_t height, int32_t width,
                                     uint32_t flags);
GC_API gc_status gc_model_plan_next(gc_model *model, int32_t *left);

/* Bytes that the model holds now, in weights, packed weights and tensors. */
GC_API size_t gc_model_memory(const gc_model *model);

/* ---- Shapes and layers ---- */

/* Writes the height, width and channels of the picture that the model takes to dims[3]. A side is 0
 * where the configuration leaves it open and no plan was made. An input with two axes is a grey
 * picture. An input with one axis is a picture if the first layers reshape it to one. */
GC_API void gc_model_input_shape(const gc_model *model, int32_t *dims);

/* 1 if the configuration has the input's channels first, as (channels, height, width). They are
 * converted, and gc_model_forward takes them last all the same. */
GC_API int32_t gc_model_channels_first(const gc_model *model);

/* Number of inputs. Input 0 is the picture. Further inputs are constants of a run. */
GC_API int32_t gc_model_input_count(const gc_model *model);

/* Name of an input, which is that of its InputLayer. NULL if there is no such input. */
GC_API const char *gc_input_name(const gc_model *model, int32_t input);

/* Writes the axes of an input as Keras has them to dims[GC_MAX_RANK] and returns the rank, -1 if
 * there is no such input. An open side of the picture is 0. */
GC_API int32_t gc_input_shape(const gc_model *model, int32_t input, int32_t *dims);

/* Number of heads. A head is an output of the model. One of them is explained. */
GC_API int32_t gc_model_head_count(const gc_model *model);

/* Name of a head. It is the path of the layer that gives the output, or the key in a dictionary of
 * outputs. NULL if there is no such head. */
GC_API const char *gc_head_name(const gc_model *model, int32_t head);

/* Writes the axes of a head's output to dims[GC_MAX_RANK] (0 where the size is still open) and
 * returns the rank, -1 if there is no such head. */
GC_API int32_t gc_head_shape(const gc_model *model, int32_t head, int32_t *dims);

/* 1 if a head's output has the channels first, as (channels, rows, columns), else 0. */
GC_API int32_t gc_head_channels_first(const gc_model *model, int32_t head);

/* The head that is explained. After the build it is the first list of several values behind a
 * softmax or sigmoid. Without one it is the first list of several values, then the first head
 * behind a softmax or sigmoid, then the first head. */
GC_API int32_t gc_model_head(const gc_model *model);

/* Chooses the head that is explained. Must be called before the plan. Fails with INVALID_ARGUMENT.
 */
GC_API gc_status gc_model_select_head(gc_model *model, int32_t head);

/* Number of classes, which is the last axis of the head's output. The head of a model for
 * segmentation, or a base without a head, gives a value for each position and class. */
GC_API int32_t gc_model_class_count(const gc_model *model);

/* Number of values in the head's output. It is the number of classes times that of positions. */
GC_API int32_t gc_model_output_count(const gc_model *model);

/* Number of layers, one entry per Keras layer and call, nested ones included, in the order in which
 * the network runs. A nested model also has an entry, after its layers. It stands for the model's
 * output. */
GC_API int32_t gc_model_layer_count(const gc_model *model);

/* Path of a layer, names from outside to inside joined by "/", such as "base/Conv1". A second call
 * of the same layer is "base/Conv1@1". NULL if there is no such layer, as for the functions that
 * follow. */
GC_API const char *gc_layer_path(const gc_model *model, int32_t layer);

/* Keras class of a layer, such as "Conv2D". */
GC_API const char *gc_layer_type(const gc_model *model, int32_t layer);

/* Writes the axes of the layer's output to dims[GC_MAX_RANK] (0 where the size is still open) and
 * returns the rank, -1 if there is no such layer. The axes are in Keras' order. */
GC_API int32_t gc_layer_shape(const gc_model *model, int32_t layer, int32_t *dims);

/* 1 if the layer's output has the channels first, as (channels, rows, columns), else 0. */
GC_API int32_t gc_layer_channels_first(const gc_model *model, int32_t layer);

/* Writes the rows and columns of the layer's map to dims[2], which are those of its output. An
 * output of tokens, [tokens][channels], is a square picture of patches if the number of tokens is a
 * square from 4 on, or a square and 1. In the second case the first token is the class token of a
 * vision transformer. It is left out of the map, and of the means over the positions. Returns the
 * number of tokens that are left out, and -1 if the layer has no map. */
GC_API int32_t gc_layer_map(const gc_model *model, int32_t layer, int32_t *dims);

/* 1 if the head that is explained depends on the layer's output, else 0. Layers of other heads have
 * blank maps. */
GC_API int32_t gc_layer_leads(const gc_model *model, int32_t layer);

/* Number of values in the layer's weights. A nested model counts those of its layers. Trainable
 * values are those that training would change. Moving statistics and frozen layers are not
 * trainable. */
GC_API double gc_layer_params(const gc_model *model, int32_t layer);
GC_API double gc_layer_trainable_params(const gc_model *model, int32_t layer);

/* The nested model that a layer stands in (an index of a layer), -1 at the top level. */
GC_API int32_t gc_layer_parent(const gc_model *model, int32_t layer);

/* The layers whose outputs a layer takes. The first function counts them, the second gives the
 * index of the layer that is input number `i`. */
GC_API int32_t gc_layer_input_count(const gc_model *model, int32_t layer);
GC_API int32_t gc_layer_input(const gc_model *model, int32_t layer, int32_t i);

/* Finds a layer by its path, or by its last part alone where only one layer has it.
 * Fails with UNKNOWN_LAYER if no layer has it (the nearest names are given) or several have. */
GC_API gc_status gc_model_find_layer(const gc_model *model, const char *name, int32_t *layer);

/* The layer that is explained by default. It is the last in the network's order whose output has
 * rows, columns and channels and more than 1 x 1 positions. Nested models themselves and functions
 * of keras.ops do not count. Layers between the picture and the head come first. -1 if there is no
 * such layer. */
GC_API int32_t gc_model_default_layer(const gc_model *model);

/* ---- Run ---- */

/* What is explained of a class. The score is the model's output as the model gives it. The logit is
 * the value before the final softmax or sigmoid. Both are the same where the model ends without
 * one. */
typedef enum gc_output { GC_SCORE = 0, GC_LOGIT = 1 } gc_output;

/* Gives a further input its values. All runs use them, until the input gets others or the model is
 * planned anew.
 *   input    1 to the number of inputs - 1
 *   values   in the input's shape and Keras' order of axes, `count` finite values
 * Fails with NOT_READY before a plan, INVALID_INPUT, INVALID_ARGUMENT. */
GC_API gc_status gc_model_set_input(gc_model *model, int32_t input, const float *values,
                                    size_t count);

/* Runs the network on one preprocessed picture. What the plan keeps of the run lasts until the next
 * forward. A call below that needs more runs the network again by itself, and fails with
 * OUT_OF_MEMORY or INTERNAL if that does.
 *   input   [height][width][channels], `count` finite values in all
 * Fails with NOT_READY before a plan or without values for a further input, INVALID_INPUT,
 * INVALID_ARGUMENT, OUT_OF_MEMORY, INTERNAL. */
GC_API gc_status gc_model_forward(gc_model *model, const float *input, size_t count);

/* Says that gradients of the input will be asked of the next run. The run keeps what they need at
 * once, so that the first of them does not run the network again. Without memory for that, the run
 * keeps less. A new plan forgets the call. */
GC_API void gc_model_expect_gradients(gc_model *model);

/* Number of steps of a forward, 0 before the plan. Fusion makes one step of several layers, and a
 * layer may take several steps. */
GC_API int32_t gc_model_step_count(const gc_model *model);

/* Runs one step of the last forward again, so that the caller can measure its time. The values stay
 * as they are. Fails with NOT_READY before a forward, INVALID_ARGUMENT, OUT_OF_MEMORY, INTERNAL. */
GC_API gc_status gc_model_step(gc_model *model, int32_t step);

/* The layer (an index) that part `i` of a step comes from, -1 if the step has fewer parts. */
GC_API int32_t gc_step_layer(const gc_model *model, int32_t step, int32_t i);

/* Writes the first layer of the last run whose output holds a number that is not finite, -1 if
 * there is none. A layer whose values overflow before its clamp counts too. Fails with NOT_READY
 * before a forward, INVALID_ARGUMENT. */
GC_API gc_status gc_model_find_not_finite(gc_model *model, int32_t *layer);

/* Copies the output of the chosen head, or the logits, of the last run.
 *   values   [positions][classes], `count` values, as gc_model_output_count says
 * Fails with NOT_READY before a forward, INVALID_ARGUMENT. */
GC_API gc_status gc_model_outputs(const gc_model *model, gc_output output, float *values,
                                  size_t count);

/* Names of the explanation methods. Call with i = 0, 1, ... until NULL follows the last. With A a
 * layer's output, G = d output(target) / d A, and p a position, the raw map of each is
 *     gradCam           map(p) = sum_k w(k) A(p, k), w(k) = mean over positions of G(., k)
 *                       Selvaraju et al. 2017, arXiv:1610.02391. The first, and the package's
 *                       default
 *     gradCamPlusPlus   the same with w(k) = sum over positions of a max(G(., k), 0), where
 *                       a = G^2 / (2 G^2 + T(k) G^3 + 1e-6), T(k) = sum over positions of A(., k)
 *                       Chattopadhay et al. 2018, arXiv:1710.11063
 *     xGradCam          the same with w(k) = sum over positions of G(., k) A(., k) / (T(k) + 1e-7)
 *                       Fu et al. 2020, arXiv:2008.02312
 *     hiResCam          map(p) = sum_k G(p, k) A(p, k)
 *                       Draelos and Carin 2020, arXiv:2011.08891
 *     layerCam          map(p) = sum_k max(G(p, k), 0) A(p, k)
 *                       Jiang et al. 2021, IEEE Transactions on Image Processing 30
 *     elementwise       map(p) = sum_k max(G(p, k) A(p, k), 0)
 *     eigenCam          map = P(A), which needs no class
 *                       Muhammad and Yeasin 2020, arXiv:2008.00299
 *     eigenGradCam      map = P(G A)
 *     ablationCam       map(p) = sum_k w(k) A(p, k), w(k) = (S - S without channel k) / S, which is
 *                       the sum over positions of G(., k) A(., k) over S. Of layers that
 *                       gc_model_is_linear_after names alone, gc_model_ablate takes the others
 *                       Desai and Ramaswamy 2020, Winter Conference on Applications of Computer
 *                       Vision
 * P(M) is the first principal component of M, [positions][channels]. It is R v, where R is M minus
 * the mean of each channel, and v is the unit vector that makes R v longest. The value of P(M) that
 * lies farthest from zero is positive. */
GC_API const char *gc_method_name(int32_t i);

/* Classes that one call explains, and methods. */
#define GC_MAX_TARGETS 8
#define GC_MAX_METHODS 9

/* A flag of gc_model_explain. The map is P(M) instead of the sum over the channels of M. In the
 * formulas above, M is what is summed. */
#define GC_EIGEN_SMOOTH 1u

/* Writes how many classes one backward pass to these layers can serve, 1 to GC_MAX_TARGETS. A
 * caller that must stay responsive explains at most that many per call, because a longer call saves
 * nothing. Fails as gc_model_explain does. */
GC_API gc_status gc_model_shared_targets(gc_model *model, const int32_t *layers,
                                         int32_t layer_count, int32_t *count);

/* Explains at any number of layers by several methods, with one backward pass from the output to
 * the earliest of the layers. What is explained of a seed is S = sum_c seed(c) output(c), so that a
 * seed of one 1 explains a class, and a seed of 1 and -1 what tells two classes apart. output(c) is
 * the sum over positions where the head gives several. Seeds share the pass where sharing is
 * faster.
 *   methods     `method_count` indices of names of gc_method_name, GC_MAX_METHODS at most
 *   flags       0 or GC_EIGEN_SMOOTH
 *   seeds       [seed_count][classes], finite, where seed_count is GC_MAX_TARGETS at most
 *   layers      `layer_count` indices of layers that have a map, see gc_layer_map
 *   raw         receives the raw maps, [rows][columns] each, one after another in the order of
 *               `layers`, for one seed after another, and all of these for one method after
 *               another. raw_count is the sum of their sizes
 *   norms       receives [method_count][seed_count][layer_count], or NULL. The Euclidean norm of
 *               what a method takes from the gradient, w of gradCam and ablationCam and G of the
 *               others. eigenCam takes nothing, and its norm is that of A
 * The maps of a seed are the same, to the bit, whatever seeds are explained with it. The maps of a
 * method are the same whatever methods explain with it, with two exceptions. ablationCam alone
 * rounds otherwise, and so does gradCam alone at layers that fusion swallowed. Fails with
 * NOT_READY before a forward, INVALID_LAYER, INVALID_ARGUMENT, OUT_OF_MEMORY. */
GC_API gc_status gc_model_explain(gc_model *model, const int32_t *methods, int32_t method_count,
                                  uint32_t flags, const float *seeds, int32_t seed_count,
                                  gc_output output, const int32_t *layers, int32_t layer_count,
                                  float *raw, size_t raw_count, float *norms);

/* Writes the number of a layer's channels in which positive and negative values cancel, so that
 * their sum T is below a hundredth of the sum of the absolute values. The weights that
 * gradCamPlusPlus and xGradCam make of such a T are mostly rounding. Known after gc_model_explain
 * with one of these methods at this layer. 0 after a call without them. Fails with NOT_READY,
 * INVALID_ARGUMENT. */
GC_API gc_status gc_model_cancelled_channels(const gc_model *model, int32_t layer, int32_t *count);

/* Copies a layer's output in the last run, also of a layer that fusion swallowed.
 *   values   the layer's shape, `count` values
 * Fails with NOT_READY, INVALID_ARGUMENT, OUT_OF_MEMORY, INTERNAL. */
GC_API gc_status gc_model_activation(gc_model *model, int32_t layer, float *values, size_t count);

/* Gradient of S = sum_c seed(c) output(c) with regard to the outputs of any number of layers, with
 * one backward pass.
 *   seed        [classes], seed_count values, the same at all positions. Or [positions][classes]
 *   layers      `layer_count` indices
 *   gradients   receives the gradients in the layers' shapes, one after another in the order of
 *               `layers`. `count` is the sum of their sizes
 * Fails with NOT_READY, UNKNOWN_LAYER, INVALID_ARGUMENT. */
GC_API gc_status gc_model_gradients(gc_model *model, gc_output output, const float *seed,
                                    size_t seed_count, const int32_t *layers, int32_t layer_count,
                                    float *gradients, size_t count);

/* Says where those gradients are all zero, for several seeds. Goes back no further than gradients
 * do.
 *   seeds   [seed_count][classes], where seed_count is GC_MAX_TARGETS at most
 *   zero    receives [seed_count][layer_count], 1 where the gradient of a layer is zero, else 0
 * Fails with NOT_READY, UNKNOWN_LAYER, INVALID_ARGUMENT, OUT_OF_MEMORY. */
GC_API gc_status gc_model_zero_gradients(gc_model *model, gc_output output, const float *seeds,
                                         int32_t seed_count, const int32_t *layers,
                                         int32_t layer_count, uint8_t *zero);

/* Says whether every operator from a layer to the output is linear, as a global average and a dense
 * layer before logits are.
 *   linear   receives 1 or 0
 * Fails with NOT_READY before a forward, UNKNOWN_LAYER, OUT_OF_MEMORY. */
GC_API gc_status gc_model_is_linear_after(const gc_model *model, gc_output output, int32_t layer,
                                          int32_t *linear);

/* Computes S = sum_c seed(c) output(c) with a channel of a layer set to 0. Only what follows the
 * layer runs again, in memory of its own, so that the run stays as it is. Paths around the layer
 * keep their values. If everything after the layer is linear, one backward pass gives all scores.
 *   seed       [classes], seed_count values
 *   channels   `count` indices from 0 on, or -1 for S with all channels
 *   scores     receives S for each of `channels`
 * Fails with NOT_READY before a forward, UNKNOWN_LAYER, INVALID_ARGUMENT, OUT_OF_MEMORY. */
GC_API gc_status gc_model_ablate(gc_model *model, gc_output output, const float *seed,
                                 size_t seed_count, int32_t layer, const int32_t *channels,
                                 int32_t count, double *scores);

/* ---- Studies, which run on changed inputs ----
 * A study changes the input of a run, runs the network on what comes out, and adds up the
 * gradients or the masks. Attributions of the input and metrics of maps are loops over these steps.
 * What is explained is S = sum_c seed(c) output(c), as gc_model_explain takes it. Between the steps
 * the model may run on other inputs. It must outlive the study, and keep its further inputs. */

typedef struct gc_study gc_study;

/* Begins a study of the input of the last run. The baseline, an input without content, is 0.
 *   study   receives the study, to be given to gc_study_destroy; NULL on failure
 *   seed    [classes], seed_count values
 * Fails with NOT_READY before a forward, INVALID_ARGUMENT, OUT_OF_MEMORY. */
GC_API gc_status gc_study_create(gc_study **study, gc_model *model, gc_output output,
                                 const float *seed, size_t seed_count);
GC_API void gc_study_destroy(gc_study *study); /* NULL is allowed */

/* Sets the baseline, `count` values in the order of gc_model_forward. Fails with INVALID_ARGUMENT.
 */
GC_API gc_status gc_study_set_baseline(gc_study *study, const float *values, size_t count);

/* Takes the model's last run, on the input as it is, for this study's. Fails with NOT_READY if the
 * run was on another input. */
GC_API gc_status gc_study_unchanged(gc_study *study);

/* The changes. Each begins from the input of the run, and nothing runs yet. They fail with
 * INVALID_ARGUMENT.
 *   mix     baseline + share (input - baseline)
 *   noise   input + noise, from a hash of the seed, `sample` and the value's index, so that every
 *           machine makes the same. GC_BELL has the deviation `amount` and stays within 3.47 times
 *           that. GC_UNIFORM lies between -amount and amount
 *   mask    baseline + M (input - baseline), the same M for all channels. M is the map
 *           [rows][columns], resized to full_rows x full_columns, linear between the centres of its
 *           values, from row `top` and column `left` on
 *   cover   a mask that is 0 in a window and 1 around it, so that the window is the baseline's */
typedef enum gc_noise { GC_BELL = 0, GC_UNIFORM } gc_noise;
GC_API gc_status gc_study_mix(gc_study *study, double share);
GC_API gc_status gc_study_noise(gc_study *study, gc_noise noise, double amount, uint32_t seed,
                                uint32_t sample);
GC_API gc_status gc_study_mask(gc_study *study, const float *map, int32_t rows, int32_t columns,
                               int32_t full_rows, int32_t full_columns, int32_t top, int32_t left);
GC_API gc_status gc_study_cover(gc_study *study, int32_t top, int32_t left, int32_t rows,
                                int32_t columns);

/* Copies the changed input to values, `count` of them. Fails with INVALID_ARGUMENT. */
GC_API gc_status gc_study_input(const gc_study *study, float *values, size_t count);

/* Runs the network on the changed input. The other functions of the model speak of this run then.
 * Call gc_model_expect_gradients first if a gradient of this run is added.
 *   score   receives S, or NULL
 * Fails with NOT_READY if the model was planned for another size, INTERNAL. */
GC_API gc_status gc_study_run(gc_study *study, double *score);

/* Adds the gradient g of S with regard to the changed input, times `weight`, to the first sums, and
 * g^2 times `weight` to the second.
 *   scale    a factor of g, where a function of S is explained
 *   guided   1: the gradient below each ReLU is cut at 0. Springenberg et al. 2015, arXiv:1412.6806
 * Fails with NOT_READY if the model's last run was not this study's, OUT_OF_MEMORY. */
GC_API gc_status gc_study_add_gradient(gc_study *study, double weight, double scale,
                                       int32_t guided);

/* The number of ReLUs between the picture and the output. Without any, a guided gradient is the
 * gradient. */
GC_API int32_t gc_model_relu_count(const gc_model *model);

/* Adds inside M + outside (1 - M) to the third sums, with the mask M that was made last, and M
 * itself to the fourth. */
GC_API void gc_study_add_mask(gc_study *study, double inside, double outside);

/* Copies sums. Variances are those of the gradients, each with its weight.
 *   sums   receives `count` values, [rows][columns] of masks, the input's shape of all others
 * Fails with INVALID_ARGUMENT. */
typedef enum gc_sums {
    GC_GRADIENTS = 0,
    GC_SQUARES,
    GC_MASKS,
    GC_MASK_TOTALS,
    GC_VARIANCES
} gc_sums;
GC_API gc_status gc_study_sums(const gc_study *study, gc_sums which, float *sums, size_t count);

/* Sets all sums to 0, so that the study can begin the next one. */
GC_API void gc_study_clear(gc_study *study);

/* ---- Pictures ----
 * A pixel has 8 bits a channel. The first row is the top one. Pixels are RGBA unless another order
 * is named. */

/* Filters of Pillow's Image.resize. */
typedef enum gc_filter {
    GC_NEAREST = 0,
    GC_BOX,
    GC_BILINEAR,
    GC_HAMMING,
    GC_BICUBIC,
    GC_LANCZOS
} gc_filter;

/* Reads the size of a JPEG, PNG, BMP or GIF file from its header.
 *   width, height   receive the size before turning
 *   bytes           the file, `length` bytes
 * Fails with INVALID_IMAGE, INVALID_ARGUMENT. */
GC_API gc_status gc_image_size(int32_t *width, int32_t *height, const uint8_t *bytes,
                               size_t length);

/* Decodes a JPEG, PNG, BMP or GIF file to RGBA and turns the picture upright by its EXIF
 * orientation. A GIF gives its first frame.
 *   pixels          receives [height][width][4]; give them to gc_free. NULL on failure
 *   width, height   receive the size after turning
 *   bytes           the file, `length` bytes
 * Fails with INVALID_IMAGE, TOO_LARGE, OUT_OF_MEMORY, INVALID_ARGUMENT. */
GC_API gc_status gc_image_decode(uint8_t **pixels, int32_t *width, int32_t *height,
                                 const uint8_t *bytes, size_t length);

/* Frees the pixels that gc_image_decode gave. NULL is allowed. */
GC_API void gc_free(void *memory);

/* Resizes a picture, byte for byte as Pillow's Image.resize. RGBA colours are weighted by their
 * alpha, except by GC_NEAREST.
 *   out        [out_height][out_width][channels]
 *   in         [in_height][in_width][channels]
 *   channels   1 (L), 3 (RGB) or 4 (RGBA)
 * Fails with INVALID_ARGUMENT, TOO_LARGE, OUT_OF_MEMORY. */
GC_API gc_status gc_image_resize(uint8_t *out, int32_t out_width, int32_t out_height,
                                 const uint8_t *in, int32_t in_width, int32_t in_height,
                                 int32_t channels, gc_filter filter);

/* How the bytes of a pixel, x, become values of a network's input. Every step is rounded to
 * float32, as NumPy rounds it. */
typedef enum gc_preprocessing {
    GC_PREPROCESS_NONE = 0, /* x */
    GC_PREPROCESS_TF,       /* x / 127.5 - 1 */
    GC_PREPROCESS_TORCH,    /* (x / 255 - mean) / deviation of ImageNet, in the order R, G, B */
    GC_PREPROCESS_CAFFE,    /* x - (103.939, 116.779, 123.68), in the order B, G, R */
    GC_PREPROCESS_UNIT,     /* x / 255 */
    GC_PREPROCESS_AFFINE,   /* x * scale + offset with the caller's numbers, in the order R, G, B */
    GC_PREPROCESS_AFFINE_BGR /* the same in the order B, G, R */
} gc_preprocessing;

/* Makes a network's input of a picture. Drops alpha as Pillow's convert("RGB") does, resizes and
 * preprocesses. The colours of transparent pixels count like all others.
 *   input      receives [height][width][channels]
 *   resized    receives the resized picture, [height][width] RGBA, opaque. NULL if it is not needed
 *   channels   3, or 1 for the luma of ITU-R 601-2, as Pillow's convert("L") computes it
 *   pixels     [in_height][in_width] RGBA
 *   affine     [2][3] for GC_PREPROCESS_AFFINE and GC_PREPROCESS_AFFINE_BGR: the scales, then the
 *              offsets, of R, G and B; one channel takes those of R. Otherwise it is not read
 * Fails with INVALID_ARGUMENT, TOO_LARGE, OUT_OF_MEMORY. */
GC_API gc_status gc_image_to_input(float *input, uint8_t *resized, int32_t width, int32_t height,
                                   int32_t channels, const uint8_t *pixels, int32_t in_width,
                                   int32_t in_height, gc_filter filter,
                                   gc_preprocessing preprocessing, const float *affine);

/* ---- Heat map and overlay ---- */

/* Makes heat maps of raw maps, as ELI5 does.
 *     heat map = max(raw, 0) / (max(max(raw, 0)) + 1e-7)
 *   maps     the raw maps, one after another. They become the heat maps
 *   ranges   [count][2]: receives the smallest and the largest value of each raw map. Without
 *            values the range is INFINITY, -INFINITY. A raw map that holds a value that is not
 *            finite gets the range NaN, NaN, and becomes a heat map of zeros
 *   sizes    [count]: number of values of each map */
GC_API void gc_heatmaps(float *maps, float *ranges, const int32_t *sizes, size_t count);

/* Makes a grey picture of a heat map: value * 255, truncated. Values outside 0 .. 1 are clamped.
 * NaN becomes 0.
 *   out       [count] bytes
 *   heatmap   [count] */
GC_API void gc_heatmap_to_image(uint8_t *out, const float *heatmap, size_t count);

/* Names of the colour maps for i = 0, 1, ...; NULL after the last. They are matplotlib's names. */
GC_API const char *gc_colormap_name(int32_t i);

/* Lays a heat map over a picture, as eli5.format_as_image does: colours it, resizes it to the size
 * of the picture and composites, byte for byte as matplotlib and Pillow. The value v has the colour
 * min(floor(v * 256), 255) of the 256 of a colour map, and the opacity min(v, alpha_limit).
 *   out           receives [height][width] RGBA; must not overlap pixels
 *   pixels        [height][width] RGBA: the picture
 *   heatmap       [map_height][map_width], 0 .. 1 as above
 *   colormap      one of the names above; not read where there are colors
 *   colors        [map_height][map_width][3]: R, G, B for each value of the heat map; or NULL
 *   alpha_limit   0 .. 1; 1 limits nothing
 * Fails with INVALID_ARGUMENT, TOO_LARGE, OUT_OF_MEMORY. */
GC_API gc_status gc_heatmap_overlay(uint8_t *out, const uint8_t *pixels, int32_t width,
                                    int32_t height, const float *heatmap, int32_t map_width,
                                    int32_t map_height, const char *colormap, const uint8_t *colors,
                                    double alpha_limit, gc_filter filter);

/* ---- HDF5 files ----
 * Keras keeps weights in files of this format. A file is a tree of objects. A group has links,
 * which are names of other objects, and a data set has values. Both have attributes. One object is
 * visited at a time, and what is said of it holds until the next visit. A damaged file, or one that
 * was made to cost much memory or time, ends in INVALID_MODEL or TOO_LARGE. */

/* Where the bytes of a file are. `read` copies `count` bytes that begin at `offset`. They are
 * inside of the file, which has `size` bytes. */
typedef struct gc_source {
    void *context;
    uint64_t size;
    gc_status (*read)(void *context, uint64_t offset, void *bytes, size_t count);
} gc_source;

typedef struct gc_hdf5 gc_hdf5;

/* Opens a file.
 *   file     receives the file, to be given to gc_hdf5_close; NULL on failure
 *   source   is used until then
 * Fails with INVALID_MODEL, OUT_OF_MEMORY, and with what `read` fails with, as all functions here
 * do. */
GC_API gc_status gc_hdf5_open(gc_hdf5 **file, const gc_source *source);

#ifdef __EMSCRIPTEN__
/* The same for a file of `size` bytes that the host of the module holds. Whenever the engine needs
 * bytes, it calls env.gc_host_read(offset, pointer, count), which copies them to the pointer. */
GC_API gc_status gc_hdf5_open_host(gc_hdf5 **file, double size);
#endif

/* NULL is allowed. */
GC_API void gc_hdf5_close(gc_hdf5 *file);

/* The address of the root group. */
GC_API double gc_hdf5_root(const gc_hdf5 *file);

/* Visits an object. Its address is one that gc_hdf5_root or gc_hdf5_link_address gave. */
GC_API gc_status gc_hdf5_visit(gc_hdf5 *file, double address);

/* The links of a group, sorted by their names. The name is NULL, and the address -1, if there is no
 * link i. */
GC_API int32_t gc_hdf5_link_count(const gc_hdf5 *file);
GC_API const char *gc_hdf5_link_name(const gc_hdf5 *file, int32_t i);
GC_API double gc_hdf5_link_address(const gc_hdf5 *file, int32_t i);

/* Reads an attribute that is one text, several or none.
 *   count   receives how many, -1 if the object has no such attribute, or one of numbers */
GC_API gc_status gc_hdf5_attribute(gc_hdf5 *file, const char *name, int32_t *count);

/* Text i of the attribute that was read last, NULL if there is none. */
GC_API const char *gc_hdf5_text(const gc_hdf5 *file, int32_t i);

/* Writes the axes of a data set to axes[32] and returns how many there are, -1 for a group. */
GC_API int32_t gc_hdf5_shape(const gc_hdf5 *file, double *axes);

/* The type of the values, as NumPy writes it, "<f4". bfloat16 is "<b2". Types that are no numbers
 * have other names. NULL for a group. */
GC_API const char *gc_hdf5_type(const gc_hdf5 *file);

/* Writes how many values are best read at once. A multiple of it cuts no chunk in two. */
GC_API gc_status gc_hdf5_part(gc_hdf5 *file, double *part);

/* Reads values of a data set, `first` and those that follow in row-major order, as float32.
 *   values   receives [count]
 * Fails with INVALID_ARGUMENT if there are not so many. */
GC_API gc_status gc_hdf5_read(gc_hdf5 *file, double first, size_t count, float *values);

/* ---- Threads: only in builds with GC_THREADS ----
 * The module's memory is shared then and comes from the host. Each thread but the host's own is a
 * worker that instantiates the module in that memory, sets the instance's __stack_pointer and calls
 * gc_thread_run. Every other function is for the thread that creates the others alone. */

#ifdef GC_THREADS

/* Makes the stack of one more thread and returns its __stack_pointer, NULL if out of memory. To be
 * called before a plan. Work is divided for so many threads. A thread that starts late, or never,
 * only makes the work slower. */
GC_API void *gc_thread_create(void);

/* The created threads that have begun to run. */
GC_API size_t gc_thread_running(void);

/* Works in the loops of the other functions. It never returns. */
GC_API void gc_thread_run(void);

/* Reports that gc_thread_run trapped on a worker. The loop it was serving cannot finish, so the
 * calling thread traps instead of waiting forever. */
GC_API void gc_thread_fail(void);

#endif

#endif
