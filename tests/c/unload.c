/*
 * Loads the library, logs in, and unloads it, again and again, while nothing may grow.
 *
 *     unload [ROUNDS [THREADS]]    THREADS that have used the library end after each unloading
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <personr.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_THREADS 16
#define STACK_TOUCHED (512 * 1024)
#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number
#define LIBRARY "libpersonr.so." TEXT(PERSONR_VERSION_MAJOR)

/* What is called of the library. */
struct library {
    void *handle;
    personr_options *(*options_new)(void);
    void (*options_free)(personr_options *);
    personr_status (*set_base_url)(personr_options *, const char *, personr_error **);
    personr_status (*set_ca_file)(personr_options *, const char *, personr_error **);
    personr_status (*set_system_roots)(personr_options *, int32_t, personr_error **);
    personr_status (*auth_new)(const char *, const char *, const personr_options *, personr_auth **, personr_error **);
    personr_status (*login)(const personr_auth *, personr_token **, personr_error **);
    personr_status (*authorization)(const personr_auth *, char *, size_t, size_t *, personr_error **);
    void (*auth_free)(personr_auth *);
    void (*token_free)(personr_token *);
    const char *(*token_value)(const personr_token *);
};

static int find(const struct library *library, const char *name, void *function)
{
    void *found = dlsym(library->handle, name);

    memcpy(function, &found, sizeof found);
    if (found == NULL)
        fprintf(stderr, "%s: %s\n", name, dlerror());
    return found != NULL;
}

static int load(struct library *library)
{
    library->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 0;
    }
    return find(library, "personr_options_new", &library->options_new)
        && find(library, "personr_options_free", &library->options_free)
        && find(library, "personr_options_set_base_url", &library->set_base_url)
        && find(library, "personr_options_set_ca_file", &library->set_ca_file)
        && find(library, "personr_options_set_system_roots", &library->set_system_roots)
        && find(library, "personr_auth_new", &library->auth_new) && find(library, "personr_auth_login", &library->login)
        && find(library, "personr_auth_authorization", &library->authorization)
        && find(library, "personr_auth_free", &library->auth_free)
        && find(library, "personr_token_free", &library->token_free)
        && find(library, "personr_token_value", &library->token_value);
}

static personr_auth *make_auth(const struct library *library)
{
    personr_options *options = library->options_new();
    personr_auth *auth = NULL;

    if (library->set_base_url(options, getenv("PERSONR_BASE_URL"), NULL) != PERSONR_OK
        || library->set_ca_file(options, getenv("PERSONR_CA_FILE"), NULL) != PERSONR_OK
        || library->set_system_roots(options, 0, NULL) != PERSONR_OK
        || library->auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, NULL) != PERSONR_OK)
        fprintf(stderr, "no handle could be made\n");
    library->options_free(options);
    return auth;
}

/* Takes the token at hand. */
static int use(const struct library *library, const personr_auth *auth)
{
    char authorization[PERSONR_AUTHORIZATION_MAX];
    int good = library->authorization(auth, authorization, sizeof authorization, NULL, NULL) == PERSONR_OK;

    memset(authorization, 0, sizeof authorization);
    return good;
}

/* What the threads of a round share: they use the library between the first two meetings, and end after the third. */
struct round {
    struct library library;
    personr_auth *auth;
    pthread_barrier_t meeting;
    int good[MAX_THREADS];
};

struct user {
    struct round *round;
    int number;
};

/*
 * The system gives a stack its pages when they are first touched, and glibc keeps stacks for later threads. Which thread
 * is the one that logs in, and so goes deep, is chance: without this its stack would look like growth.
 */
static void touch_stack(void)
{
    volatile char deep[STACK_TOUCHED];
    size_t i;

    for (i = 0; i < sizeof deep; i += 1024)
        deep[i] = 1;
}

