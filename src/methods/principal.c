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
 * from the best vector. All vectors and sums are in double. */
#include "methods/principal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/parallel.h"

#define STEPS 24  /* vectors that are kept */
#define CYCLES 16 /* starts, so that the search ends after STEPS * CYCLES products at the latest */

/* The residual, over the eigenvalue, at which the search ends. */
#define RESIDUAL 1e-9

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
    double alpha[STEPS], beta[STEPS];
};

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

size_t gc_principal_scratch(size_t positions, size_t channels) {
    return positions + channels + (STEPS + 2) * smaller(positions, channels);
}

/* ---- Vectors ---- */

static double dot(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
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

/* Sums side by side, so that none waits for another. */
#define SUMS 8

static double row_times(const gc_real *restrict row, const double *restrict vector, size_t count) {
    double sums[SUMS] = {0}, sum = 0;
    size_t k = 0;
    for (; k + SUMS <= count; k += SUMS)
        for (size_t i = 0; i < SUMS; i++)
            sums[i] += (double)row[k + i] * vector[k + i];
    for (; k < count; k++)
        sum += (double)row[k] * vector[k];
    for (size_t i = 0; i < SUMS; i++)
        sum += sums[i];
    return sum;
}

static void multiply_rows(void *context, size_t first, size_t end) {
    const struct search *s = context;
    for (size_t p = first; p < end; p++)
        s->rows[p] = row_times(s->matrix + p * s->channels, s->columns, s->channels);
}

/* rows [positions] = R columns [channels] */
static void times_columns(struct search *s) {
    gc_parallel_ranges(multiply_rows, s, s->positions, 1 + GC_SMALLEST_RANGE / s->channels);
}

#define TOGETHER 4 /* rows that are added at once */

/* The channels of one range, over all positions in their order. */
static void add_rows(void *context, size_t first, size_t end) {
    const struct search *s = context;
    double *restrict sums = s->columns;
    const double *rows = s->rows;
    size_t p = 0;
    memset(sums + first, 0, (end - first) * sizeof *sums);
    for (; p + TOGETHER <= s->positions; p += TOGETHER) {
        const gc_real *restrict a = s->matrix + p * s->channels;
        const gc_real *restrict b = a + s->channels, *restrict c = b + s->channels;
        const gc_real *restrict d = c + s->channels;
        const double at = rows[p], bt = rows[p + 1], ct = rows[p + 2], dt = rows[p + 3];
        for (size_t k = first; k < end; k++)
            sums[k] +=
                (at * (double)a[k] + bt * (double)b[k]) + (ct * (double)c[k] + dt * (double)d[k]);
    }
    for (; p < s->positions; p++)
        for (size_t k = first; k < end; k++)
            sums[k] += rows[p] * (double)s->matrix[p * s->channels + k];
}

/* columns [channels] = R^T rows [positions] */
static void times_rows(struct search *s) {
    gc_parallel_ranges(add_rows, s, s->channels, 1 + GC_SMALLEST_RANGE / s->positions);
}

static bool is_over_channels(const struct search *s) { return s->size == s->channels; }

/* Multiplies the smaller matrix with a vector [size] and returns the product. */
static double *multiply(struct search *s, const double *vector) {
    const bool over_channels = is_over_channels(s);
    memcpy(over_channels ? s->columns : s->rows, vector, s->size * sizeof *vector);
    if (over_channels)
        times_columns(s);
    times_rows(s);
    if (!over_channels)
        times_columns(s);
    return over_channels ? s->columns : s->rows;
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
 * whether it is good enough. */
static bool run_cycle(struct search *s) {
    const size_t most = smaller(STEPS, s->size);
    double x[STEPS];
    bool is_found = false;
    size_t count = 0;
    memcpy(s->basis, s->best, s->size * sizeof *s->best);
    while (count < most && !is_found) {
        const double *q = s->basis + count * s->size;
        double *next = multiply(s, q);
        s->alpha[count] = dot(next, q, s->size);
        make_orthogonal(s, next, ++count);
        const double rest = s->beta[count - 1] = norm(next, s->size);
        const double value = first_eigenvector(s, count, x);
        is_found = rest * fabs(x[count - 1]) <= RESIDUAL * value;
        memcpy(s->basis + count * s->size, next, s->size * sizeof *next);
        scale(s->basis + count * s->size, 1 / rest, s->size);
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

static void subtract_means(void *context, size_t first, size_t end) {
    const struct centring *c = context;
    const size_t channels = c->search->channels;
    for (size_t p = first; p < end; p++)
        for (size_t k = 0; k < channels; k++)
            c->matrix[p * channels + k] =
                (gc_real)((double)c->matrix[p * channels + k] - c->search->columns[k]);
}

static double row_squares(const gc_real *row, size_t count) {
    double sums[SUMS] = {0}, sum = 0;
    size_t k = 0;
    for (; k + SUMS <= count; k += SUMS)
        for (size_t i = 0; i < SUMS; i++)
            sums[i] += (double)row[k + i] * (double)row[k + i];
    for (; k < count; k++)
        sum += (double)row[k] * (double)row[k];
    for (size_t i = 0; i < SUMS; i++)
        sum += sums[i];
    return sum;
}

/* Turns the matrix into R and returns the sum of its squares, 0 if it is no more than rounding. */
static double centre(struct search *s, gc_real *matrix) {
    double squares = 0;
    for (size_t p = 0; p < s->positions; p++)
        s->rows[p] = 1 / (double)s->positions;
    times_rows(s);
    gc_parallel_ranges(subtract_means, &(struct centring){matrix, s}, s->positions,
                       1 + GC_SMALLEST_RANGE / s->channels);
    for (size_t p = 0; p < s->positions; p++)
        squares += row_squares(matrix + p * s->channels, s->channels);
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

void gc_principal(float *map, gc_real *matrix, size_t positions, size_t channels, double *scratch) {
    struct search s = {matrix, positions, channels, smaller(positions, channels), .rows = scratch};
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
    for (int cycle = 0; cycle < CYCLES && !run_cycle(&s); cycle++)
        ;
    draw(&s, map);
}
