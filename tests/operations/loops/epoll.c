/* Operations in a loop of epoll(7): half of them edge-triggered, half of them level-triggered. */
#include "loops.h"

#include <sys/epoll.h>
#include <unistd.h>

static void run_loop(struct watched *watched, int count)
{
    struct epoll_event events[16];
    int epoll = epoll_create1(EPOLL_CLOEXEC), at;

    CHECK(epoll >= 0);
    for (at = 0; at < count; at++) {
        events[0].events = at / 2 % 2 ? EPOLLIN : EPOLLIN | (uint32_t)EPOLLET;
        events[0].data.ptr = &watched[at];
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor(&watched[at]), &events[0]) == 0);
    }
    while (left > 0) {
        int found = epoll_wait(epoll, events, 16, -1);

        CHECK(found > 0);
        for (at = 0; at < found; at++) {
            struct watched *one = events[at].data.ptr;

            if (ready(one))
                CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor(one), NULL) == 0);
        }
    }
    CHECK(close(epoll) == 0);
}
