"""A token as it was handed out."""

from __future__ import annotations

from typing import Any

from ._native import ffi, lib


class Token:
    """A token as it was when it was handed out. It never changes, and outlives its Auth."""

    __slots__ = ("_pointer",)

    def __init__(self, pointer: Any) -> None:
        self._pointer = ffi.gc(pointer, lib.personr_token_free)

    @property
    def value(self) -> str:
        """The token itself. It is a secret."""
        return _text(lib.personr_token_value(self._pointer))

    @property
    def authorization(self) -> str:
        """ "Bearer " and the token: the value of an Authorization header. It is a secret."""
        return _text(lib.personr_token_authorization(self._pointer))

    @property
    def user_id(self) -> str:
        """The service's id of the user who logged in; "" if the service did not say."""
        return _text(lib.personr_token_user_id(self._pointer))

    @property
    def lifetime(self) -> int:
        """How many seconds the token was good when it was issued."""
        return int(lib.personr_token_lifetime(self._pointer))

    @property
    def expires_at(self) -> int:
        """When it expires, as time.time() counts, by this machine's clock as it stood at the login."""
        return int(lib.personr_token_expires_at(self._pointer))

    @property
    def seconds_left(self) -> int:
        """How long it is still good, by a clock that nobody can set; 0 once it has expired."""
        return int(lib.personr_token_seconds_left(self._pointer))

    def __repr__(self) -> str:
        return f"<personr.Token, good for {self.seconds_left} s>"


def _text(borrowed: Any) -> str:
    return str(ffi.string(borrowed).decode("ascii"))
