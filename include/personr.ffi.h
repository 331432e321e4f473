/*
 * For foreign-function interfaces that read C declarations and have no preprocessor: Python's cffi, PHP's FFI, LuaJIT.
 *
 * These are the declarations and integer constants of personr.h, which says what they mean. Made from it by make header.
 */

enum {
    PERSONR_VERSION_MAJOR = 0,
    PERSONR_VERSION_MINOR = 1,
    PERSONR_VERSION_PATCH = 0,
    PERSONR_VERSION_NUMBER = 100,
    PERSONR_OK = 0,
    PERSONR_INVALID_ARGUMENT = 1,
    PERSONR_INVALID_CREDENTIALS = 2,
    PERSONR_UNAUTHORIZED = 3,
    PERSONR_REJECTED = 4,
    PERSONR_RATE_LIMITED = 5,
    PERSONR_SERVER = 6,
    PERSONR_NETWORK = 7,
    PERSONR_TIMEOUT = 8,
    PERSONR_TLS = 9,
    PERSONR_PROTOCOL = 10,
    PERSONR_STORE = 11,
    PERSONR_BUFFER_TOO_SMALL = 12,
    PERSONR_INTERNAL = 13,
    PERSONR_CANCELLED = 14,
    PERSONR_CREDENTIALS = 15,
    PERSONR_FILE = 16,
    PERSONR_NO_VALUE = 17,
    PERSONR_LOGIN_BASIC = 0,
    PERSONR_LOGIN_FORM = 1,
    PERSONR_RECORD_MAX = 32768,
    PERSONR_CALLBACK_OK = 1,
    PERSONR_STORE_BUSY = -1,
    PERSONR_LOG_ERROR = 1,
    PERSONR_LOG_WARN = 2,
    PERSONR_LOG_INFO = 3,
    PERSONR_LOG_DEBUG = 4,
    PERSONR_STATE_EMPTY = 0,
    PERSONR_STATE_GOOD = 1,
    PERSONR_STATE_RENEWING = 2,
    PERSONR_STATE_FAILING = 3,
    PERSONR_STATE_REFUSED = 4,
    PERSONR_AUTHORIZATION_MAX = 4104,
    PERSONR_FORMAT_MULTIPART = 0,
    PERSONR_FORMAT_JSON = 1,
    PERSONR_ENCODING_OBJECT = 0,
    PERSONR_ENCODING_BASE64 = 1,
    PERSONR_ENCODING_BINARY = 2,
    PERSONR_TYPE_MISSING = 0,
    PERSONR_TYPE_NULL = 1,
    PERSONR_TYPE_BOOLEAN = 2,
    PERSONR_TYPE_NUMBER = 3,
    PERSONR_TYPE_STRING = 4,
    PERSONR_TYPE_ARRAY = 5,
    PERSONR_TYPE_OBJECT = 6
};

typedef struct personr_auth personr_auth;
typedef struct personr_error personr_error;
typedef struct personr_json personr_json;
typedef struct personr_operation personr_operation;
typedef struct personr_options personr_options;
typedef struct personr_request personr_request;
typedef struct personr_response personr_response;
typedef struct personr_token personr_token;
typedef int32_t personr_status;

typedef int32_t (*personr_store_load_fn)(void *user_data,
                                         const char *key,
                                         uint8_t *buffer,
                                         size_t capacity,
                                         size_t *length_out);
typedef int32_t (*personr_store_save_fn)(void *user_data,
                                         const char *key,
                                         const char *owner,
                                         const uint8_t *record,
                                         size_t length);
typedef int32_t (*personr_store_lock_fn)(void *user_data,
                                         const char *key,
                                         const char *owner,
                                         uint32_t wait_ms,
                                         uint32_t lease_ms);
typedef int32_t (*personr_store_unlock_fn)(void *user_data, const char *key, const char *owner);
typedef void (*personr_user_data_free_fn)(void *user_data);
typedef int32_t (*personr_credentials_fn)(void *user_data, const char *email, char *password, size_t capacity);
typedef void (*personr_log_fn)(void *user_data, int32_t level, const char *event, const char *text);

