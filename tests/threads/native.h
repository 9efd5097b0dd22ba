/* WebAssembly's instructions that wait and wake, for a build of src/base/threads.c for this
 * machine. The compiler includes this file before the source. */
#ifndef GC_THREADS_NATIVE_H
#define GC_THREADS_NATIVE_H

#define __builtin_wasm_memory_atomic_wait32(at, expected, timeout) native_wait(at, expected)
#define __builtin_wasm_memory_atomic_notify(at, count) native_wake(at)

/* Sleeps until another thread wakes the sleepers, if *at has the expected value. */
void native_wait(int *at, int expected);

void native_wake(int *at);

#endif
