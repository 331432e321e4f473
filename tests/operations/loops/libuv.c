/* Operations in a loop of libuv. */
#include "loops.h"

#include <uv.h>

static void on_ready(uv_poll_t *watcher, int status, int events)
{
    CHECK(status == 0 && events == UV_READABLE);
    if (ready(watcher->data))
        uv_close((uv_handle_t *)watcher, NULL);
}

static void run_loop(struct watched *watched, int count)
{
    static uv_poll_t watchers[AT_ONCE];
    uv_loop_t loop;
    int at;

    CHECK(uv_loop_init(&loop) == 0);
    for (at = 0; at < count; at++) {
        CHECK(uv_poll_init(&loop, &watchers[at], descriptor(&watched[at])) == 0);
        watchers[at].data = &watched[at];
        CHECK(uv_poll_start(&watchers[at], UV_READABLE, on_ready) == 0);
    }
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0 && left == 0);
    CHECK(uv_loop_close(&loop) == 0);
}
