/*
 * Wipes what has held a secret. Not by memset(): of memory that nobody reads again compilers leave that out. (Where there
 * is explicit_bzero(), or memset_explicit() of C23, take that.)
 */
#ifndef WIPE_H
#define WIPE_H

#include <stddef.h>

static void wipe(void *start, size_t length)
{
    volatile char *byte = (volatile char *)start;

    while (length-- > 0)
        *byte++ = 0;
}

#endif
