// Asks for the token of a store of files that it shares with other processes, and prints a digest of it.

import Personr

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

func variable(_ name: String) -> String {
    getenv(name).map { String(cString: $0) } ?? ""
}

var options = Options()
options.baseURL = variable("PERSONR_BASE_URL")
options.certificateFiles = [variable("PERSONR_CA_FILE")]
options.tokenStore = .file(variable("PERSONR_STORE"))
let auth = try Auth(email: variable("PERSONR_EMAIL"), password: variable("PERSONR_PASSWORD"), options: options)

print("ready")
fflush(nil)
// Not the token, which is a secret.
let digest = try await auth.token().value.utf8.reduce(UInt64(5381)) { ($0 &* 33) ^ UInt64($1) }
print(digest)
