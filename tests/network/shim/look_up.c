/* Stands before the system's name look-up (LD_PRELOAD), and answers as it is ordered to. Linux alone. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static int held, ordered_error, ordered_delay_ms, count;
static char ordered_addresses[1024];

/* From now on: wait delay_ms (-1: until the release), then fail with error, or answer with the addresses (with a comma
   after each; there may be none). */
void look_up_order(int delay_ms, int error, const char *addresses)
{
    pthread_mutex_lock(&lock);
    held = delay_ms < 0;
    ordered_delay_ms = delay_ms;
    ordered_error = error;
    strncpy(ordered_addresses, addresses, sizeof ordered_addresses - 1);
    pthread_mutex_unlock(&lock);
}

void look_up_release(void)
{
    pthread_mutex_lock(&lock);
    held = 0;
    pthread_cond_broadcast(&released);
    pthread_mutex_unlock(&lock);
}

int look_up_count(void)
{
    int now;
    pthread_mutex_lock(&lock);
    now = count;
    pthread_mutex_unlock(&lock);
    return now;
}

/* One block of memory for an address and what points to it. */
static struct addrinfo *node(const char *address)
{
    struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_in6));
    struct sockaddr_in *in = (struct sockaddr_in *)(info + 1);
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(info + 1);

    info->ai_socktype = SOCK_STREAM;
    info->ai_addr = (struct sockaddr *)(info + 1);
    if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
        info->ai_family = in->sin_family = AF_INET;
        info->ai_addrlen = sizeof *in;
    } else {
        info->ai_family = in6->sin6_family = AF_INET6;
        info->ai_addrlen = sizeof *in6;
        inet_pton(AF_INET6, address, &in6->sin6_addr);
    }
    return info;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    char addresses[1024], *rest = addresses, *address;
    struct timespec end;
    int error;
    (void)name, (void)service, (void)hints;
    pthread_mutex_lock(&lock);
    count++;
    if (ordered_delay_ms > 0) {
        struct timespec pause = {ordered_delay_ms / 1000, ordered_delay_ms % 1000 * 1000000L};
        pthread_mutex_unlock(&lock);
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&lock);
    }
    /* A library that waits for ever must not hang its test. */
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    while (held && pthread_cond_timedwait(&released, &lock, &end) == 0)
        ;
    error = ordered_error;
    memcpy(addresses, ordered_addresses, sizeof addresses);
    pthread_mutex_unlock(&lock);
    *found = NULL;
    while (error == 0 && (address = strsep(&rest, ",")) != NULL && *address != '\0') {
        *found = node(address);
        found = &(*found)->ai_next;
    }
    return error;
}

void freeaddrinfo(struct addrinfo *info)
{
    while (info != NULL) {
        struct addrinfo *next = info->ai_next;
        free(info);
        info = next;
    }
}
