/* v is the eigenvector of R^T R with the largest eigenvalue, and R v is one of R R^T. Both have the
 * same eigenvalues, so the smaller of the two matrices serves. Neither is ever made. The product of
 * R^T R and a vector is two passes over R.
 *
 * Power iteration would need thousands of products where the two largest eigenvalues lie close
 * together. The method of Lanczos needs as many products as power iteration, but looks for the best
 * vector in the space of all products so far. From a start q_0 it makes orthonormal q_0, q_1, ...
 * in which the matrix becomes tridiagonal, with the diagonal alpha and beta beside it.
 *
 *     matrix q_j = beta_j-1 q_j-1 + alpha_j q_j + beta_j q_j+1
 *
 * The tridiagonal matrix is small. Its first eigenvector x gives the vector sum_j x_j q_j, and the
 * residual of this vector is beta_j x_j of the last step. After STEPS steps the search starts again
 * from the best vector. All vectors and sums are in double.
 *
 * Products in float32 take half the time of those in double, but their rounding hides the last
 * digits of the residual. The search begins with them, and ends in double. */
#include "methods/principal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/parallel.h"
#include "base/simd.h"
#include "kernels/dot.h"

#define STEPS 24  /* vectors that are kept */
#define CYCLES 16 /* starts. After STEPS * (CYCLES + 1) products the search ends in any case */

/* The residual, over the eigenvalue, at which the search ends. */
#define RESIDUAL 1e-9

/* The residual at which products in float32 have done what they can. */
#define ROUGH_RESIDUAL 1e-7

/* The sums of the squares of R for which no product in float32 is lost. */
#define SMALL_SQUARES 1e-12
#define LARGE_SQUARES 1e24

/* R counts as zero if its squares are below this share of those of the means. It is rounding then.
 */
#define FLAT 1e-26

struct search {
    const gc_real *matrix; /* [positions][channels] */
    size_t positions, channels;
    size_t size;     /* of the smaller matrix */
    double *rows;    /* [positions] */
    double *columns; /* [channels] */
    double *basis;   /* [STEPS + 1][size] */
    double *best;    /* [size] */
    float *rough;    /* [channels], columns for products in float32, NULL for those in double */
    double alpha[STEPS], beta[STEPS];
};

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

size_t gc_principal_scratch(size_t positions, size_t channels) {
    return positions + 2 * channels + (STEPS + 2) * smaller(positions, channels);
}

/* ---- Vectors ---- */

