/*
 * Authorised requests on a connection that is kept: benches/ours/exchange.c sends them by libpersonr, and
 * benches/peers/exchange.c by libcurl, OpenSSL and cJSON. Where and who is said by the environment, as in client.h.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#define APPLICANT "1665086295288x405886519539808060"

/* What threads send requests with. A side that cannot share one makes one for each thread. */
struct exchanger;

/* Logs in, and makes what is needed. NULL on failure; all below return 0 on success. */
struct exchanger *exchanger_new(void);
void exchanger_free(struct exchanger *exchanger);

/* One more, for another thread, with the token of the first. May be the same one again. */
struct exchanger *exchanger_for_thread(struct exchanger *exchanger);

/* Two text fields to api-applicant-status, and a member of the answer. */
int exchanger_ask(struct exchanger *exchanger);

/* The file as Base64 in JSON to api-document-upload. */
int exchanger_upload(struct exchanger *exchanger, const char *path);

/* The first document of api-document-download, decoded into the file. */
int exchanger_download(struct exchanger *exchanger, const char *path);

#endif
