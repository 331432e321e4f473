"""What callers pass, in the form that C takes. What cannot be passed is an InvalidArgumentError or a TypeError that
names the parameter, and never repeats the value."""

from __future__ import annotations

import math
import os
from typing import Any, Union

from ._errors import InvalidArgumentError
from ._native import ffi

Buffer = Union[bytes, bytearray, memoryview]
Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


def text(name: str, value: str) -> bytes:
    """UTF-8 for a const char *. cffi adds the NUL."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: it is a {type(value).__name__}, not a str")
    encoded = b""
    is_unicode = True
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        # Nothing is raised here: a UnicodeEncodeError holds the value, and would be the new exception's __context__.
        is_unicode = False
    if not is_unicode:
        raise InvalidArgumentError(f"{name}: it is not Unicode (a surrogate stands alone)")
    _refuse_nul(name, encoded)
    return encoded


def path(name: str, value: Path) -> bytes:
    """A path as the system takes it."""
    encoded = os.fsencode(value)
    _refuse_nul(name, encoded)
    return encoded


def secret(name: str, value: str | bytes | bytearray) -> bytearray:
    """A password with a NUL behind it. Whoever gets it wipes it."""
    if isinstance(value, (bytes, bytearray)):
        copy = bytearray(value)
    else:
        copy = bytearray(text(name, value))
    _refuse_nul(name, copy)
    copy.append(0)
    return copy


def wipe(buffer: bytearray) -> None:
    """Overwrites a secret where it stands."""
    buffer[:] = bytes(len(buffer))


def contents(name: str, value: Buffer) -> Any:
    """Bytes for a const uint8_t *, with their length."""
    try:
        return ffi.from_buffer("uint8_t[]", value)
    except (TypeError, BufferError, ValueError):
        raise TypeError(f"{name}: it is a {type(value).__name__}, not bytes") from None


def milliseconds(name: str, seconds: float) -> int:
    """Seconds as milliseconds, at least one: 0 would mean the default."""
    if not isinstance(seconds, (int, float)):
        raise TypeError(f"{name}: it is a {type(seconds).__name__}, not a number")
    # False for a NaN, too.
    if not 0 < seconds * 1000 <= 2**32 - 1:
        raise InvalidArgumentError(f"{name}: it is out of range")
    return math.ceil(seconds * 1000)


def integer(name: str, value: int, bits: int) -> int:
    """A number that is not negative and fits into so many bits. The library checks the range that means something."""
    if not isinstance(value, int):
        raise TypeError(f"{name}: it is a {type(value).__name__}, not an int")
    if not 0 <= value < 2**bits:
        raise InvalidArgumentError(f"{name}: it is out of range")
    return int(value)


def _refuse_nul(name: str, value: bytes | bytearray) -> None:
    # C would take it for the end.
    if 0 in value:
        raise InvalidArgumentError(f"{name}: it holds a NUL")
