/*
 * Stands for the HTTP client of your application. It sends a POST without a body, over plain HTTP, to the sandbox on
 * 127.0.0.1, and can do no more than that.
 */
#ifndef POST_H
#define POST_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <personr.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wipe.h"

#define PATH_MAX_LENGTH 256

/* Connects to 127.0.0.1. Returns a socket, or -1. */
static int connect_to(int port)
{
    struct sockaddr_in address;
    int sock = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (sock >= 0 && connect(sock, (struct sockaddr *)&address, sizeof address) != 0) {
        close(sock);
        return -1;
    }
    return sock;
}

/* Returns the HTTP status of the answer, or -1. */
static int post(const char *base_url, const char *endpoint, const char *authorization)
{
    char request[PATH_MAX_LENGTH + PERSONR_AUTHORIZATION_MAX + 256], answer[16] = "", path[PATH_MAX_LENGTH];
    int port, sock, length, status = -1;
    size_t got = 0;
    ssize_t n;

    if (sscanf(base_url, "http://127.0.0.1:%d%255s", &port, path) != 2 || (sock = connect_to(port)) < 0)
        return -1;
    length = snprintf(request, sizeof request,
                      "POST %s/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: %s\r\nContent-Length: 0\r\n"
                      "Connection: close\r\n\r\n",
                      path, endpoint, port, authorization);
    if (write(sock, request, (size_t)length) == length) {
        while (got < sizeof answer - 1 && (n = read(sock, answer + got, sizeof answer - 1 - got)) > 0)
            got += (size_t)n;
        if (sscanf(answer, "HTTP/1.1 %d", &status) != 1)
            status = -1;
    }
    close(sock);
    wipe(request, sizeof request);
    return status;
}

#endif
