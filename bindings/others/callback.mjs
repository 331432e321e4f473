// A credentials callback that fails. An exception that leaves a callback is thrown by the call, in place of its status,
// so it catches all, and returns 0, which is a failure: no login is made.
//
//     $ node callback.mjs
import koffi from 'koffi';

const lib = koffi.load('libpersonr.so.0');
koffi.proto('int32_t credentials(void *user_data, const char *email, void *password, size_t capacity)');
const newOptions = lib.func('void *personr_options_new(void)');
const freeOptions = lib.func('void personr_options_free(void *options)');
const setBaseUrl = lib.func('int32_t personr_options_set_base_url(void *options, const char *url, void *error)');
const setCredentials = lib.func('personr_options_set_credentials_callback', 'int32_t',
    ['void *', 'credentials *', 'void *', 'void *', 'void *']);
const newAuth = lib.func('personr_auth_new', 'int32_t', ['str', 'str', 'void *', koffi.out('void **'), 'void *']);
const getToken = lib.func('int32_t personr_auth_token(void *auth, _Out_ void **token, void *error)');
const freeAuth = lib.func('void personr_auth_free(void *auth)');
const statusName = lib.func('const char *personr_status_name(int32_t status)');

// Registered until the handle is freed.
const callback = koffi.register((userData, email, password, capacity) => {
    try {
        const secret = Buffer.from(`${process.env.PERSONR_PASSWORD}\0`);
        koffi.encode(password, koffi.array('uint8_t', secret.length), secret);
        throw new Error('on purpose');
    } catch {
        return 0;
    }
}, 'credentials *');
const [auth, token] = [[null], [null]];
const options = newOptions();
setBaseUrl(options, process.env.PERSONR_BASE_URL, null);
setCredentials(options, callback, null, null, null);
newAuth(process.env.PERSONR_EMAIL, null, options, auth, null);
console.log(statusName(getToken(auth[0], token, null)));
freeAuth(auth[0]);
freeOptions(options);
koffi.unregister(callback);
