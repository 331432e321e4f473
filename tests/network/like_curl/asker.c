/* An application that makes a handle and asks for a token, again and again: three lines of its standard input each are
   a base URL, HTTPS_PROXY and NO_PROXY. One line of its output each says what it connected to:
   "proxy" or "direct"; or else the error.

   No connection leaves this machine: each name is an address for documentation (RFC 5737), and each address but
   127.0.0.1, where the proxy is, refuses. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "personr.h"

static const char *way;

int connect(int descriptor, const struct sockaddr *address, socklen_t length)
{
    int (*systems)(int, const struct sockaddr *, socklen_t);
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;

    if (address->sa_family == AF_INET && ntohl(ipv4->sin_addr.s_addr) == INADDR_LOOPBACK) {
        way = "proxy";
        *(void **)&systems = dlsym(RTLD_NEXT, "connect");
        return systems(descriptor, address, length);
    }
    way = "direct";
    errno = ECONNREFUSED;
    return -1;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*systems)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    (void)name;
    *(void **)&systems = dlsym(RTLD_NEXT, "getaddrinfo");
    return systems("192.0.2.1", service, hints, found);
}

static int line(char *buffer, int size)
{
    if (fgets(buffer, size, stdin) == NULL)
        return 0;
    buffer[strcspn(buffer, "\n")] = '\0';
    return 1;
}

static void ask(const char *base_url)
{
    personr_options *options = personr_options_new();
    personr_error *error = NULL;
    personr_auth *auth = NULL;
    personr_token *token = NULL;

    way = NULL;
    if (personr_options_set_base_url(options, base_url, &error) == PERSONR_OK
        && personr_options_set_max_retries(options, 0, &error) == PERSONR_OK
        && personr_auth_new("a@example.com", "p", options, &auth, &error) == PERSONR_OK)
        personr_auth_token(auth, &token, &error);
    printf("%s\n", way != NULL ? way : personr_error_message(error));
    personr_token_free(token);
    personr_auth_free(auth);
    personr_error_free(error);
    personr_options_free(options);
}

int main(void)
{
    static char base_url[8192], proxy[8192], exceptions[8192];

    while (line(base_url, sizeof base_url) && line(proxy, sizeof proxy) && line(exceptions, sizeof exceptions)) {
        /* No other thread is left that reads the environment. */
        setenv("HTTPS_PROXY", proxy, 1);
        setenv("NO_PROXY", exceptions, 1);
        ask(base_url);
    }
    return 0;
}
