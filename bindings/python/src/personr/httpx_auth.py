"""Authorisation for HTTPX (https://www.python-httpx.org), for its Client and, under asyncio, its AsyncClient.

    client = httpx.Client(auth=PersonrAuth(auth))

The token goes to the service alone, whatever other hosts the client talks to. After a 401 it is rejected, and the
request sent once more with the next one, if its body can be had again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any

import httpx

from ._auth import Auth
from ._origin import is_web_page, origin

_HEADER = "Authorization"


class PersonrAuth(httpx.Auth):
    """Authorises the requests that go to the account's service. Any number of threads and tasks may use it at once.

    HTTPX can send again what it was given as bytes, text, JSON or fields, and as files that can seek. Of other bodies
    (generators, open files as `content`) it keeps nothing: after a 401 the answer is the 401, and the next request has
    another token. With keep_bodies=True they are read into memory first, and sent again as well.
    """

    def __init__(self, auth: Auth, *, keep_bodies: bool = False) -> None:
        self._auth = auth
        self._origin = origin(auth.base_url)
        # An attribute of httpx.Auth: HTTPX reads the body before the flow begins.
        self.requires_request_body = keep_bodies

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self.requires_request_body:
            request.read()
        if not self._is_ours(request):
            yield request
            return
        request.headers[_HEADER] = sent = self._auth.authorization()
        response = yield request
        if self._may_be_refused(response, sent) and not is_web_page(response.read()):
            self._auth.reject(sent)
            if _can_be_sent_again(request):
                request.headers[_HEADER] = self._auth.authorization()
                yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if self.requires_request_body:
            await request.aread()
        if not self._is_ours(request):
            yield request
            return
        request.headers[_HEADER] = sent = await self._auth.authorization_async()
        response = yield request
        if self._may_be_refused(response, sent) and not is_web_page(await response.aread()):
            self._auth.reject(sent)
            if _can_be_sent_again(request):
                request.headers[_HEADER] = await self._auth.authorization_async()
                yield request

    def _is_ours(self, request: httpx.Request) -> bool:
        return origin(str(request.url)) == self._origin

    def _may_be_refused(self, response: httpx.Response, sent: str) -> bool:
        # A redirect may have led elsewhere: HTTPX then leaves the header out.
        return response.status_code == 401 and response.request.headers.get(_HEADER) == sent


def _can_be_sent_again(request: httpx.Request) -> bool:
    try:
        _ = request.content
    except httpx.RequestNotRead:
        # A form with files is made anew from them each time.
        fields: list[Any] | None = getattr(request.stream, "fields", None)
        return fields is not None and all(_can_be_read_again(field) for field in fields)
    return True


def _can_be_read_again(field: Any) -> bool:
    file = getattr(field, "file", b"")
    return isinstance(file, (bytes, str)) or (hasattr(file, "seekable") and bool(file.seekable()))
