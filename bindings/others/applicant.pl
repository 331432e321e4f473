# Logs in, creates an applicant, and prints its id. Debian: libffi-platypus-perl.
#
#     $ perl applicant.pl
use v5.28;
use warnings;
use FFI::Platypus 2.00;

my $ffi = FFI::Platypus->new(api => 2, lib => 'libpersonr.so.0');
$ffi->mangler(sub { "personr_$_[0]" });
$ffi->attach("options_set_$_", ['opaque', 'string', 'opaque*'] => 'sint32') for qw(base_url ca_file token_store);
$ffi->attach("error_$_", ['opaque'] => 'string') for qw(reason message);
$ffi->attach("$_\_free", ['opaque'] => 'void') for qw(options auth token request response error);
$ffi->attach(@$_) for (
    [options_new      => []                                                       => 'opaque'],
    [auth_new         => ['string', 'string', 'opaque', 'opaque*', 'opaque*']     => 'sint32'],
    [auth_token       => ['opaque', 'opaque*', 'opaque*']                         => 'sint32'],
    [token_user_id    => ['opaque']                                               => 'string'],
    [request_new      => ['string']                                               => 'opaque'],
    [request_add_text => ['opaque', 'string', 'string', 'opaque']                 => 'sint32'],
    [request_send     => ['opaque', 'opaque', 'opaque*', 'opaque*']               => 'sint32'],
    [response_json    => ['opaque']                                               => 'opaque'],
    [json_string      => ['opaque', 'string']                                     => 'string'],
    [status_name      => ['sint32']                                               => 'string'],
);

my ($auth, $token, $response, $error);
my $options = options_new();
my $request = request_new('api-applicant-create');

sub check {
    my ($status) = @_;
    die sprintf "%s (%s): %s\n", status_name($status), error_reason($error), error_message($error) if $status;
}

my $done = eval {
    my ($base_url, $ca_file, $store) = @ENV{qw(PERSONR_BASE_URL PERSONR_CA_FILE PERSONR_STORE)};
    check(options_set_base_url($options, $base_url, \$error)) if defined $base_url;
    check(options_set_ca_file($options, $ca_file, \$error)) if defined $ca_file;
    check(options_set_token_store($options, $store, \$error)) if defined $store;
    check(auth_new($ENV{PERSONR_EMAIL}, $ENV{PERSONR_PASSWORD}, $options, \$auth, \$error));
    check(auth_token($auth, \$token, \$error));
    say 'user id: ', token_user_id($token);

    # What is wrong with a field is what the send returns.
    my %fields = (email => 'maia@example.com', phone => '+64211234567', flowName => 'Individual');
    request_add_text($request, $_, $fields{$_}, undef) for keys %fields;
    check(request_send($auth, $request, \$response, \$error));
    say 'applicant: ', json_string(response_json($response), '/response/applicant_id');
};
print STDERR $@ unless $done;
error_free($error);
response_free($response);
request_free($request);
token_free($token);
auth_free($auth);
options_free($options);
exit !$done;
