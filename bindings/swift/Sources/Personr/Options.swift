import CPersonr

/// Settings for ``Auth/init(email:password:options:)``, which copies them. `nil` stands for the library's default.
///
///     var options = Options()
///     options.timeout = .seconds(10)
///     options.tokenStore = .file("/var/lib/billing/personr")
public struct Options: Sendable {
    /// Tells the password of an account, given its email.
    public typealias Credentials = @Sendable (_ email: String) async throws -> String

    /// Where the token is kept, and so who shares it.
    public enum Store: Sendable {
        /// Shared by all handles of this process with the same service, email and password. It ends with the last of them.
        case memory
        /// A directory, shared by all processes of this machine that run as the same user. It is made if it is missing, and
        /// belongs to this user alone.
        case file(String)
        /// A Redis server: `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS. The library must have
        /// been built with it.
        case redis(String)
        /// A store of the application's own.
        case custom(any TokenStore)
    }

    /// Which HTTP proxy is used.
    public enum Proxy: Sendable {
        /// The one that the environment names (HTTPS_PROXY, ALL_PROXY, NO_PROXY).
        case environment
        /// None.
        case none
        /// A URL such as `http://user:password@proxy.example:3128`.
        case url(String)
    }

    /// Where the service is; `nil` for Personr's own address.
    public var baseURL: String?
    /// Which of the service's two login endpoints is used.
    public var loginMethod = LoginMethod.basic
    /// How long a whole call may take: name look-up, connecting, TLS, retries, the answer, and waiting for other calls and
    /// processes. 1 ms to an hour; `nil` for 30 seconds.
    public var timeout: Duration?
    /// How long one connection may take to open; `nil` for 10 seconds.
    public var connectTimeout: Duration?
    /// How often one login, or a request that may be sent again, is tried again after a failure that may be over a moment
    /// later: 0 to 10; `nil` for 2.
    public var maxRetries: Int?
    /// Which HTTP proxy is used. Never one for a loopback address.
    public var proxy = Proxy.environment
    /// Paths of PEM files with root certificates that are trusted beside the system's.
    public var certificateFiles: [String] = []
    /// Root certificates in PEM that are trusted beside the system's.
    public var certificates: [String] = []
    /// Whether the system's root certificates are trusted.
    public var trustsSystemRoots = true
    /// What the User-Agent header names before "libpersonr/VERSION".
    public var userAgent: String?
    /// Where the token is kept, and so who shares it.
    public var tokenStore = Store.memory
    /// How long before its end a token is renewed; `nil` for a fifth of its life, zero for no renewal before the end.
    public var renewBefore: Duration?

    /// Tells the password before each login, so that it is not kept in memory. It may take its time, of the timeout of the
    /// call; if it throws, the call throws ``Status/credentials``. It must not use an ``Auth``.
    public var credentials: Credentials?

    private var log: (level: LogEvent.Level, handler: @Sendable (LogEvent) -> Void)?

    /// The defaults.
    public init() {}

    /// Whether an operation may call something of the application's.
    var callsBack: Bool {
        if case .custom = tokenStore { return true }
        return credentials != nil || log != nil
    }

    /// Sets who is told what happens, up to a level. The closure runs within a call, so it must not take long, and must not
    /// use an ``Auth``.
    public mutating func onEvent(upTo level: LogEvent.Level, _ handler: @escaping @Sendable (LogEvent) -> Void) {
        log = (level, handler)
    }
}

extension Options {
    /// The settings as the library's handle.
    func makeHandle() throws(PersonrError) -> Handle {
        let options = try Handle(checking: personr_options_new(), freedBy: personr_options_free)
        try setService(options)
        try setTimes(options)
        try setTrust(options)
        try setStore(options)
        try setCallbacks(options)
        return options
    }

    private func setService(_ options: Handle) throws(PersonrError) {
        if let baseURL {
            let baseURL = try checked(baseURL, "baseURL")
            try call { error in options { personr_options_set_base_url($0, baseURL, error) } }
        }
        try call { error in options { personr_options_set_login_method($0, loginMethod.rawValue, error) } }
        if let userAgent {
            let userAgent = try checked(userAgent, "userAgent")
            try call { error in options { personr_options_set_user_agent($0, userAgent, error) } }
        }
        switch proxy {
        case .environment: break
        case .none: try call { error in options { personr_options_set_proxy($0, "", error) } }
        case .url(let url):
            let url = try checked(url, "proxy")
            try call { error in options { personr_options_set_proxy($0, url, error) } }
        }
    }

    private func setTimes(_ options: Handle) throws(PersonrError) {
        if let timeout {
            let timeout = try milliseconds(timeout, "timeout")
            try call { error in options { personr_options_set_timeout_ms($0, timeout, error) } }
        }
        if let connectTimeout {
            let timeout = try milliseconds(connectTimeout, "connectTimeout")
            try call { error in options { personr_options_set_connect_timeout_ms($0, timeout, error) } }
        }
        if let maxRetries {
            let retries = try unsigned(maxRetries, "maxRetries")
            try call { error in options { personr_options_set_max_retries($0, retries, error) } }
        }
        if let renewBefore {
            let seconds = renewBefore.components.seconds
            try call { error in options { personr_options_set_renew_before_s($0, seconds, error) } }
        }
    }

    private func setTrust(_ options: Handle) throws(PersonrError) {
        for file in certificateFiles {
            let file = try checked(file, "certificateFiles")
            try call { error in options { personr_options_set_ca_file($0, file, error) } }
        }
        for pem in certificates {
            let bytes = Array(pem.utf8)
            try call { error in options { personr_options_set_ca_pem($0, bytes, bytes.count, error) } }
        }
        try call { error in options { personr_options_set_system_roots($0, trustsSystemRoots ? 1 : 0, error) } }
    }

    private func setStore(_ options: Handle) throws(PersonrError) {
        let name: String
        switch tokenStore {
        case .memory: name = "memory:"
        case .file(let directory): name = "file:" + directory
        case .redis(let url): name = url
        case .custom(let store): return try setStore(options, store)
        }
        let store = try checked(name, "tokenStore")
        try call { error in options { personr_options_set_token_store($0, store, error) } }
    }

    private func setStore(_ options: Handle, _ store: any TokenStore) throws(PersonrError) {
        try StoreBox.give(store) { box throws(PersonrError) in
            try call { error in
                options {
                    personr_options_set_token_store_callbacks(
                        $0, storeLoad, storeSave, storeLock, storeUnlock, box, freeBox, error)
                }
            }
        }
    }

    private func setCallbacks(_ options: Handle) throws(PersonrError) {
        if let credentials {
            try CredentialsBox.give(credentials) { box throws(PersonrError) in
                try call { error in
                    options {
                        personr_options_set_credentials_callback($0, tellPassword, box, freeBox, error)
                    }
                }
            }
        }
        if let log {
            try LogBox.give(log.handler) { box throws(PersonrError) in
                try call { error in
                    options { personr_options_set_log_callback($0, tellLog, log.level.rawValue, box, freeBox, error) }
                }
            }
        }
    }
}

extension Options: CustomStringConvertible, CustomReflectable {
    /// Never the settings, of which some hold a password.
    public var description: String { "Options()" }

    /// Never the settings, of which some hold a password.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
