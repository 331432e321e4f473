// Logs in, creates an applicant, and prints its id. npm: koffi. The argument is personr.ffi.h.
//
//     $ node applicant.mjs "$(pkg-config --variable=includedir personr)/personr.ffi.h"
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import koffi from 'koffi';

// All functions of the library but those with callbacks. A pointer to a handle is for an output: an array of one.
const header = readFileSync(process.argv[2], 'utf8');
for (const [, handle] of header.matchAll(/^typedef struct (\w+)/gm)) koffi.opaque(handle);
koffi.alias('personr_status', 'int32_t');
const library = koffi.load('libpersonr.so.0');
const personr = {};
for (const [declaration, name] of header.matchAll(/^\w[\w ]*\*?personr_(\w+)\([^;]*\);/gm)) {
    if (/_fn /.test(declaration)) continue;
    personr[name] = library.func(declaration.replace(/personr_\w+ \*\*/g, '_Out_ $&'));
}

function check(status, [error]) {
    if (status === 0) return;
    const text = `${personr.status_name(status)} (${personr.error_reason(error)}): ${personr.error_message(error)}`;
    personr.error_free(error);
    throw new Error(text);
}

const [auth, token, response, error] = [[null], [null], [null], [null]];
const options = personr.options_new();
const request = personr.request_new('api-applicant-create');
try {
    const settings = { BASE_URL: 'base_url', CA_FILE: 'ca_file', STORE: 'token_store' };
    for (const [variable, name] of Object.entries(settings)) {
        const value = process.env[`PERSONR_${variable}`];
        if (value !== undefined) check(personr[`options_set_${name}`](options, value, error), error);
    }
    check(personr.auth_new(process.env.PERSONR_EMAIL, process.env.PERSONR_PASSWORD, options, auth, error), error);
    // On a thread of libuv's pool: the event loop goes on meanwhile.
    check(await promisify(personr.auth_token.async)(auth[0], token, error), error);
    console.log(`user id: ${personr.token_user_id(token[0])}`);

    // What is wrong with a field is what the send returns.
    const fields = { email: 'maia@example.com', phone: '+64211234567', flowName: 'Individual' };
    for (const [name, value] of Object.entries(fields)) personr.request_add_text(request, name, value, null);
    check(await promisify(personr.request_send.async)(auth[0], request, response, error), error);
    const json = personr.response_json(response[0]);
    console.log(`applicant: ${personr.json_string(json, '/response/applicant_id')}`);
} catch (failure) {
    console.error(failure.message);
    process.exitCode = 1;
} finally {
    personr.response_free(response[0]);
    personr.request_free(request);
    personr.token_free(token[0]);
    personr.auth_free(auth[0]);
    personr.options_free(options);
}
