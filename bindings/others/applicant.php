<?php
// Logs in, creates an applicant, and prints its id. Debian: php-cli. The first argument is personr.ffi.h.
//
//     $ php applicant.php "$(pkg-config --variable=includedir personr)/personr.ffi.h"
$lib = FFI::cdef(file_get_contents($argv[1]), 'libpersonr.so.0');
$options = $lib->personr_options_new();
$request = $lib->personr_request_new('api-applicant-create');
$auth = $lib->new('personr_auth *');
$token = $lib->new('personr_token *');
$response = $lib->new('personr_response *');
$error = $lib->new('personr_error *');

$check = function (int $status) use ($lib, $error): void {
    if ($status !== $lib->PERSONR_OK) {
        throw new RuntimeException(sprintf('%s (%s): %s', $lib->personr_status_name($status),
            $lib->personr_error_reason($error), $lib->personr_error_message($error)));
    }
};

$result = 0;
try {
    foreach (['BASE_URL' => 'base_url', 'CA_FILE' => 'ca_file', 'STORE' => 'token_store'] as $variable => $name) {
        $value = getenv("PERSONR_$variable");
        if ($value !== false) {
            $check($lib->{"personr_options_set_$name"}($options, $value, FFI::addr($error)));
        }
    }
    $check($lib->personr_auth_new(getenv('PERSONR_EMAIL'), getenv('PERSONR_PASSWORD'), $options,
        FFI::addr($auth), FFI::addr($error)));
    $check($lib->personr_auth_token($auth, FFI::addr($token), FFI::addr($error)));
    echo 'user id: ', $lib->personr_token_user_id($token), "\n";

    // What is wrong with a field is what the send returns.
    $lib->personr_request_add_text($request, 'email', 'maia@example.com', null);
    $lib->personr_request_add_text($request, 'phone', '+64211234567', null);
    $lib->personr_request_add_text($request, 'flowName', 'Individual', null);
    $check($lib->personr_request_send($auth, $request, FFI::addr($response), FFI::addr($error)));
    $json = $lib->personr_response_json($response);
    echo 'applicant: ', $lib->personr_json_string($json, '/response/applicant_id'), "\n";
} catch (RuntimeException $exception) {
    fwrite(STDERR, $exception->getMessage() . "\n");
    $result = 1;
} finally {
    $lib->personr_error_free($error);
    $lib->personr_response_free($response);
    $lib->personr_request_free($request);
    $lib->personr_token_free($token);
    $lib->personr_auth_free($auth);
    $lib->personr_options_free($options);
}
exit($result);
