<?php
// A credentials callback that fails. PHP ends the process if an exception leaves a callback, so it catches all, and
// returns 0, which is a failure: no login is made.
//
//     $ php callback.php "$(pkg-config --variable=includedir personr)/personr.ffi.h"
$lib = FFI::cdef(file_get_contents($argv[1]), 'libpersonr.so.0');
$auth = $lib->new('personr_auth *');
$token = $lib->new('personr_token *');

$callback = function ($userData, $email, $password, $capacity) use ($lib): int {
    try {
        $secret = getenv('PERSONR_PASSWORD') . "\0";
        FFI::memcpy($password, $secret, strlen($secret));
        throw new RuntimeException('on purpose');
        return $lib->PERSONR_CALLBACK_OK;
    } catch (Throwable) {
        return 0;
    }
};
$options = $lib->personr_options_new();
$lib->personr_options_set_base_url($options, getenv('PERSONR_BASE_URL'), null);
$lib->personr_options_set_credentials_callback($options, $callback, null, null, null);
$lib->personr_auth_new(getenv('PERSONR_EMAIL'), null, $options, FFI::addr($auth), null);
echo $lib->personr_status_name($lib->personr_auth_token($auth, FFI::addr($token), null)), "\n";
$lib->personr_auth_free($auth);
$lib->personr_options_free($options);
