"""The exceptions: one class for each status of the library, and one above them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._constants import Status
from ._native import ffi, lib

if TYPE_CHECKING:
    from ._json import Json


class Error(Exception):
    """Why a call failed. No text of it ever holds a secret; `json` and `body` may repeat what was sent."""

    status: int = Status.INTERNAL
    """Which kind of failure it is: a number of Status."""
    reason: str = ""
    """For programs: the service's own word, or one of the library's, such as "connect". "" if there is none."""
    http_status: int | None = None
    """The HTTP status of the service's answer, if there was one."""
    retry_after: float | None = None
    """Seconds until the next try, if that is known. Until then a call fails at once, without the network."""
    may_have_run: bool = True
    """Whether the service may have begun to do what a request asked for. If not, it may be sent again."""
    # The library's object, which json and body borrow from.
    _pointer: Any = ffi.NULL

    @property
    def message(self) -> str:
        """For people: what happened, in one line."""
        return str(self.args[0]) if self.args else ""

    @property
    def json(self) -> Json:
        """The answer that refused a request. A missing value, which is false, if it is no JSON. Not for a log."""
        from ._json import Json  # which imports this module

        return Json(self._pointer, lib.personr_error_json(self._pointer))

    @property
    def body(self) -> bytes:
        """The body of the answer that refused a request, b"" if there was none. Not for a log."""
        length = ffi.new("size_t *")
        start = lib.personr_error_body(self._pointer, length)
        return bytes(ffi.buffer(start, length[0]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r}, reason={self.reason!r}, http_status={self.http_status})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Processes of multiprocessing send each other exceptions. The answer stays behind: it may be personal.
        state = {name: value for name, value in self.__dict__.items() if name != "_pointer"}
        return type(self), self.args, state


class InvalidArgumentError(Error, ValueError):
    """An argument is malformed or out of range, or (reason "reentrant") a callback called the library."""

    status = Status.INVALID_ARGUMENT
    may_have_run = False


class InvalidCredentialsError(Error):
    """The service knows no account with this email and password. Only login() sends the same password again."""

    status = Status.INVALID_CREDENTIALS


class UnauthorizedError(Error):
    """The service keeps refusing tokens: another program logs in to the same account all the time."""

    status = Status.UNAUTHORIZED


class RejectedError(Error):
    """The service refused the login or the request for another reason, which `reason` and `json` tell."""

    status = Status.REJECTED


class RateLimitedError(Error):
    """The service answered 429."""

    status = Status.RATE_LIMITED


class ServerError(Error):
    """The service answered 5xx."""

    status = Status.SERVER


class NetworkError(Error, ConnectionError):
    """The service could not be reached, or the connection broke."""

    status = Status.NETWORK


class TimedOutError(Error, TimeoutError):
    """The time allowed has passed. `reason` says in what."""

    status = Status.TIMEOUT


class TlsError(Error, OSError):
    """The server could not prove who it is."""

    status = Status.TLS


class ProtocolError(Error):
    """The answer is not one of the service's, or a text is no JSON."""

    status = Status.PROTOCOL


class StoreError(Error):
    """The token store failed. If it is one of yours, what it raised is the __cause__."""

    status = Status.STORE


class InternalError(Error):
    """A defect of the library. Please report it."""

    status = Status.INTERNAL


class OperationCancelledError(Error):
    """The call was begun before a fork, and went on in the parent alone (reason "forked")."""

    status = Status.CANCELLED


class CredentialsError(Error):
    """The credentials callback failed. What it raised is the __cause__."""

    status = Status.CREDENTIALS


class FileError(Error, OSError):
    """A file could not be read or written."""

    status = Status.FILE


class NoValueError(Error, LookupError):
    """The JSON document has no such value."""

    status = Status.NO_VALUE
    may_have_run = False


_CLASSES: dict[int, type[Error]] = {kind.status: kind for kind in Error.__subclasses__()}


def failure(status: int, error: Any) -> Error:
    """The exception for a call that returned this status and wrote to this personr_error **."""
    pointer = ffi.gc(error[0], lib.personr_error_free) if error[0] else ffi.NULL
    message = _text(lib.personr_error_message(pointer)) or _text(lib.personr_status_name(status))
    exception = _CLASSES.get(status, Error)(message)
    exception.status = status
    exception.reason = _text(lib.personr_error_reason(pointer))
    exception.http_status = lib.personr_error_http_status(pointer) or None
    retry_after_ms = lib.personr_error_retry_after_ms(pointer)
    exception.retry_after = None if retry_after_ms < 0 else retry_after_ms / 1000
    exception.may_have_run = lib.personr_error_may_have_run(pointer) != 0
    exception._pointer = pointer
    return exception


def call(function: Any, *arguments: Any) -> None:
    """Calls a function of the library that returns a status, and raises what it says."""
    error = ffi.new("personr_error **")
    status = function(*arguments, error)
    if status != lib.PERSONR_OK:
        raise failure(status, error)


def _text(borrowed: Any) -> str:
    return str(ffi.string(borrowed).decode())
