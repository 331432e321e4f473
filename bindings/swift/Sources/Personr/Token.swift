import CPersonr

/// A token as it was when it was handed out.
///
/// It never changes, and outlives the ``Auth`` that it came from.
public struct Token: Sendable {
    let handle: Handle

    /// The token itself, without "Bearer ". It is a secret.
    public var value: String {
        handle { String(cString: personr_token_value($0)) }
    }

    /// "Bearer " and the token: the value of an Authorization header. It is a secret.
    public var authorization: String {
        handle { String(cString: personr_token_authorization($0)) }
    }

    /// The service's id of the user who logged in; "" if the service did not say.
    public var userID: String {
        handle { String(cString: personr_token_user_id($0)) }
    }

    /// How long the token was good when it was issued. By the service's rules one that is unused for 30 days ends before.
    public var lifetime: Duration {
        .seconds(handle(personr_token_lifetime))
    }

    /// How long the token is still good; zero once it has expired.
    public var remaining: Duration {
        .seconds(handle(personr_token_seconds_left))
    }

    /// When the token expires, in seconds since 1970, by this machine's clock as it stood at the login.
    public var expiresAt: Int64 {
        handle(personr_token_expires_at)
    }
}

extension Token: CustomStringConvertible {
    /// Never the token.
    public var description: String { "Token(remaining: \(remaining))" }
}
