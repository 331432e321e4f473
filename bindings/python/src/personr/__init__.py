"""Logs in to Personr's API, keeps the token usable, and sends the requests that the token is for.

    import personr

    with personr.Auth(email, password) as auth:
        response = auth.send(personr.Request("api-applicant-status", {"applicantId": "…"}, repeatable=True))
        print(response.json["/result/Status"].string())

Programs with an HTTP client of their own take auth.authorization(), personr.requests_auth or personr.httpx_auth.
"""

from ._auth import Auth
from ._callbacks import TokenStore
from ._constants import Encoding, Format, JsonType, LoginMethod, State, Status
from ._errors import (
    CredentialsError,
    Error,
    FileError,
    InternalError,
    InvalidArgumentError,
    InvalidCredentialsError,
    NetworkError,
    NoValueError,
    OperationCancelledError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    ServerError,
    StoreError,
    TimedOutError,
    TlsError,
    UnauthorizedError,
)
from ._json import Json
from ._native import ffi as _ffi
from ._native import lib as _lib
from ._request import Request
from ._response import Response
from ._token import Token

__all__ = [
    "Auth",
    "CredentialsError",
    "Encoding",
    "Error",
    "FileError",
    "Format",
    "InternalError",
    "InvalidArgumentError",
    "InvalidCredentialsError",
    "Json",
    "JsonType",
    "LoginMethod",
    "NetworkError",
    "NoValueError",
    "OperationCancelledError",
    "ProtocolError",
    "RateLimitedError",
    "RejectedError",
    "Request",
    "Response",
    "ServerError",
    "State",
    "Status",
    "StoreError",
    "TimedOutError",
    "TlsError",
    "Token",
    "TokenStore",
    "UnauthorizedError",
    "library_version",
]

__version__ = f"{_lib.PERSONR_VERSION_MAJOR}.{_lib.PERSONR_VERSION_MINOR}.{_lib.PERSONR_VERSION_PATCH}"


def library_version() -> str:
    """The version of the library that is loaded; __version__ is that of the header this package was compiled with."""
    return str(_ffi.string(_lib.personr_library_version()).decode())


# Tracebacks and documentation name what is public by the name that programs use.
for _name in __all__:
    globals()[_name].__module__ = __name__

# A function that is missing fails when the module is loaded; this is for what has changed its meaning.
if _lib.personr_library_version_number() < _lib.PERSONR_VERSION_NUMBER:
    raise ImportError(f"libpersonr {library_version()} is older than {__version__}, which personr needs")
