"""An account at the service, and its one live token."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from . import _arguments as arguments
from ._callbacks import Callbacks, Credentials, Logger, TokenStore
from ._constants import LoginMethod, State, known
from ._errors import call
from ._native import ffi, lib
from ._operation import Account, Operation
from ._request import Request
from ._response import Response
from ._token import Token

if TYPE_CHECKING:
    from os import PathLike

DEFAULT_BASE_URL = "https://enterprise.personr.co/api/1.1/wf"
"""What the library uses unless it is told otherwise."""


class Auth:
    """An account, for all threads and tasks of a program: make one, and keep it.

    With the last Auth of an account its token in memory ends, and the next one logs in. Each login ends the token of
    the login before it, so processes that use one account share it: store="file:/var/lib/billing/personr".
    """

    def __init__(
        self,
        email: str,
        password: str | bytes | bytearray | None = None,
        *,
        base_url: str | None = None,
        login_method: LoginMethod | None = None,
        timeout: float | None = None,
        connect_timeout: float | None = None,
        max_retries: int | None = None,
        proxy: str | None = None,
        ca_file: str | PathLike[str] | None = None,
        ca_pem: arguments.Buffer | None = None,
        system_roots: bool = True,
        user_agent: str | None = None,
        store: str | TokenStore | None = None,
        renew_before: int | None = None,
        credentials: Credentials | None = None,
        logger: Logger | None = None,
    ) -> None:
        """Sends nothing: the first call that needs a token logs in.

        password:        may be a bytearray, which you can wipe. None with `credentials`.
        base_url:        where the service is; https, or http for a loopback address.
        timeout:         seconds that a whole call may take; 30.
        connect_timeout: seconds that one connection may take to open; 10.
        max_retries:     how often one login is tried again after a failure that may pass; 2.
        proxy:           "http://user:password@host:port", "" for none; unless given, the environment names it.
        ca_file, ca_pem: root certificates (PEM) to trust as well, or with system_roots=False alone.
        user_agent:      such as "Billing/2.1".
        store:           "memory:" (for this process), "file:DIRECTORY" (for the processes of this user on this
                         machine), "redis://…" (for all machines), or a TokenStore of your own.
        renew_before:    seconds before its end at which a token is renewed; a fifth of its life.
        credentials:     is asked for the password of the email before each login, which is then not kept.
        logger:          is told of logins, renewals and failures; the record's personr_event names the event. Never
                         a secret.
        """
        own_store = None if store is None or isinstance(store, str) else store
        needed = own_store is not None or credentials is not None or logger is not None
        callbacks = Callbacks(own_store, credentials, logger) if needed else None
        options = _Options()
        if base_url is not None:
            options.set("base_url", arguments.text("base_url", base_url))
        if login_method is not None:
            options.set("login_method", arguments.integer("login_method", login_method, 31))
        if timeout is not None:
            options.set("timeout_ms", arguments.milliseconds("timeout", timeout))
        if connect_timeout is not None:
            options.set("connect_timeout_ms", arguments.milliseconds("connect_timeout", connect_timeout))
        if max_retries is not None:
            options.set("max_retries", arguments.integer("max_retries", max_retries, 32))
        if proxy is not None:
            options.set("proxy", arguments.text("proxy", proxy))
        if ca_file is not None:
            options.set("ca_file", arguments.path("ca_file", ca_file))
        if ca_pem is not None:
            pem = arguments.contents("ca_pem", ca_pem)
            options.set("ca_pem", pem, len(pem))
        if not system_roots:
            options.set("system_roots", 0)
        if user_agent is not None:
            options.set("user_agent", arguments.text("user_agent", user_agent))
        if isinstance(store, str):
            options.set("token_store", arguments.text("store", store))
        if renew_before is not None:
            options.set("renew_before_s", arguments.integer("renew_before", renew_before, 63))
        if callbacks is not None:
            options.set_callbacks(callbacks)
        self._base_url = DEFAULT_BASE_URL if base_url is None else base_url
        self._account: Account | None = _account(email, password, options, callbacks)

    @property
    def base_url(self) -> str:
        """Where the service is, as it was given."""
        return self._base_url

    def token(self, *, timeout: float | None = None) -> Token:
        """A token that is good now. Logs in if there is none, and renews one that ends soon."""
        with self._start(lib.personr_auth_token_start, timeout) as operation:
            operation.wait()
            return operation.token()

    async def token_async(self, *, timeout: float | None = None) -> Token:
        """token() for asyncio. A task that is cancelled ends the wait, and no login of others."""
        with self._start(lib.personr_auth_token_start, timeout) as operation:
            await _done(operation)
            return operation.token()

    def authorization(self, *, timeout: float | None = None) -> str:
        """The value of an Authorization header, good now: "Bearer …". To ask for before each request."""
        return self.token(timeout=timeout).authorization

    async def authorization_async(self, *, timeout: float | None = None) -> str:
        """authorization() for asyncio."""
        return (await self.token_async(timeout=timeout)).authorization

    def login(self, *, timeout: float | None = None) -> Token:
        """Logs in anew, whether there is a good token or not, and so ends the one before. To verify a password."""
        with self._start(lib.personr_auth_login_start, timeout) as operation:
            operation.wait()
            return operation.token()

    async def login_async(self, *, timeout: float | None = None) -> Token:
        """login() for asyncio."""
        with self._start(lib.personr_auth_login_start, timeout) as operation:
            await _done(operation)
            return operation.token()

    def send(self, request: Request) -> Response:
        """Sends a request with a token that is good now. It returns once the service has done what was asked for; an
        error's may_have_run says whether it may have begun."""
        with self._start_request(request) as operation:
            operation.wait()
            return operation.response()

    async def send_async(self, request: Request) -> Response:
        """send() for asyncio. A task that is cancelled ends the connection; the service may have begun all the same."""
        with self._start_request(request) as operation:
            await _done(operation)
            return operation.response()

    def reject(self, token: Token | str) -> None:
        """Says that the service answered 401 to this token, which may be the value of the header. The next call for a
        token gets another one. send() does this itself."""
        value = token.value if isinstance(token, Token) else token
        account = self._open()
        call(lib.personr_auth_reject, account.pointer, arguments.text("token", value))
        account.end_interruption()

    @property
    def state(self) -> int:
        """How the token is: a number of State, for monitoring."""
        return known(State, lib.personr_auth_state(self._open().pointer))

    @property
    def renews_at(self) -> int:
        """When the token is to be renewed, as time.time() counts; 0 if the next call logs in or renews."""
        return int(lib.personr_auth_renews_at(self._open().pointer))

    def close(self) -> None:
        """Frees what the account has, once the calls of other threads and tasks have ended. Tokens stay good."""
        self._account = None

    def __enter__(self) -> Auth:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<personr.Auth, closed>" if self._account is None else "<personr.Auth>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an Auth cannot be pickled: make one in each process, with a store that they share")

    def _open(self) -> Account:
        account = self._account
        if account is None:
            raise ValueError("the Auth is closed")
        return account

    def _start(self, function: Any, timeout: float | None) -> Operation:
        timeout_ms = 0 if timeout is None else arguments.milliseconds("timeout", timeout)
        return Operation(self._open(), function, timeout_ms)

    def _start_request(self, request: Request) -> Operation:
        with request.held() as pointer:
            return Operation(self._open(), lib.personr_request_start, pointer)


