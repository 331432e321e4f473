/* Operations in a loop of poll(2). */
#include "loops.h"

static void run_loop(struct watched *watched, int count)
{
    static struct pollfd polled[AT_ONCE];
    int at;

    for (at = 0; at < count; at++) {
        polled[at].fd = descriptor(&watched[at]);
        polled[at].events = POLLIN;
    }
    while (left > 0) {
        CHECK(poll(polled, (nfds_t)count, -1) > 0);
        for (at = 0; at < count; at++)
            if (polled[at].revents != 0 && ready(&watched[at]))
                polled[at].fd = -1;
    }
}
