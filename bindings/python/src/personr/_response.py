"""The answer to a request."""

from __future__ import annotations

from typing import Any

from ._arguments import text
from ._json import Json
from ._native import ffi, lib


class Response:
    """The answer to a request that the service has done. It never changes, and outlives its Auth."""

    __slots__ = ("_pointer",)

    def __init__(self, pointer: Any) -> None:
        self._pointer = ffi.gc(pointer, lib.personr_response_free)

    @property
    def http_status(self) -> int:
        """200 to 299."""
        return int(lib.personr_response_http_status(self._pointer))

    def header(self, name: str) -> str | None:
        """A header, by its name in capital or small letters: the first of several. None if there is none."""
        value = ffi.string(lib.personr_response_header(self._pointer, text("name", name)))
        return value.decode("ascii") or None

    @property
    def body(self) -> bytes:
        """A copy of the body, as it was received but for the token, which is overwritten with "*"."""
        length = ffi.new("size_t *")
        start = lib.personr_response_body(self._pointer, length)
        return bytes(ffi.buffer(start, length[0]))

    @property
    def json(self) -> Json:
        """The answer as JSON. A missing value, which is false, if it is none: an empty answer, say."""
        return Json(self._pointer, lib.personr_response_json(self._pointer))

    def __repr__(self) -> str:
        return f"<personr.Response, HTTP {self.http_status}>"
