# A credentials callback that dies: FFI::Platypus returns 0, which is a failure, and no login is made.
#
#     $ perl callback.pl
use v5.28;
use warnings;
use FFI::Platypus 2.00;
use FFI::Platypus::Memory qw(strcpy);

my $ffi = FFI::Platypus->new(api => 2, lib => 'libpersonr.so.0');
$ffi->mangler(sub { "personr_$_[0]" });
$ffi->type('(opaque, string, opaque, size_t)->sint32' => 'credentials');
$ffi->attach(@$_) for (
    [options_new                      => []                                                     => 'opaque'],
    [options_free                     => ['opaque']                                             => 'void'],
    [options_set_base_url             => ['opaque', 'string', 'opaque*']                        => 'sint32'],
    [options_set_credentials_callback => ['opaque', 'credentials', 'opaque', 'opaque', 'opaque'] => 'sint32'],
    [auth_new                         => ['string', 'opaque', 'opaque', 'opaque*', 'opaque']    => 'sint32'],
    [auth_token                       => ['opaque', 'opaque*', 'opaque']                        => 'sint32'],
    [auth_free                        => ['opaque']                                             => 'void'],
    [status_name                      => ['sint32']                                             => 'string'],
);

# Kept until the handle is freed: Perl does not know that the library has it.
my $callback = $ffi->closure(sub {
    my ($user_data, $email, $password, $capacity) = @_;
    strcpy($password, $ENV{PERSONR_PASSWORD});
    die "on purpose\n";
});
my $options = options_new();
options_set_base_url($options, $ENV{PERSONR_BASE_URL}, \my $error);
options_set_credentials_callback($options, $callback, undef, undef, undef);
auth_new($ENV{PERSONR_EMAIL}, undef, $options, \my $auth, undef);
say status_name(auth_token($auth, \my $token, undef));
auth_free($auth);
options_free($options);