static double dot(const double *a, const double *b, size_t count) {
    gc_d2 sums[2] = {{0}};
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        sums[0] += gc_d2_load(a + i) * gc_d2_load(b + i);
        sums[1] += gc_d2_load(a + i + 2) * gc_d2_load(b + i + 2);
    }
    const gc_d2 both = sums[0] + sums[1];
    double sum = both[0] + both[1];
    for (; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static double norm(const double *a, size_t count) { return sqrt(dot(a, a, count)); }

/* to += factor * from */
static void add(double *restrict to, const double *restrict from, double factor, size_t count) {
    for (size_t i = 0; i < count; i++)
        to[i] += factor * from[i];
}

static void scale(double *a, double factor, size_t count) {
    for (size_t i = 0; i < count; i++)
        a[i] *= factor;
}

/* ---- Products with R ---- */

#define TOGETHER 4 /* rows and channels that are read at once */
#define HALVES 2   /* vectors of two doubles that hold TOGETHER channels */

/* Channels of R or of a vector, in double. */
GC_INLINE void load(gc_d2 *to, const double *from) {
    to[0] = gc_d2_load(from);
    to[1] = gc_d2_load(from + 2);
}
GC_INLINE void load_row(gc_d2 *to, const gc_real *from) {
#ifdef GC_DOUBLE
    load(to, from);
#else
    const gc_f4 values = gc_f4_load(from);
    to[0] = gc_f4_low(values);
    to[1] = gc_f4_high(values);
#endif
}
GC_INLINE void store(double *to, const gc_d2 *from) {
    gc_d2_store(to, from[0]);
    gc_d2_store(to + 2, from[1]);
}

/* What multiply_some does for TOGETHER rows, in float32. */
static void multiply_roughly(const struct search *s, double *products, const gc_real *rows) {
    gc_real sums[TOGETHER] = {0};
#ifdef GC_DOUBLE
    (void)s, (void)rows;
#else
    gc_add_dots(sums, s->rough, rows, s->channels, s->channels);
#endif
    for (size_t p = 0; p < TOGETHER; p++)
        products[p] = (double)sums[p];
}

/* products [count] = the dot products of `count` rows of R with s->columns */
GC_INLINE void multiply_some(const struct search *s, double *products, const gc_real *rows,
                             size_t count) {
    gc_d2 sums[TOGETHER][HALVES] = {{{0}}}, row[HALVES], vector[HALVES];
    size_t k = 0;
    for (; k + TOGETHER <= s->channels; k += TOGETHER) {
        load(vector, s->columns + k);
        for (size_t p = 0; p < count; p++) {
            load_row(row, rows + p * s->channels + k);
            sums[p][0] += row[0] * vector[0];
            sums[p][1] += row[1] * vector[1];
        }
    }
    for (size_t p = 0; p < count; p++) {
        const gc_d2 both = sums[p][0] + sums[p][1];
        products[p] = both[0] + both[1];
        for (size_t c = k; c < s->channels; c++)
            products[p] += (double)rows[p * s->channels + c] * s->columns[c];
    }
}

/* Ranges are of TOGETHER rows each, so that they are the same with any number of threads. */
static void multiply_rows(void *context, size_t first, size_t end) {
    const struct search *s = context;
    const size_t last = smaller(TOGETHER * end, s->positions);
    size_t p = TOGETHER * first;
    for (; p + TOGETHER <= last; p += TOGETHER)
        if (s->rough != NULL)
            multiply_roughly(s, s->rows + p, s->matrix + p * s->channels);
        else
            multiply_some(s, s->rows + p, s->matrix + p * s->channels, TOGETHER);
    for (; p < last; p++)
        multiply_some(s, s->rows + p, s->matrix + p * s->channels, 1);
}

/* rows [positions] = R columns [channels] */
static void times_columns(struct search *s) {
    gc_parallel_ranges(multiply_rows, s, (s->positions + TOGETHER - 1) / TOGETHER,
                       1 + GC_SMALLEST_RANGE / TOGETHER / s->channels);
}

/* sums [end] += rows [TOGETHER] times as many rows of R, of the channels from `first` on */
static void add_some(double *restrict sums, const double *rows, const gc_real *restrict matrix,
                     size_t channels, size_t first, size_t end) {
    const gc_real *a = matrix, *b = a + channels, *c = b + channels, *d = c + channels;
    const double at = rows[0], bt = rows[1], ct = rows[2], dt = rows[3];
    gc_d2 sum[HALVES], as[HALVES], bs[HALVES], cs[HALVES], ds[HALVES];
    size_t k = first;
    for (; k + TOGETHER <= end; k += TOGETHER) {
        load(sum, sums + k);
        load_row(as, a + k);
        load_row(bs, b + k);
        load_row(cs, c + k);
        load_row(ds, d + k);
        for (size_t i = 0; i < HALVES; i++)
            sum[i] += (at * as[i] + bt * bs[i]) + (ct * cs[i] + dt * ds[i]);
        store(sums + k, sum);
    }
    for (; k < end; k++)
        sums[k] +=
            (at * (double)a[k] + bt * (double)b[k]) + (ct * (double)c[k] + dt * (double)d[k]);
}

/* What add_some does, with products in float32. */
static void add_roughly(double *restrict sums, const double *rows, const gc_real *restrict matrix,
                        size_t channels, size_t first, size_t end) {
    const gc_real *a = matrix, *b = a + channels, *c = b + channels, *d = c + channels;
    const gc_real at = (gc_real)rows[0], bt = (gc_real)rows[1];
    const gc_real ct = (gc_real)rows[2], dt = (gc_real)rows[3];
    size_t k = first;
#ifndef GC_DOUBLE
    for (; k + TOGETHER <= end; k += TOGETHER) {
        const gc_f4 sum = (at * gc_f4_load(a + k) + bt * gc_f4_load(b + k)) +
                          (ct * gc_f4_load(c + k) + dt * gc_f4_load(d + k));
        gc_d2_store(sums + k, gc_d2_load(sums + k) + gc_f4_low(sum));
        gc_d2_store(sums + k + 2, gc_d2_load(sums + k + 2) + gc_f4_high(sum));
    }
#endif
    for (; k < end; k++)
        sums[k] += (double)((at * a[k] + bt * b[k]) + (ct * c[k] + dt * d[k]));
}

/* sums [end] += the rows of R from p on, each times its number in s->rows */
static void add_rest(const struct search *s, double *sums, size_t p, size_t first, size_t end) {
    for (; p < s->positions; p++)
        for (size_t k = first; k < end; k++)
            sums[k] += s->rows[p] * (double)s->matrix[p * s->channels + k];
}

/* The channels of one range, over all positions in their order. */
static void add_rows(void *context, size_t first, size_t end) {
    const struct search *s = context;
    size_t p = 0;
    memset(s->columns + first, 0, (end - first) * sizeof *s->columns);
    for (; p + TOGETHER <= s->positions; p += TOGETHER) {
        const gc_real *matrix = s->matrix + p * s->channels;
        if (s->rough != NULL)
            add_roughly(s->columns, s->rows + p, matrix, s->channels, first, end);
        else
            add_some(s->columns, s->rows + p, matrix, s->channels, first, end);
    }
    add_rest(s, s->columns, p, first, end);
}

/* columns [channels] = R^T rows [positions] */
static void times_rows(struct search *s) {
    gc_parallel_ranges(add_rows, s, s->channels, 1 + GC_SMALLEST_RANGE / s->positions);
}

/* product [channels] = R^T R columns [channels], reading R once. The additions are those of
 * times_columns and times_rows, so all of them give the same bits. */
static void times_both(struct search *s, double *product) {
    size_t p = 0;
    memset(product, 0, s->channels * sizeof *product);
    for (; p + TOGETHER <= s->positions; p += TOGETHER) {
        const gc_real *matrix = s->matrix + p * s->channels;
        if (s->rough != NULL) {
            multiply_roughly(s, s->rows + p, matrix);
            add_roughly(product, s->rows + p, matrix, s->channels, 0, s->channels);
        } else {
            multiply_some(s, s->rows + p, matrix, TOGETHER);
            add_some(product, s->rows + p, matrix, s->channels, 0, s->channels);
        }
    }
    multiply_rows(s, p / TOGETHER, p / TOGETHER + 1);
    add_rest(s, product, p, 0, s->channels);
}

static bool is_over_channels(const struct search *s) { return s->size == s->channels; }

static void make_rough(struct search *s) {
    for (size_t k = 0; s->rough != NULL && k < s->channels; k++)
        s->rough[k] = (float)s->columns[k];
}

/* product [size] = the smaller matrix times vector [size] */
static void multiply(struct search *s, double *product, const double *vector) {
    const bool over_channels = is_over_channels(s);
    memcpy(over_channels ? s->columns : s->rows, vector, s->size * sizeof *vector);
    if (over_channels)
        make_rough(s);
    if (over_channels && gc_thread_count() == 1) {
        times_both(s, product);
        return;
    }
    if (over_channels)
        times_columns(s);
    times_rows(s);
    if (!over_channels) {
        make_rough(s);
        times_columns(s);
    }
    memcpy(product, over_channels ? s->columns : s->rows, s->size * sizeof *product);
}

/* ---- The tridiagonal matrix ---- */

/* Whether all eigenvalues of the first `count` rows and columns lie below `bound`. They do if all
 * pivots of bound - matrix are positive. */
static bool is_bound(const struct search *s, size_t count, double bound) {
    double pivot = bound - s->alpha[0];
    for (size_t i = 1; i < count && pivot > 0; i++)
        pivot = bound - s->alpha[i] - s->beta[i - 1] * s->beta[i - 1] / pivot;
    return pivot > 0;
}

/* The least number that is a bound. */
static double largest_eigenvalue(const struct search *s, size_t count) {
    double low = 0, high = 0;
    for (size_t i = 0; i < count; i++) {
        const double beside = (i > 0 ? s->beta[i - 1] : 0) + (i + 1 < count ? s->beta[i] : 0);
        high = fmax(high, (s->alpha[i] + beside) * (1 + 1e-9));
    }
    for (;;) {
        const double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            return high;
        if (is_bound(s, count, middle))
            high = middle;
        else
            low = middle;
    }
}

/* Solves (bound - matrix) x = x. All pivots are positive, so nothing has to be exchanged. */
static void solve(const struct search *s, size_t count, double bound, double *x) {
    double pivots[STEPS];
    pivots[0] = bound - s->alpha[0];
    for (size_t i = 1; i < count; i++) {
        pivots[i] = bound - s->alpha[i] - s->beta[i - 1] * s->beta[i - 1] / pivots[i - 1];
        x[i] += x[i - 1] * s->beta[i - 1] / pivots[i - 1];
    }
    x[count - 1] /= pivots[count - 1];
    for (size_t i = count - 1; i-- > 0;)
        x[i] = (x[i] + s->beta[i] * x[i + 1]) / pivots[i];
}

/* The first eigenvector x [count] of the matrix, of norm 1. Returns its eigenvalue. */
static double first_eigenvector(const struct search *s, size_t count, double *x) {
    const double value = largest_eigenvalue(s, count);
    for (size_t i = 0; i < count; i++)
        x[i] = 1;
    for (int turn = 0; turn < 2; turn++) {
        solve(s, count, value, x);
        scale(x, 1 / norm(x, count), count);
    }
    return value;
}

/* ---- The search ---- */

/* Takes from a vector what lies in the space of the first `count` vectors. The second turn takes
 * what rounding has left. */
static void make_orthogonal(const struct search *s, double *vector, size_t count) {
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < count; i++) {
            const double *q = s->basis + i * s->size;
            add(vector, q, -dot(vector, q, s->size), s->size);
        }
}

