/*
 * The functions that decode the Base64 in a JSON document, in every way that the header allows.
 *
 *     surface_json_base64 PATH_OF_NO_FILE_YET
 */
#include "document.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void bytes(void)
{
    personr_json *json = parsed(DOCUMENT);
    /* Of exactly their size: a byte behind them is noticed. */
    uint8_t *buffer = (uint8_t *)malloc(6);
    size_t length = 1;

    CHECK(buffer != NULL);
    OK(personr_json_bytes, json, "/response/base64/1", buffer, 6, &length);
    CHECK(length == 6 && memcmp(buffer, "SELFIE", 6) == 0);
    OK(personr_json_bytes, json, "/response/base64/0", buffer, 6, NULL);
    CHECK(memcmp(buffer, "PASS", 4) == 0);
    FAILS(PERSONR_BUFFER_TOO_SMALL, "buffer", personr_json_bytes, json, "/response/base64/1", buffer, 5, &length);
    CHECK(length == 6);
    FAILS(PERSONR_BUFFER_TOO_SMALL, "buffer", personr_json_bytes, json, "/response/base64/1", NULL, 0, &length);
    CHECK(length == 6);
    FAILS(PERSONR_NO_VALUE, "json-type", personr_json_bytes, json, "/response/base64", buffer, 6, &length);
    CHECK(length == 0);
    personr_json_free(json);
    json = parsed("[\"\", \"no Base64!\"]");
    OK(personr_json_bytes, json, "/0", NULL, 0, &length);
    CHECK(length == 0);
    FAILS(PERSONR_NO_VALUE, "json-base64", personr_json_bytes, json, "/1", buffer, 6, &length);
    personr_json_free(json);
    free(buffer);
}

static void file_holds(const char *path, const char *text)
{
    char held[16] = {0};
    struct stat status;
    FILE *file = fopen(path, "rb");

    CHECK(file != NULL && fread(held, 1, sizeof held, file) == strlen(text) && fclose(file) == 0);
    CHECK(memcmp(held, text, strlen(text)) == 0);
    CHECK(lstat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 07777) == 0600);
}

static void files(const char *path)
{
    personr_json *json = parsed(DOCUMENT);
    char link_path[4096], folder_path[4096];

    OK(personr_json_save_base64, json, "/response/base64/0", path);
    file_holds(path, "PASS");
    OK(personr_json_save_base64, json, "/response/base64/1", path);
    file_holds(path, "SELFIE");
    FAILS(PERSONR_NO_VALUE, "json-base64", personr_json_save_base64, json, "/text", path);
    FAILS(PERSONR_NO_VALUE, "json-type", personr_json_save_base64, json, "/response/base64", path);
    FAILS(PERSONR_NO_VALUE, "json-missing", personr_json_save_base64, json, "/response/base64/2", path);
    REFUSES("path", personr_json_save_base64, json, "/response/base64/0", NULL);
    REFUSES("path", personr_json_save_base64, json, "/response/base64/0", "");
    snprintf(link_path, sizeof link_path, "%s.link", path);
    snprintf(folder_path, sizeof folder_path, "%s.missing/file", path);
    CHECK(symlink(path, link_path) == 0);
    FAILS(PERSONR_FILE, "file-type", personr_json_save_base64, json, "/response/base64/0", link_path);
    FAILS(PERSONR_FILE, "file-type", personr_json_save_base64, json, "/response/base64/0", "/dev/null");
    FAILS(PERSONR_FILE, "file-open", personr_json_save_base64, json, "/response/base64/0", folder_path);
    file_holds(path, "SELFIE");
    CHECK(unlink(link_path) == 0);
    personr_json_free(json);
}

/* A limit on file sizes is an error, and no signal ends the process. */
static void a_full_file(const char *path)
{
    personr_json *json = parsed(DOCUMENT);
    struct rlimit before, limit;

    CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
    limit = before;
    limit.rlim_cur = 5;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    FAILS(PERSONR_FILE, "file-full", personr_json_save_base64, json, "/response/base64/1", path);
    OK(personr_json_save_base64, json, "/response/base64/0", path);
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
    file_holds(path, "PASS");
    personr_json_free(json);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    bytes();
    files(argv[1]);
    a_full_file(argv[1]);
    puts("surface_json_base64: all checked");
    return EXIT_SUCCESS;
}
