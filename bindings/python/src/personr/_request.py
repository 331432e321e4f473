"""What is sent to one endpoint of the service."""

from __future__ import annotations

import json
import os
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ._arguments import Buffer, Path, contents, integer, milliseconds, path, text
from ._constants import Encoding, Format
from ._errors import call
from ._native import ffi, lib


class Request:
    """What is sent to one endpoint: fields, or a body of your own.

    It may be sent again and by several threads; each send takes it as it stands then. What an adder finds wrong it
    raises, and a later send raises it again: a request with a part missing is never sent.
    """

    def __init__(
        self,
        endpoint: str,
        fields: Mapping[str, str] | None = None,
        *,
        format: Format = Format.MULTIPART,
        repeatable: bool = False,
        timeout: float | None = None,
        response_max: int | None = None,
    ) -> None:
        """
        endpoint:     its name under the base URL, such as "api-applicant-create".
        fields:       texts, as for add_text().
        repeatable:   whether it does no harm if the service does twice what the request asks for. Such a request is
                      sent again after a 5xx or a broken connection.
        timeout:      seconds that a send may take in all, with the login if there must be one; 60.
        response_max: bytes of the longest answer; 64 MiB.
        """
        self._pointer = ffi.gc(lib.personr_request_new(text("endpoint", endpoint)), lib.personr_request_free)
        # C wants one thread at a time while a request is filled.
        self._lock = threading.Lock()
        _requests.add(self)
        if format != Format.MULTIPART:
            self._add(lib.personr_request_set_format, integer("format", format, 31))
        if repeatable:
            self._add(lib.personr_request_set_repeatable, 1)
        if timeout is not None:
            self._add(lib.personr_request_set_timeout_ms, milliseconds("timeout", timeout))
        if response_max is not None:
            self._add(lib.personr_request_set_response_max, integer("response_max", response_max, 32))
        for name, value in (fields or {}).items():
            self.add_text(name, value)

    def add_text(self, name: str, value: str) -> None:
        """Adds a text."""
        self._add(lib.personr_request_add_text, text("name", name), text("value", value))

    def add_json(self, name: str, value: Any) -> None:
        """Adds what json.dumps() makes of the value: a list, a number, a dict. In a form it is sent as text."""
        encoded = json.dumps(value, allow_nan=False)
        self._add(lib.personr_request_add_json, text("name", name), text("value", encoded))

    def add_file(
        self, name: str, file: Path, *, file_name: str | None = None, encoding: Encoding = Encoding.OBJECT
    ) -> None:
        """Adds a file, which is read at each send, piece by piece. The service is told file_name, or the last part of
        the path."""
        self._add(
            lib.personr_request_add_file,
            text("name", name),
            path("file", file),
            ffi.NULL if file_name is None else text("file_name", file_name),
            integer("encoding", encoding, 31),
        )

    def add_bytes(
        self, name: str, data: Buffer, *, file_name: str | None = None, encoding: Encoding = Encoding.OBJECT
    ) -> None:
        """Adds bytes as a file. They are copied."""
        source = contents("data", data)
        self._add(
            lib.personr_request_add_bytes,
            text("name", name),
            source,
            len(source),
            ffi.NULL if file_name is None else text("file_name", file_name),
            integer("encoding", encoding, 31),
        )

    def set_body(self, content_type: str, body: Buffer) -> None:
        """Sets a body that is sent as it stands, in place of fields. It is copied."""
        source = contents("body", body)
        self._add(lib.personr_request_set_body, text("content_type", content_type), source, len(source))

    @contextmanager
    def held(self) -> Iterator[Any]:
        """For the package: the request of C, which no other thread fills meanwhile."""
        with self._lock:
            yield self._pointer

    def _add(self, function: Any, *arguments: Any) -> None:
        with self.held() as pointer:
            call(function, pointer, *arguments)


_requests: weakref.WeakSet[Request] = weakref.WeakSet()


def _after_fork() -> None:
    # A thread that the child does not have may have held a lock.
    for request in list(_requests):
        request._lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