/* Goes as far as STEPS vectors from the best vector so far, and leaves a better one there. Returns
 * whether its residual is small enough. */
static bool run_cycle(struct search *s, double residual) {
    const size_t most = smaller(STEPS, s->size);
    double x[STEPS];
    bool is_found = false;
    size_t count = 0;
    memcpy(s->basis, s->best, s->size * sizeof *s->best);
    while (count < most && !is_found) {
        const double *q = s->basis + count * s->size;
        double *next = s->basis + (count + 1) * s->size;
        multiply(s, next, q);
        s->alpha[count] = dot(next, q, s->size);
        make_orthogonal(s, next, ++count);
        const double rest = s->beta[count - 1] = norm(next, s->size);
        const double value = first_eigenvector(s, count, x);
        is_found = rest * fabs(x[count - 1]) <= residual * value;
        scale(next, 1 / rest, s->size);
    }
    memset(s->best, 0, s->size * sizeof *s->best);
    for (size_t i = 0; i < count; i++)
        add(s->best, s->basis + i * s->size, x[i], s->size);
    scale(s->best, 1 / norm(s->best, s->size), s->size);
    return is_found;
}

/* A start that no structure of a network is orthogonal to. */
static void start(struct search *s) {
    const double golden = 0.6180339887498949;
    for (size_t i = 0; i < s->size; i++) {
        const double turns = golden * (double)(i + 1);
        s->best[i] = turns - floor(turns) - 0.4;
    }
    scale(s->best, 1 / norm(s->best, s->size), s->size);
}

