/*
 * An authorised request, and what to do about a 401: reject the token, ask again, repeat ONCE.
 *
 * Any login to the account, by whatever program, ends the token of the login before it. So any request may meet a 401,
 * however good its token was a moment ago.
 *
 *     cc request.c -lpersonr -o request
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… PERSONR_BASE_URL=http://127.0.0.1:PORT/api/1.1/wf ./request
 *
 * post() stands for the HTTP client of your program. It speaks plain HTTP to the sandbox on 127.0.0.1 and no more.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Sends a POST without a body. Returns the HTTP status of the answer, or -1. */
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
    memset(request, 0, sizeof request);
    return status;
}

/* The pattern. Returns the HTTP status of the last answer, or -1 if there was no token or no answer. */
static int authorised_post(const personr_auth *auth, const char *base_url, const char *endpoint, personr_error **error)
{
    char authorization[PERSONR_AUTHORIZATION_MAX];
    int tries, status = -1;

    for (tries = 0; tries < 2; tries++) {
        if (personr_auth_authorization(auth, authorization, sizeof authorization, NULL, error) != PERSONR_OK)
            return -1;
        status = post(base_url, endpoint, authorization);
        printf("%s: %d\n", endpoint, status);
        if (status != 401 || personr_auth_reject(auth, authorization, error) != PERSONR_OK)
            break;
    }
    memset(authorization, 0, sizeof authorization);
    return status;
}

/* Something else logs in to the account: here another handle for it, which might be another program. */
static personr_status log_in_elsewhere(const personr_auth *auth, personr_error **error)
{
    personr_token *token;
    personr_status status = personr_auth_login(auth, &token, error);

    if (status == PERSONR_OK)
        puts("another login ended the token");
    personr_token_free(token);
    return status;
}

int main(void)
{
    const char *base_url = getenv("PERSONR_BASE_URL");
    const char *email = getenv("PERSONR_EMAIL"), *password = getenv("PERSONR_PASSWORD");
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL, *other = NULL;
    personr_error *error = NULL;
    int result = EXIT_FAILURE;

    if (personr_options_set_base_url(options, base_url, &error) == PERSONR_OK
        && personr_auth_new(email, password, options, &auth, &error) == PERSONR_OK
        && personr_auth_new(email, password, options, &other, &error) == PERSONR_OK
        && authorised_post(auth, base_url, "api-applicant-status", &error) == 200
        && log_in_elsewhere(other, &error) == PERSONR_OK
        && authorised_post(auth, base_url, "api-applicant-status", &error) == 200)
        result = EXIT_SUCCESS;
    else
        fprintf(stderr, "failed: %s\n", personr_error_message(error));
    personr_error_free(error);
    personr_auth_free(other);
    personr_auth_free(auth);
    personr_options_free(options);
    return result;
}
