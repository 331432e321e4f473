/* Operations in a loop of GLib, in a context of its own. */
#include "loops.h"

#include <glib-unix.h>

static gboolean on_ready(gint fd, GIOCondition condition, gpointer watched)
{
    (void)fd;
    CHECK(condition == G_IO_IN);
    return ready(watched) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void run_loop(struct watched *watched, int count)
{
    GMainContext *context = g_main_context_new();
    int at;

    for (at = 0; at < count; at++) {
        GSource *source = g_unix_fd_source_new(descriptor(&watched[at]), G_IO_IN);

        /* GLib takes the functions of all sources by one type. */
        g_source_set_callback(source, (GSourceFunc)(void (*)(void))on_ready, &watched[at], NULL);
        g_source_attach(source, context);
        g_source_unref(source);
    }
    /* It returns FALSE where a source was removed: GLib wakes itself for that. */
    while (left > 0)
        (void)g_main_context_iteration(context, TRUE);
    g_main_context_unref(context);
}