/* ---- The map ---- */

struct centring {
    gc_real *matrix;
    const struct search *search;
};

/* row [channels] = values [channels] minus the mean of each column. Returns the sum of the squares
 * of what is left.
 * A mean is the sum of a float32 and the rest of it, so nothing is lost. */
static double centre_row(gc_real *row, const gc_real *values, const struct search *s) {
    double squares = 0;
    size_t k = 0;
#ifndef GC_DOUBLE
    gc_d2 sums[HALVES] = {{0}};
    const float *rest = s->rough + s->channels;
    for (; k + TOGETHER <= s->channels; k += TOGETHER) {
        const gc_f4 value =
            (gc_f4_load(values + k) - gc_f4_load(s->rough + k)) - gc_f4_load(rest + k);
        const gc_d2 low = gc_f4_low(value), high = gc_f4_high(value);
        gc_f4_store(row + k, value);
        sums[0] += low * low;
        sums[1] += high * high;
    }
    sums[0] += sums[1];
    squares = sums[0][0] + sums[0][1];
#endif
    for (; k < s->channels; k++) {
        row[k] = (gc_real)((double)values[k] - s->columns[k]);
        squares += (double)row[k] * (double)row[k];
    }
    return squares;
}

/* Leaves the squares of each row in s->rows. */
static void centre_rows(void *context, size_t first, size_t end) {
    const struct centring *c = context;
    const struct search *s = c->search;
    for (size_t p = first; p < end; p++)
        s->rows[p] = centre_row(c->matrix + p * s->channels, s->matrix + p * s->channels, s);
}

