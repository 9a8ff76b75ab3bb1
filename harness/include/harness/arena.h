/**
 * harness/arena.h - memory that goes all at once.
 *
 * What is read from a file, or observed in a run, lives as long as that file or run: one arena each. Out of memory ends
 * the program with a message; nothing in the harness checks for NULL from an arena.
 */
#ifndef HARNESS_ARENA_H
#define HARNESS_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *block;
};

/** Zeroed memory, aligned for anything. */
void *arena_alloc(struct arena *arena, size_t size);
/** A zeroed array; n * size must not overflow, which ends the program. */
void *arena_array(struct arena *arena, size_t n, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args);
/** Forget everything allocated, keep the memory for reuse. */
void arena_reset(struct arena *arena);
/** Give the memory back. The arena is as new. */
void arena_free(struct arena *arena);

#endif
