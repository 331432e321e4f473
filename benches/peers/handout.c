/*
 * What a careful C programmer would write to share a token between threads: a cache behind a mutex, with the same copy
 * and the same expiry check by the same clock. handout THREADS CALLS
 */
#include <string.h>

#include "../handout.h"

static struct {
    pthread_mutex_t mutex;
    char authorization[BUFFER_SIZE];
    size_t length;
    struct timespec good_until;
} cache = {PTHREAD_MUTEX_INITIALIZER, "", 0, {0, 0}};

static int hand_out(char *buffer, size_t capacity)
{
    struct timespec time;
    int result = -1;

    if (clock_gettime(CLOCK_BOOTTIME, &time) != 0)
        return -1;
    pthread_mutex_lock(&cache.mutex);
    if ((time.tv_sec < cache.good_until.tv_sec
         || (time.tv_sec == cache.good_until.tv_sec && time.tv_nsec < cache.good_until.tv_nsec))
        && cache.length < capacity) {
        memcpy(buffer, cache.authorization, cache.length + 1);
        result = 0;
    }
    pthread_mutex_unlock(&cache.mutex);
    return result;
}

int main(int argc, char **argv)
{
    clock_gettime(CLOCK_BOOTTIME, &cache.good_until);
    cache.good_until.tv_sec += 3600;
    strcpy(cache.authorization, "Bearer 1670035114445x631333625381113500");
    cache.length = strlen(cache.authorization);
    return argc == 3 ? measure(atoi(argv[1]), atol(argv[2])) : EXIT_FAILURE;
}