static void *use_and_outlive(void *argument)
{
    struct user *user = argument;
    struct round *round = user->round;

    touch_stack();
    /* A call that logs in, or waits for the one that does, and one that takes what is there. */
    round->good[user->number] = use(&round->library, round->auth) && use(&round->library, round->auth);
    pthread_barrier_wait(&round->meeting);
    pthread_barrier_wait(&round->meeting);
    return NULL;
}

static int log_in(const struct round *round)
{
    personr_token *token = NULL;
    int good = round->library.login(round->auth, &token, NULL) == PERSONR_OK
        && round->library.token_value(token)[0] != '\0' && use(&round->library, round->auth);

    round->library.token_free(token);
    if (!good)
        fprintf(stderr, "no token\n");
    return good;
}

static int load_log_in_unload(int threads)
{
    struct round round;
    struct user users[MAX_THREADS];
    pthread_t ids[MAX_THREADS];
    int i, good;

    memset(&round, 0, sizeof round);
    if (!load(&round.library) || (round.auth = make_auth(&round.library)) == NULL)
        return 0;
    good = pthread_barrier_init(&round.meeting, NULL, (unsigned)threads + 1) == 0;
    for (i = 0; good && i < threads; i++) {
        users[i].round = &round;
        users[i].number = i;
        good = pthread_create(&ids[i], NULL, use_and_outlive, &users[i]) == 0;
    }
    if (!good)
        return 0;
    good = log_in(&round);
    pthread_barrier_wait(&round.meeting);
    round.library.auth_free(round.auth);
    good = dlclose(round.library.handle) == 0 && good;
    pthread_barrier_wait(&round.meeting);
    for (i = 0; i < threads; i++)
        good = pthread_join(ids[i], NULL) == 0 && round.good[i] && good;
    pthread_barrier_destroy(&round.meeting);
    return good;
}

/* What must not grow. Kibibytes of memory, but for the bytes of the heap that are in use. */
struct size {
    long heap, resident, data, threads, mappings, descriptors;
};

static long count_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    long lines = 0;
    int character;

    while (file != NULL && (character = getc(file)) != EOF)
        lines += character == '\n';
    if (file != NULL)
        fclose(file);
    return lines;
}

static long count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    long entries = 0;

    while (folder != NULL && readdir(folder) != NULL)
        entries++;
    if (folder != NULL)
        closedir(folder);
    return entries;
}

static struct size measure(void)
{
    struct size size = {0, 0, 0, 0, 0, 0};
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];

    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "VmRSS: %ld", &size.resident);
        sscanf(line, "VmData: %ld", &size.data);
        sscanf(line, "Threads: %ld", &size.threads);
    }
    if (status != NULL)
        fclose(status);
    size.heap = (long)mallinfo2().uordblks;
    size.mappings = count_lines("/proc/self/maps");
    size.descriptors = count_descriptors();
    return size;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 10, threads = argc > 2 ? atoi(argv[2]) : 0, round;
    struct size half = measure(), end;
    void *kept;

    if (threads > MAX_THREADS)
        return EXIT_FAILURE;
    /* One heap for all threads: which of several one meets, and fills, would be chance too. (A sanitizer's has one.) */
    mallopt(M_ARENA_MAX, 1);
    for (round = 0; round < rounds; round++) {
        if (!load_log_in_unload(threads)) {
            fprintf(stderr, "round %d failed\n", round);
            return EXIT_FAILURE;
        }
        if (round + 1 == rounds / 2)
            half = measure();
    }
    end = measure();
    kept = dlopen(LIBRARY, RTLD_NOW | RTLD_NOLOAD);
    printf("rounds: %d\nkept: %d\n", rounds, kept != NULL);
    printf("heap: %ld\nresident: %ld\ndata: %ld\n", end.heap - half.heap, end.resident - half.resident,
           end.data - half.data);
    printf("threads: %ld\nmappings: %ld\ndescriptors: %ld\n", end.threads - half.threads, end.mappings - half.mappings,
           end.descriptors - half.descriptors);
    if (kept != NULL)
        dlclose(kept);
    return EXIT_SUCCESS;
}
