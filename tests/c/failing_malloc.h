/*
 * An allocator that refuses on order.
 */
#ifndef FAILING_MALLOC_H
#define FAILING_MALLOC_H

/* From now on the allocation with this number is refused (1 is the next one), and all after it if so asked. 0: none. */
void fail_allocation(long number, int all_after);

/* Refuses none any more. Returns how many were asked for since it was armed. */
long stop_failing(void);

#endif
