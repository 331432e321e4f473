# Logs in by cffi: login.py personr.ffi.h libpersonr.so. With "throws" behind it, by a store whose callbacks all raise.
import os
import sys

import cffi

ffi = cffi.FFI()
with open(sys.argv[1]) as declarations:
    ffi.cdef(declarations.read())
lib = ffi.dlopen(sys.argv[2])
error = ffi.new("personr_error **")


def env(name):
    return os.environ[name].encode()


def check(status):
    if status != lib.PERSONR_OK:
        name = ffi.string(lib.personr_status_name(status)).decode()
        message = ffi.string(lib.personr_error_message(error[0])).decode()
        lib.personr_error_free(error[0])
        sys.exit(f"{name}: {message}")


def throws(*arguments):
    raise ValueError("raised on purpose")


def callback(name):
    return ffi.callback(f"personr_store_{name}_fn", throws, onerror=lambda *exception: None)


options = lib.personr_options_new()
check(lib.personr_options_set_base_url(options, env("PERSONR_BASE_URL"), error))
check(lib.personr_options_set_ca_file(options, env("PERSONR_CA_FILE"), error))
if sys.argv[3:] == ["throws"]:
    store = [callback(name) for name in ("load", "save", "lock", "unlock")]
    check(lib.personr_options_set_token_store_callbacks(options, *store, ffi.NULL, ffi.NULL, error))

auth = ffi.new("personr_auth **")
check(lib.personr_auth_new(env("PERSONR_EMAIL"), env("PERSONR_PASSWORD"), options, auth, error))
lib.personr_options_free(options)

authorization = ffi.new("char[]", lib.PERSONR_AUTHORIZATION_MAX)
check(lib.personr_auth_authorization(auth[0], authorization, len(authorization), ffi.NULL, error))
version = ffi.string(lib.personr_library_version()).decode()
print(f"libpersonr {version}: {ffi.string(authorization)[:13].decode()}...")
lib.personr_auth_free(auth[0])