class _Options:
    """The options of C, which personr_auth_new() copies."""

    def __init__(self) -> None:
        self.pointer = ffi.gc(lib.personr_options_new(), lib.personr_options_free)

    def set(self, name: str, *values: Any) -> None:
        call(getattr(lib, "personr_options_set_" + name), self.pointer, *values)

    def set_callbacks(self, callbacks: Callbacks) -> None:
        data = callbacks.user_data
        # Python frees them: see Account.
        free = ffi.NULL
        if callbacks.store is not None:
            functions = lib.personr_py_load, lib.personr_py_save, lib.personr_py_lock, lib.personr_py_unlock
            self.set("token_store_callbacks", *functions, data, free)
        if callbacks.credentials is not None:
            self.set("credentials_callback", lib.personr_py_credentials, data, free)
        if callbacks.logger is not None:
            self.set("log_callback", lib.personr_py_log, lib.PERSONR_LOG_DEBUG, data, free)


def _account(
    email: str, password: str | bytes | bytearray | None, options: _Options, callbacks: Callbacks | None
) -> Account:
    encoded = arguments.text("email", email)
    out = ffi.new("personr_auth **")
    copy = bytearray() if password is None else arguments.secret("password", password)
    try:
        argument = ffi.NULL if password is None else ffi.from_buffer("char[]", copy)
        call(lib.personr_auth_new, encoded, argument, options.pointer, out)
    finally:
        arguments.wipe(copy)
    return Account(out[0], callbacks)


async def _done(operation: Operation) -> None:
    from ._loop import done

    await done(operation)
