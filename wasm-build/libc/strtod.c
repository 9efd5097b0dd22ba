/* strtod for the modules, in place of the C library's, which reads long doubles with arithmetic of
 * 128 bits. It rounds correctly, so it returns the same numbers. It reads what JSON allows, because
 * yyjson, its only caller, checks the form before and reads NaN and Infinity itself. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* The digits that are read exactly. No number halfway between two doubles has more than 768. */
#define MAX_DIGITS 800
/* Beyond these powers of ten of the first digit, a number is infinite or zero. */
#define MAX_POWER 310
#define MIN_POWER (-330)

/* A natural number, with the lowest 32 bits first. 10^(MAX_DIGITS - MIN_POWER) has 3,754 bits. */
struct big {
    int32_t length;
    uint32_t limbs[128];
};

static void multiply_add(struct big *big, uint32_t factor, uint32_t term) {
    uint64_t carry = term;
    for (int32_t i = 0; i < big->length; i++, carry >>= 32) {
        carry += (uint64_t)big->limbs[i] * factor;
        big->limbs[i] = (uint32_t)carry;
    }
    if (carry != 0)
        big->limbs[big->length++] = (uint32_t)carry;
}

static void multiply_by_power_of_10(struct big *big, int32_t power) {
    for (; power >= 9; power -= 9)
        multiply_add(big, 1000000000, 0);
    for (; power > 0; power--)
        multiply_add(big, 10, 0);
}

static void shift_left(struct big *big, int32_t bits) {
    multiply_add(big, (uint32_t)1 << bits % 32, 0);
    const int32_t limbs = bits / 32;
    for (int32_t i = big->length - 1; limbs > 0 && i >= 0; i--)
        big->limbs[i + limbs] = big->limbs[i];
    for (int32_t i = 0; i < limbs; i++)
        big->limbs[i] = 0;
    big->length += limbs;
}

static int32_t bit_length(const struct big *big) {
    return 32 * big->length - __builtin_clz(big->limbs[big->length - 1]);
}

/* Below, at or above 0, as a is below, at or above b. */
static int32_t compare(const struct big *a, const struct big *b) {
    if (a->length != b->length)
        return a->length - b->length;
    for (int32_t i = a->length - 1; i >= 0; i--)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

/* a -= b, where a >= b. */
static void subtract(struct big *a, const struct big *b) {
    int64_t carry = 0;
    for (int32_t i = 0; i < a->length; i++, carry >>= 32) {
        carry += (int64_t)a->limbs[i] - (i < b->length ? b->limbs[i] : 0);
        a->limbs[i] = (uint32_t)carry;
    }
    while (a->length > 0 && a->limbs[a->length - 1] == 0)
        a->length--;
}

/* The double nearest to over / under, and of two the even one. */
static double divide(struct big *over, struct big *under) {
    int32_t exponent = bit_length(over) - bit_length(under);
    shift_left(exponent < 0 ? over : under, abs(exponent));
    if (compare(over, under) < 0) {
        shift_left(over, 1);
        exponent--;
    }
    /* Now the number is 2^exponent * over / under, and 1 <= over / under < 2. */
    const int32_t bits = exponent < -1022 ? exponent + 1075 : 53;
    uint64_t result = 0;
    for (int32_t i = 0; i < bits; i++) {
        const bool bit = compare(over, under) >= 0;
        result = 2 * result + bit;
        if (bit)
            subtract(over, under);
        shift_left(over, 1);
    }
    const int32_t rest = bits < 0 ? -1 : compare(over, under);
    if (rest > 0 || (rest == 0 && result % 2 == 1))
        result++;
    return ldexp((double)result, exponent - bits + 1);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Reads digits with at most one point into `big`. Returns the power of ten of the last digit that
 * was taken. A digit that was left out makes the last digit odd, so that a half is not seen. */
static int32_t read_digits(const char **text, struct big *big) {
    int32_t power = 0, taken = 0;
    bool behind_point = false, left_out = false;
    for (; is_digit(**text) || (**text == '.' && !behind_point); (*text)++) {
        if (**text == '.') {
            behind_point = true;
            continue;
        }
        const uint32_t digit = (uint32_t)(**text - '0');
        if (taken < MAX_DIGITS) {
            multiply_add(big, 10, digit);
            taken += big->length > 0;
            power -= behind_point;
        } else {
            left_out |= digit != 0;
            power += !behind_point;
        }
    }
    if (left_out)
        big->limbs[0] |= 1;
    return power;
}

static int32_t read_exponent(const char **text) {
    if (**text != 'e' && **text != 'E')
        return 0;
    const char sign = *++*text;
    *text += sign == '-' || sign == '+';
    int32_t exponent = 0;
    for (; is_digit(**text); (*text)++)
        if (exponent < 100000000)
            exponent = 10 * exponent + (**text - '0');
    return sign == '-' ? -exponent : exponent;
}

double strtod(const char *restrict text, char **restrict end) {
    const bool negative = *text == '-';
    const char *at = text + negative;
    struct big over = {.length = 0}, under = {.length = 1, .limbs = {1}};
    int32_t power = read_digits(&at, &over);
    power += read_exponent(&at);
    *end = (char *)(uintptr_t)at;
    double number = 0;
    if (over.length > 0) {
        /* bit_length * 0.301 is the number of digits, or one less. */
        const int32_t first = power + bit_length(&over) * 301 / 1000;
        if (first > MAX_POWER)
            number = INFINITY;
        else if (first >= MIN_POWER) {
            multiply_by_power_of_10(power < 0 ? &under : &over, abs(power));
            number = divide(&over, &under);
        }
    }
    return negative ? -number : number;
}
