/*
 * Wipes memory that has held a secret. memset() would not do: compilers leave it out if nobody reads the memory again.
 * (Use explicit_bzero(), or memset_explicit() of C23, where there is one.)
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
