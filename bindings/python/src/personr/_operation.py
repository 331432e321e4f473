"""One call of the library that is under way, and the two ways to wait for its end.

A blocking call of this package is an operation that is waited for, so that Ctrl-C and other signals are handled while
it waits. In asyncio the loop watches the operation's descriptor. An operation has a deadline: nothing waits for ever.
"""

from __future__ import annotations

import threading
from typing import Any

from ._callbacks import Callbacks
from ._errors import Error, failure
from ._native import ffi, lib
from ._response import Response
from ._token import Token

# Python's signal handlers run between two waits. A signal ends a wait, but for one that comes just before it begins.
_SIGNALS_AFTER_MS = 100
# In other threads than the main one, which never run them.
_LONG_MS = 600_000


class Account:
    """What stands behind an Auth: the library's handle, and the objects that it calls.

    Whoever calls the library holds this object meanwhile, and so the handle is freed after the last call on it,
    whatever thread closes the Auth or collects it.
    """

    __slots__ = ("callbacks", "pointer")

    def __init__(self, pointer: Any, callbacks: Callbacks | None) -> None:
        self.pointer = ffi.gc(pointer, lib.personr_auth_free)
        self.callbacks = callbacks

    def end_interruption(self) -> None:
        """Raises a KeyboardInterrupt or SystemExit that ended a callback of this thread."""
        if self.callbacks is not None:
            self.callbacks.end_interruption()


class Operation:
    """A call that is under way. Used in a `with`, which cancels it if it is not done at the end."""

    __slots__ = ("_account", "_pointer")

    def __init__(self, account: Account, function: Any, argument: Any) -> None:
        """Begins the call: one of the library's functions that end with _start."""
        self._account = account
        out = ffi.new("personr_operation **")
        error = ffi.new("personr_error **")
        status = function(account.pointer, argument, out, error)
        if status != lib.PERSONR_OK:
            raise self._failure(status, error)
        self._pointer = ffi.gc(out[0], lib.personr_operation_free)

    def __enter__(self) -> Operation:
        return self

    def __exit__(self, *_: object) -> None:
        ffi.release(self._pointer)

    def fileno(self) -> int:
        """The descriptor to watch for reading; -1 if the operation was done at once."""
        return int(lib.personr_operation_fd(self._pointer))

    def step(self) -> bool:
        """Goes on without waiting: right after the start, and once the descriptor is ready. Whether it is done."""
        return bool(lib.personr_operation_step(self._pointer))

    def wait(self) -> None:
        """Waits until the operation is done."""
        slice_ms = _SIGNALS_AFTER_MS
        while not lib.personr_operation_wait(self._pointer, slice_ms):
            if threading.current_thread() is not threading.main_thread():
                slice_ms = _LONG_MS

    def token(self) -> Token:
        """The result of a call for a token."""
        return Token(self._result(lib.personr_operation_token, "personr_token **"))

    def response(self) -> Response:
        """The result of a request."""
        return Response(self._result(lib.personr_operation_response, "personr_response **"))

    def _result(self, function: Any, kind: str) -> Any:
        self._account.end_interruption()
        out = ffi.new(kind)
        error = ffi.new("personr_error **")
        status = function(self._pointer, out, error)
        if status != lib.PERSONR_OK:
            raise self._failure(status, error)
        return out[0]

    def _failure(self, status: int, error: Any) -> Error:
        exception = failure(status, error)
        if self._account.callbacks is not None:
            exception.__cause__ = self._account.callbacks.cause(exception.reason)
        return exception
