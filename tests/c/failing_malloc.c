/*
 * Stands before the C library's allocator, and before mmap, and refuses the N-th request after it is armed; or that one
 * and all after it.
 */
#define _GNU_SOURCE
#include "failing_malloc.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own, under the names by which it lets others stand before them. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

/* The number of the first request to refuse; 0 if none is. */
static long first;
static int all, armed;
static long asked;

void fail_allocation(long number, int all_after)
{
    first = number;
    all = all_after;
    asked = 0;
    __atomic_store_n(&armed, 1, __ATOMIC_SEQ_CST);
}

long stop_failing(void)
{
    __atomic_store_n(&armed, 0, __ATOMIC_SEQ_CST);
    return asked;
}

/* Two threads may ask at once: the caller's, and the one that looks a name up. */
static int refuse(void)
{
    long number;

    if (!__atomic_load_n(&armed, __ATOMIC_SEQ_CST))
        return 0;
    number = __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
    if (first == 0 || number < first || (number > first && !all))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return refuse() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refuse() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return refuse() ? NULL : __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
    return refuse() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *found = memalign(alignment, size);

    if (found == NULL)
        return ENOMEM;
    *block = found;
    return 0;
}

/* The kernel's call takes the offset in bytes, or on machines of 32 bits in units of 4 KiB; on a few, in a structure. */
void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
    if (refuse())
        return MAP_FAILED;
#if defined(SYS_mmap2)
    return (void *)syscall(SYS_mmap2, address, length, protection, flags, file, (long)(offset / 4096));
#elif defined(__s390x__)
    long arguments[] = {(long)address, (long)length, protection, flags, file, offset};
    return (void *)syscall(SYS_mmap, arguments);
#else
    return (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
#endif
}