const char *personr_library_version(void);
uint32_t personr_library_version_number(void);
const char *personr_status_name(int32_t status);
personr_options *personr_options_new(void);
void personr_options_free(personr_options *options);
personr_status personr_options_set_base_url(personr_options *options, const char *base_url, personr_error **error);
personr_status personr_options_set_login_method(personr_options *options, int32_t login_method, personr_error **error);
personr_status personr_options_set_timeout_ms(personr_options *options, uint32_t timeout_ms, personr_error **error);
personr_status personr_options_set_connect_timeout_ms(personr_options *options,
                                                      uint32_t connect_timeout_ms,
                                                      personr_error **error);
personr_status personr_options_set_max_retries(personr_options *options, uint32_t max_retries, personr_error **error);
personr_status personr_options_set_proxy(personr_options *options, const char *proxy, personr_error **error);
personr_status personr_options_set_ca_file(personr_options *options, const char *ca_file, personr_error **error);
personr_status personr_options_set_ca_pem(personr_options *options,
                                          const uint8_t *ca_pem,
                                          size_t length,
                                          personr_error **error);
personr_status personr_options_set_system_roots(personr_options *options, int32_t system_roots, personr_error **error);
personr_status personr_options_set_user_agent(personr_options *options, const char *user_agent, personr_error **error);
personr_status personr_options_set_token_store(personr_options *options,
                                               const char *token_store,
                                               personr_error **error);
personr_status personr_options_set_renew_before_s(personr_options *options,
                                                  int64_t renew_before_s,
                                                  personr_error **error);
personr_status personr_options_set_token_store_callbacks(personr_options *options,
                                                         personr_store_load_fn load,
                                                         personr_store_save_fn save,
                                                         personr_store_lock_fn lock,
                                                         personr_store_unlock_fn unlock,
                                                         void *user_data,
                                                         personr_user_data_free_fn user_data_free,
                                                         personr_error **error);
personr_status personr_options_set_credentials_callback(personr_options *options,
                                                        personr_credentials_fn callback,
                                                        void *user_data,
                                                        personr_user_data_free_fn user_data_free,
                                                        personr_error **error);
personr_status personr_options_set_log_callback(personr_options *options,
                                                personr_log_fn callback,
                                                int32_t level,
                                                void *user_data,
                                                personr_user_data_free_fn user_data_free,
                                                personr_error **error);
personr_status personr_auth_new(const char *email,
                                const char *password,
                                const personr_options *options,
                                personr_auth **auth_out,
                                personr_error **error);
personr_status personr_auth_login(const personr_auth *auth, personr_token **token_out, personr_error **error);
personr_status personr_auth_token(const personr_auth *auth, personr_token **token_out, personr_error **error);
personr_status personr_auth_authorization(const personr_auth *auth,
                                          char *buffer,
                                          size_t capacity,
                                          size_t *length_out,
                                          personr_error **error);
personr_status personr_auth_reject(const personr_auth *auth, const char *token_or_authorization, personr_error **error);
int32_t personr_auth_state(const personr_auth *auth);
int64_t personr_auth_renews_at(const personr_auth *auth);
void personr_auth_free(personr_auth *auth);
const char *personr_token_value(const personr_token *token);
const char *personr_token_authorization(const personr_token *token);
const char *personr_token_user_id(const personr_token *token);
int64_t personr_token_lifetime(const personr_token *token);
int64_t personr_token_expires_at(const personr_token *token);
int64_t personr_token_seconds_left(const personr_token *token);
void personr_token_free(personr_token *token);
personr_request *personr_request_new(const char *endpoint);
void personr_request_free(personr_request *request);
personr_status personr_request_set_format(personr_request *request, int32_t format, personr_error **error);
personr_status personr_request_add_text(personr_request *request,
                                        const char *name,
                                        const char *value,
                                        personr_error **error);
personr_status personr_request_add_json(personr_request *request,
                                        const char *name,
                                        const char *json,
                                        personr_error **error);
personr_status personr_request_add_file(personr_request *request,
                                        const char *name,
                                        const char *path,
                                        const char *file_name,
                                        int32_t encoding,
                                        personr_error **error);
