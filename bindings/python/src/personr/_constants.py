"""The library's constants, as enumerations."""

from __future__ import annotations

import enum
from typing import TypeVar

from ._native import lib


class Status(enum.IntEnum):
    """Which kind of failure an error is."""

    INVALID_ARGUMENT = lib.PERSONR_INVALID_ARGUMENT
    INVALID_CREDENTIALS = lib.PERSONR_INVALID_CREDENTIALS
    UNAUTHORIZED = lib.PERSONR_UNAUTHORIZED
    REJECTED = lib.PERSONR_REJECTED
    RATE_LIMITED = lib.PERSONR_RATE_LIMITED
    SERVER = lib.PERSONR_SERVER
    NETWORK = lib.PERSONR_NETWORK
    TIMEOUT = lib.PERSONR_TIMEOUT
    TLS = lib.PERSONR_TLS
    PROTOCOL = lib.PERSONR_PROTOCOL
    STORE = lib.PERSONR_STORE
    BUFFER_TOO_SMALL = lib.PERSONR_BUFFER_TOO_SMALL
    INTERNAL = lib.PERSONR_INTERNAL
    CANCELLED = lib.PERSONR_CANCELLED
    CREDENTIALS = lib.PERSONR_CREDENTIALS
    FILE = lib.PERSONR_FILE
    NO_VALUE = lib.PERSONR_NO_VALUE


class State(enum.IntEnum):
    """How the token of an account is."""

    EMPTY = lib.PERSONR_STATE_EMPTY
    """There is none: the next call logs in, or asks the store."""
    GOOD = lib.PERSONR_STATE_GOOD
    RENEWING = lib.PERSONR_STATE_RENEWING
    """It is good, and it is time to renew it: the next call tries that."""
    FAILING = lib.PERSONR_STATE_FAILING
    """There is none, and logins fail just now."""
    REFUSED = lib.PERSONR_STATE_REFUSED
    """There is none, and the service refused the email and password."""


class LoginMethod(enum.IntEnum):
    """Which of the service's login endpoints is used."""

    BASIC = lib.PERSONR_LOGIN_BASIC
    FORM = lib.PERSONR_LOGIN_FORM


class Format(enum.IntEnum):
    """How the fields of a request become a body."""

    MULTIPART = lib.PERSONR_FORMAT_MULTIPART
    """A form (multipart/form-data)."""
    JSON = lib.PERSONR_FORMAT_JSON
    """One JSON object."""


class Encoding(enum.IntEnum):
    """How a file is sent. Which one an endpoint takes stands in the service's manual."""

    OBJECT = lib.PERSONR_ENCODING_OBJECT
    """A JSON object with its name and its contents in Base64."""
    BASE64 = lib.PERSONR_ENCODING_BASE64
    """Its Base64 alone, as text."""
    BINARY = lib.PERSONR_ENCODING_BINARY
    """As it is: a part of a form. Not for Format.JSON."""


class JsonType(enum.IntEnum):
    """What a value of a JSON document is."""

    MISSING = lib.PERSONR_TYPE_MISSING
    NULL = lib.PERSONR_TYPE_NULL
    BOOLEAN = lib.PERSONR_TYPE_BOOLEAN
    NUMBER = lib.PERSONR_TYPE_NUMBER
    STRING = lib.PERSONR_TYPE_STRING
    ARRAY = lib.PERSONR_TYPE_ARRAY
    OBJECT = lib.PERSONR_TYPE_OBJECT


Kind = TypeVar("Kind", bound=enum.IntEnum)


def known(kind: type[Kind], number: int) -> Kind | int:
    """The constant with this number. A later library may have one that this package does not know: then the number."""
    try:
        return kind(number)
    except ValueError:
        return number
