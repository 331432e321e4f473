<?php
// Logs in by PHP's FFI: login.php personr.ffi.h libpersonr.so.
$lib = FFI::cdef(file_get_contents($argv[1]), $argv[2]);
$error = $lib->new('personr_error *');

function check(int $status): void
{
    global $lib, $error;
    if ($status !== $lib->PERSONR_OK) {
        fwrite(STDERR, $lib->personr_status_name($status) . ': ' . $lib->personr_error_message($error) . "\n");
        exit(1);
    }
}

$options = $lib->personr_options_new();
check($lib->personr_options_set_base_url($options, getenv('PERSONR_BASE_URL'), FFI::addr($error)));
check($lib->personr_options_set_ca_file($options, getenv('PERSONR_CA_FILE'), FFI::addr($error)));

$auth = $lib->new('personr_auth *');
$email = getenv('PERSONR_EMAIL');
check($lib->personr_auth_new($email, getenv('PERSONR_PASSWORD'), $options, FFI::addr($auth), FFI::addr($error)));
$lib->personr_options_free($options);

$size = $lib->PERSONR_AUTHORIZATION_MAX;
$authorization = $lib->new("char[$size]");
check($lib->personr_auth_authorization($auth, $authorization, $size, null, FFI::addr($error)));
echo 'libpersonr ', $lib->personr_library_version(), ': ', FFI::string($authorization, 13), "...\n";
$lib->personr_auth_free($auth);