personr_status personr_request_add_bytes(personr_request *request,
                                         const char *name,
                                         const uint8_t *bytes,
                                         size_t length,
                                         const char *file_name,
                                         int32_t encoding,
                                         personr_error **error);
personr_status personr_request_set_body(personr_request *request,
                                        const char *content_type,
                                        const uint8_t *body,
                                        size_t length,
                                        personr_error **error);
personr_status personr_request_set_repeatable(personr_request *request, int32_t repeatable, personr_error **error);
personr_status personr_request_set_timeout_ms(personr_request *request, uint32_t timeout_ms, personr_error **error);
personr_status personr_request_set_response_max(personr_request *request, uint32_t response_max, personr_error **error);
personr_status personr_request_send(const personr_auth *auth,
                                    const personr_request *request,
                                    personr_response **response_out,
                                    personr_error **error);
int32_t personr_response_http_status(const personr_response *response);
const char *personr_response_header(const personr_response *response, const char *name);
const uint8_t *personr_response_body(const personr_response *response, size_t *length_out);
const personr_json *personr_response_json(const personr_response *response);
void personr_response_free(personr_response *response);
personr_status personr_json_parse(const uint8_t *text, size_t length, personr_json **json_out, personr_error **error);
void personr_json_free(personr_json *json);
int32_t personr_json_type(const personr_json *json, const char *pointer);
const personr_json *personr_json_get(const personr_json *json, const char *pointer);
const personr_json *personr_json_at(const personr_json *json, const char *pointer, size_t index);
size_t personr_json_count(const personr_json *json, const char *pointer);
const char *personr_json_name(const personr_json *json, const char *pointer, size_t index);
const char *personr_json_string(const personr_json *json, const char *pointer);
personr_status personr_json_copy(const personr_json *json,
                                 const char *pointer,
                                 char *buffer,
                                 size_t capacity,
                                 size_t *length_out,
                                 personr_error **error);
personr_status personr_json_integer(const personr_json *json,
                                    const char *pointer,
                                    int64_t *value_out,
                                    personr_error **error);
personr_status personr_json_number(const personr_json *json,
                                   const char *pointer,
                                   double *value_out,
                                   personr_error **error);
personr_status personr_json_boolean(const personr_json *json,
                                    const char *pointer,
                                    int32_t *value_out,
                                    personr_error **error);
personr_status personr_json_bytes(const personr_json *json,
                                  const char *pointer,
                                  uint8_t *buffer,
                                  size_t capacity,
                                  size_t *length_out,
                                  personr_error **error);
personr_status personr_json_save_base64(const personr_json *json,
                                        const char *pointer,
                                        const char *path,
                                        personr_error **error);
personr_status personr_auth_token_start(const personr_auth *auth,
                                        uint32_t timeout_ms,
                                        personr_operation **operation_out,
                                        personr_error **error);
personr_status personr_auth_login_start(const personr_auth *auth,
                                        uint32_t timeout_ms,
                                        personr_operation **operation_out,
                                        personr_error **error);
personr_status personr_request_start(const personr_auth *auth,
                                     const personr_request *request,
                                     personr_operation **operation_out,
                                     personr_error **error);
int32_t personr_operation_fd(const personr_operation *operation);
int32_t personr_operation_step(personr_operation *operation);
int32_t personr_operation_wait(personr_operation *operation, uint32_t wait_ms);
personr_status personr_operation_token(personr_operation *operation, personr_token **token_out, personr_error **error);
personr_status personr_operation_response(personr_operation *operation,
                                          personr_response **response_out,
                                          personr_error **error);
void personr_operation_progress(const personr_operation *operation, int64_t *sent_out, int64_t *total_out);
void personr_operation_cancel(personr_operation *operation);
void personr_operation_free(personr_operation *operation);
personr_status personr_error_status(const personr_error *error);
const char *personr_error_message(const personr_error *error);
const char *personr_error_reason(const personr_error *error);
int32_t personr_error_http_status(const personr_error *error);
int64_t personr_error_retry_after_ms(const personr_error *error);
const personr_json *personr_error_json(const personr_error *error);
const uint8_t *personr_error_body(const personr_error *error, size_t *length_out);
int32_t personr_error_may_have_run(const personr_error *error);
void personr_error_free(personr_error *error);
