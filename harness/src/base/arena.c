#include "harness/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384u
#define ALIGNMENT 16u

struct arena_block {
    struct arena_block *next;
    size_t size; /* octets that follow this header */
    size_t used;
    size_t reserved_zero; /* keeps what follows aligned */
};

static _Noreturn void out_of_memory(void)
{
    fputs("tcprove: out of memory\n", stderr);
    abort();
}

static struct arena_block *add_block(struct arena *arena, size_t at_least)
{
    size_t size = at_least > BLOCK_SIZE ? at_least : BLOCK_SIZE;
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block) { out_of_memory(); }
    *block = (struct arena_block){.next = arena->block, .size = size};
    arena->block = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) { out_of_memory(); }
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct arena_block *block = arena->block;
    if (!block || block->size - block->used < size) { block = add_block(arena, size); }
    void *memory = (unsigned char *)(block + 1) + block->used;
    block->used += size;
    return memset(memory, 0, size);
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / 2 / size) { out_of_memory(); }
    return arena_alloc(arena, n * size);
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);
    memcpy(copy, text, len);
    return copy;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len < 0) { out_of_memory(); }
    char *text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

/* Keep the first block allocated: it is the last of the list. */
void arena_reset(struct arena *arena)
{
    while (arena->block && arena->block->next) {
        struct arena_block *block = arena->block;
        arena->block = block->next;
        free(block);
    }
    if (arena->block) { arena->block->used = 0; }
}

void arena_free(struct arena *arena)
{
    while (arena->block) {
        struct arena_block *block = arena->block;
        arena->block = block->next;
        free(block);
    }
}