/* Makes R in `matrix`, of what s->matrix holds, and returns the sum of its squares, 0 if it is no
 * more than rounding. */
static double centre(struct search *s, gc_real *matrix) {
    double squares = 0;
    for (size_t p = 0; p < s->positions; p++)
        s->rows[p] = 1 / (double)s->positions;
    times_rows(s);
    s->rough = (float *)(s->basis + (STEPS + 1) * s->size);
    for (size_t k = 0; k < s->channels; k++) {
        s->rough[k] = (float)s->columns[k];
        s->rough[s->channels + k] = (float)(s->columns[k] - (double)s->rough[k]);
    }
    gc_parallel_ranges(centre_rows, &(struct centring){matrix, s}, s->positions,
                       1 + GC_SMALLEST_RANGE / s->channels);
    s->rough = NULL;
    s->matrix = matrix;
    for (size_t p = 0; p < s->positions; p++)
        squares += s->rows[p];
    const double of_means = (double)s->positions * dot(s->columns, s->columns, s->channels);
    return squares <= FLAT * of_means ? 0 : squares;
}

/* Draws R v, with v from the best vector, in the sign that the header names. */
static void draw(struct search *s, float *map) {
    double low = 0, high = 0;
    if (is_over_channels(s)) {
        memcpy(s->columns, s->best, s->size * sizeof *s->best);
    } else {
        memcpy(s->rows, s->best, s->size * sizeof *s->best);
        times_rows(s);
        scale(s->columns, 1 / norm(s->columns, s->channels), s->channels);
    }
    times_columns(s);
    for (size_t p = 0; p < s->positions; p++) {
        low = fmin(low, s->rows[p]);
        high = fmax(high, s->rows[p]);
    }
    const double sign = -low > high ? -1 : 1;
    for (size_t p = 0; p < s->positions; p++)
        map[p] = (float)(sign * s->rows[p]);
}

void gc_principal(float *map, gc_real *matrix, const gc_real *values, size_t positions,
                  size_t channels, double *scratch) {
    struct search s = {values, positions, channels, smaller(positions, channels), .rows = scratch};
    s.columns = s.rows + positions;
    s.best = s.columns + channels;
    s.basis = s.best + s.size;
    const double all = centre(&s, matrix);
    if (all == 0 || !isfinite(all)) {
        for (size_t p = 0; p < positions; p++)
            map[p] = all == 0 ? 0 : NAN;
        return;
    }
    start(&s);
#ifndef GC_DOUBLE
    if (all > SMALL_SQUARES && all < LARGE_SQUARES) {
        s.rough = (float *)(s.basis + (STEPS + 1) * s.size);
        run_cycle(&s, ROUGH_RESIDUAL);
        s.rough = NULL;
    }
#endif
    for (int cycle = 0; cycle < CYCLES && !run_cycle(&s, RESIDUAL); cycle++)
        ;
    draw(&s, map);
}
