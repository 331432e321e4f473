"""Authorisation for requests (https://requests.readthedocs.io).

    session = requests.Session()
    session.auth = PersonrAuth(auth)

The token goes to the service alone, whatever other hosts the session talks to. After a 401 it is rejected, and the
request sent once more with the next one, its body from the beginning.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import requests.auth
import requests.cookies
from requests.exceptions import UnrewindableBodyError
from requests.models import PreparedRequest, Response
from requests.utils import rewind_body

from ._auth import Auth
from ._origin import is_web_page, origin

_HEADER = "Authorization"
_take_cookies: Any = requests.cookies.extract_cookies_to_jar


class PersonrAuth(requests.auth.AuthBase):
    """Authorises the requests that go to the account's service. Any number of threads may use it at once."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._origin = origin(auth.base_url)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if self._is_ours(request):
            request.headers[_HEADER] = self._auth.authorization()
            untyped: Any = request
            untyped.register_hook("response", partial(self._repeat, _Once()))
        return request

    def _is_ours(self, request: PreparedRequest) -> bool:
        return origin(request.url or "") == self._origin

    def _repeat(self, once: _Once, response: Response, **settings: Any) -> Response:
        """Sends the request again if its token was refused. The hook is also called for what redirects lead to."""
        sent = response.request.headers.get(_HEADER)
        if response.status_code != 401 or sent is None or not self._is_ours(response.request):
            return response
        # Read also to give the connection back.
        if is_web_page(response.content):
            return response
        self._auth.reject(sent if isinstance(sent, str) else sent.decode("ascii"))
        if once.used or not _rewind(response.request):
            return response
        once.used = True
        response.close()

        # From here on as requests' own HTTPDigestAuth does it, with what has no types.
        again: Any = response.request.copy()
        again.headers[_HEADER] = self._auth.authorization()
        _take_cookies(again._cookies, response.request, response.raw)
        again.prepare_cookies(again._cookies)
        connection: Any = getattr(response, "connection")
        answer: Response = connection.send(again, **settings)
        answer.history.append(response)
        answer.request = again
        return answer


class _Once:
    """Whether a request was sent again, its redirects included."""

    used = False


def _rewind(request: PreparedRequest) -> bool:
    """Puts a body at its beginning, if that can be done: a generator's cannot be had again."""
    if request.body is None or isinstance(request.body, (bytes, str)):
        return True
    try:
        rewind_body(request)
    except UnrewindableBodyError:
        return False
    return True
