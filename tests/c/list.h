/* A macro that writes the entries of a list in JSON. */
#ifndef GC_LIST_H
#define GC_LIST_H

/* 1 to 8 entries, with commas in between. */
#define LIST(...) LIST_OF(COUNT(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0))(__VA_ARGS__)
#define COUNT(A, B, C, D, E, F, G, H, COUNT, ...) COUNT
#define LIST_OF(COUNT) LIST_NAMED(COUNT)
#define LIST_NAMED(COUNT) LIST_##COUNT
#define LIST_1(A) A
#define LIST_2(A, ...) A "," LIST_1(__VA_ARGS__)
#define LIST_3(A, ...) A "," LIST_2(__VA_ARGS__)
#define LIST_4(A, ...) A "," LIST_3(__VA_ARGS__)
#define LIST_5(A, ...) A "," LIST_4(__VA_ARGS__)
#define LIST_6(A, ...) A "," LIST_5(__VA_ARGS__)
#define LIST_7(A, ...) A "," LIST_6(__VA_ARGS__)
#define LIST_8(A, ...) A "," LIST_7(__VA_ARGS__)

#endif
