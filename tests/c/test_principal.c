/* The first principal component of matrices whose component is known. */
#include "methods/principal.h"

#include "small_models.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4096

/* Runs gc_principal on a copy with scratch of just its size. */
static void find(float *map, const gc_real *matrix, size_t positions, size_t channels) {
    const size_t count = positions * channels;
    gc_real *copy = malloc(count * sizeof *copy);
    double *scratch = malloc(gc_principal_scratch(positions, channels) * sizeof *scratch);
    memcpy(copy, matrix, count * sizeof *copy);
    gc_principal(map, copy, copy, positions, channels, scratch);
    free(copy);
    free(scratch);
}

/* Orthogonal patterns over the positions, each times a pattern over the channels. The squares of
 * their sizes are the eigenvalues. */
static void fill(gc_real *matrix, size_t positions, size_t channels, double first, double second) {
    for (size_t p = 0; p < positions; p++)
        for (size_t k = 0; k < channels; k++) {
            const double turn = 6.283185307179586;
            const double a = cos(turn * (double)p / (double)positions);
            const double b = sin(turn * (double)p / (double)positions);
            const double c = cos(turn * (double)k / (double)channels);
            const double d = sin(turn * (double)k / (double)channels);
            matrix[p * channels + k] = (gc_real)(first * a * c + second * b * d + 3 + (double)k);
        }
}

/* The second eigenvalue lies 2 in 10,000 below the first. Plain power iteration would need 50,000
 * products. */
TEST(a_principal_component_is_found_beside_one_that_is_nearly_as_large) {
    static const size_t sizes[][2] = {{64, 16}, {16, 64}, {9, 9}, {4, 100}, {100, 4}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t positions = sizes[i][0], channels = sizes[i][1];
        gc_real matrix[MOST];
        float map[MOST];
        const double size = sqrt((double)channels / 2);
        fill(matrix, positions, channels, 1, 0.9999);
        find(map, matrix, positions, channels);
        double low = 0, high = 0;
        for (size_t p = 0; p < positions; p++) {
            low = fmin(low, (double)map[p]);
            high = fmax(high, (double)map[p]);
        }
        const double sign = map[0] > 0 ? 1 : -1;
        for (size_t p = 0; p < positions; p++)
            EXPECT_NEAR(sign * (double)map[p],
                        size * cos(6.283185307179586 * (double)p / (double)positions), 2e-3 * size);
        EXPECT(high >= -low);
    }
}

TEST(the_farthest_value_of_a_principal_component_is_positive) {
    const gc_real matrix[] = {0, 0, 0, 0, 0, -5, 0, 0};
    float map[8];
    find(map, matrix, 8, 1);
    EXPECT_NEAR((double)map[5], 4.375, 1e-6);
    EXPECT_NEAR((double)map[0], -0.625, 1e-6);
}

TEST(a_matrix_of_equal_rows_has_a_blank_component) {
    gc_real matrix[50 * 7];
    float map[50];
    for (size_t i = 0; i < 50 * 7; i++)
        matrix[i] = (gc_real)small_random((uint32_t)(i % 7), 5);
    find(map, matrix, 50, 7);
    for (size_t p = 0; p < 50; p++)
        EXPECT_NEAR((double)map[p], 0, 0);
    memset(matrix, 0, sizeof matrix);
    find(map, matrix, 50, 7);
    for (size_t p = 0; p < 50; p++)
        EXPECT_NEAR((double)map[p], 0, 0);
    find(map, matrix, 1, 7); /* one position */
    EXPECT_NEAR((double)map[0], 0, 0);
}

TEST(a_matrix_with_numbers_that_are_none_has_no_component) {
    static const gc_real odd[] = {(gc_real)NAN, (gc_real)INFINITY, (gc_real)-INFINITY};
    for (size_t i = 0; i < 3; i++) {
        gc_real matrix[30] = {1, 2, 3};
        float map[10];
        matrix[17] = odd[i];
        find(map, matrix, 10, 3);
        EXPECT(isnan(map[0]) && isnan(map[9]));
    }
}

/* No size of the values takes the search out of the range of its numbers. */
TEST(a_principal_component_grows_with_its_matrix) {
    static const double sizes[] = {1e-18, 1, 1e15};
    for (size_t i = 0; i < 3; i++) {
        gc_real matrix[20 * 6];
        float map[20];
        for (size_t j = 0; j < 20 * 6; j++)
            matrix[j] = (gc_real)(sizes[i] * (double)small_random((uint32_t)j, 3));
        find(map, matrix, 20, 6);
        EXPECT(small_largest(map, 20) > sizes[i] * 0.5);
        EXPECT(small_largest(map, 20) < sizes[i] * 5);
    }
}
