"""What the library calls back: a store, credentials and a logger that are written in Python.

The user data of a callback is a number, under which the registry below finds the objects. It holds them weakly, so that
an Auth and a store that know each other can be collected, and a number that is found no longer is a failed callback
and no crash. What a callback raises is kept, and becomes the __cause__ of the error of the call that it fails.
"""

from __future__ import annotations

import itertools
import logging
import threading
import weakref
from typing import Any, Callable, Protocol, Union

from ._arguments import secret, wipe
from ._native import ffi, lib

Credentials = Callable[[str], Union[str, bytes, bytearray]]
Logger = Union[logging.Logger, "logging.LoggerAdapter[Any]"]


class TokenStore(Protocol):
    """Keeps records, in a database for example, for all who share the tokens in them. What it raises is a failure.

    The methods are called on threads that called the library, maybe on several at once, and for an operation of asyncio
    on the thread of its loop. They may not call the library. A record holds a secret.
    """

    def load(self, key: str) -> bytes | None:
        """The record, whole, as it was before or after a save; None if there is none. Also called without the lock."""

    def save(self, key: str, owner: str, record: bytes) -> bool:
        """Replaces the record if this owner holds the lock, in one step. False, and nothing written, if it does not."""

    def lock(self, key: str, owner: str, wait: float, lease: float) -> bool:
        """Takes the lock of the key, which ends by itself after `lease` seconds. False if another owner holds it, after
        `wait` seconds at most. An owner that holds it already may be given it again."""

    def unlock(self, key: str, owner: str) -> None:
        """Gives the lock back, but not one that another owner has by now."""


class Callbacks:
    """The objects that one Auth calls, and what they raised last."""

    def __init__(self, store: TokenStore | None, credentials: Credentials | None, logger: Logger | None) -> None:
        self.store = store
        self.credentials = credentials
        self.logger = logger
        # By the reason of the error that a failed callback becomes. Several threads may share one error.
        self._raised: dict[str, BaseException] = {}
        self._interrupted = threading.local()
        number = next(_numbers)
        _registry[number] = self
        self.user_data = ffi.cast("void *", number)

    def cause(self, reason: str) -> BaseException | None:
        """What was raised in the callback that an error with this reason is about."""
        return self._raised.get(reason)

    def end_interruption(self) -> None:
        """Raises a KeyboardInterrupt or SystemExit that ended a callback of this thread."""
        interruption = getattr(self._interrupted, "by", None)
        if interruption is not None:
            self._interrupted.by = None
            raise interruption

    def raised(self, reason: str, exception: BaseException) -> None:
        """Keeps what a callback raised."""
        if not isinstance(exception, Exception):
            self._interrupted.by = exception
        elif reason == _LOG:
            # It fails no call: cffi tells sys.unraisablehook.
            raise exception
        else:
            self._raised[reason] = exception

    def worked(self, reason: str) -> None:
        """Forgets what was raised before: its traceback would hold on to records."""
        self._raised.pop(reason, None)


_numbers = itertools.count(1)
_registry: weakref.WeakValueDictionary[int, Callbacks] = weakref.WeakValueDictionary()

_STORE = "store-callback"
_CREDENTIALS = "credentials-callback"
_LOG = "log"

_LEVELS = {
    lib.PERSONR_LOG_ERROR: logging.ERROR,
    lib.PERSONR_LOG_WARN: logging.WARNING,
    lib.PERSONR_LOG_INFO: logging.INFO,
    lib.PERSONR_LOG_DEBUG: logging.DEBUG,
}


def _answer(user_data: Any, reason: str, act: Callable[[Callbacks], int]) -> int:
    callbacks = _registry.get(int(ffi.cast("uintptr_t", user_data)))
    if callbacks is None:
        return 0
    try:
        return act(callbacks)
    except BaseException as exception:
        callbacks.raised(reason, exception)
        return 0


def _text(value: Any) -> str:
    return str(ffi.string(value).decode())


def _store(callbacks: Callbacks) -> TokenStore:
    assert callbacks.store is not None
    return callbacks.store


def _held(method: str, answer: object) -> int:
    # Nothing else than a bool: a method that forgets its return would give None.
    if answer is True:
        return int(lib.PERSONR_CALLBACK_OK)
    if answer is False:
        return int(lib.PERSONR_STORE_BUSY)
    raise TypeError(f"{method}() of the token store returned a {type(answer).__name__}, not a bool")


@ffi.def_extern(name="personr_py_load")  # type: ignore[untyped-decorator]
def _load(user_data: Any, key: Any, buffer: Any, capacity: int, length_out: Any) -> int:
    def act(callbacks: Callbacks) -> int:
        record = _store(callbacks).load(_text(key))
        if record is not None:
            if len(record) > capacity:
                raise ValueError("load() of the token store returned more than a record can have")
            ffi.memmove(buffer, record, len(record))
            length_out[0] = len(record)
        return int(lib.PERSONR_CALLBACK_OK)

    return _answer(user_data, _STORE, act)


@ffi.def_extern(name="personr_py_save")  # type: ignore[untyped-decorator]
def _save(user_data: Any, key: Any, owner: Any, record: Any, length: int) -> int:
    def act(callbacks: Callbacks) -> int:
        saved = _store(callbacks).save(_text(key), _text(owner), bytes(ffi.buffer(record, length)))
        status = _held("save", saved)
        callbacks.worked(_STORE)
        return status

    return _answer(user_data, _STORE, act)


@ffi.def_extern(name="personr_py_lock")  # type: ignore[untyped-decorator]
def _lock(user_data: Any, key: Any, owner: Any, wait_ms: int, lease_ms: int) -> int:
    def act(callbacks: Callbacks) -> int:
        held = _store(callbacks).lock(_text(key), _text(owner), wait_ms / 1000, lease_ms / 1000)
        return _held("lock", held)

    return _answer(user_data, _STORE, act)


@ffi.def_extern(name="personr_py_unlock")  # type: ignore[untyped-decorator]
def _unlock(user_data: Any, key: Any, owner: Any) -> int:
    def act(callbacks: Callbacks) -> int:
        _store(callbacks).unlock(_text(key), _text(owner))
        return int(lib.PERSONR_CALLBACK_OK)

    return _answer(user_data, _STORE, act)


@ffi.def_extern(name="personr_py_credentials")  # type: ignore[untyped-decorator]
def _tell_password(user_data: Any, email: Any, buffer: Any, capacity: int) -> int:
    def act(callbacks: Callbacks) -> int:
        assert callbacks.credentials is not None
        password = secret("credentials", callbacks.credentials(_text(email)))
        try:
            if len(password) > capacity:
                raise ValueError("credentials: the password is too long")
            ffi.memmove(buffer, password, len(password))
        finally:
            wipe(password)
        callbacks.worked(_CREDENTIALS)
        return int(lib.PERSONR_CALLBACK_OK)

    return _answer(user_data, _CREDENTIALS, act)


@ffi.def_extern(name="personr_py_log")  # type: ignore[untyped-decorator]
def _log(user_data: Any, level: int, event: Any, text: Any) -> None:
    def act(callbacks: Callbacks) -> int:
        assert callbacks.logger is not None
        level_here = _LEVELS.get(level, logging.INFO)
        callbacks.logger.log(level_here, "%s", _text(text), extra={"personr_event": _text(event)})
        return 0

    _answer(user_data, _LOG, act)
