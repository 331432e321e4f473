"""personr.httpx_auth, with HTTPX itself: each test with its Client and with its AsyncClient."""

from __future__ import annotations

import asyncio
import io
import ssl
import unittest
from collections.abc import AsyncIterator, Iterator
from typing import Any

from servers import Elsewhere
from support import Case

try:
    import httpx

    from personr.httpx_auth import PersonrAuth
except ImportError:
    httpx = None  # type: ignore[assignment]


class Pipe(io.RawIOBase):
    """A file that cannot seek, as that of a socket."""

    def __init__(self, contents: bytes) -> None:
        self._contents = io.BytesIO(contents)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._contents.read(size)


class HttpxAuth:
    """The tests, over `post` and `session`."""

    def setUp(self: Any) -> None:
        super().setUp()  # type: ignore[misc]
        self.auth = self.sandbox.auth()
        self.addCleanup(self.auth.close)

    def test_requests_are_authorised(self: Any) -> None:
        responses = self.session([{"json": {"applicantId": "1"}}] * 3)
        self.assertEqual([response.status_code for response in responses], [200] * 3)
        self.assert_counts(logins=1, authorized=3)

    def test_a_401_is_repeated_once_with_the_next_token(self: Any) -> None:
        (response,) = self.after_revocation({"json": {"applicantId": "1"}})
        self.assertEqual(response.status_code, 200)
        self.assert_counts(logins=2, authorized=2, unauthorized=1)

    def test_a_form_with_a_file_is_repeated_whole(self: Any) -> None:
        files = {"docFile": ("scan.pdf", io.BytesIO(b"x" * 5000))}
        (response,) = self.after_revocation({"files": files}, "api-document-upload")
        self.assertEqual(response.status_code, 200)
        self.assertEqual([upload["length"] for upload in self.sandbox.ask("uploads")], [5000, 5000])

    def test_what_cannot_be_had_again_is_not_repeated(self: Any) -> None:
        for options in ({"content": self.body()}, {"files": {"docFile": ("scan.pdf", Pipe(b"x" * 5000))}}):
            with self.subTest(str(list(options))):
                (response,) = self.after_revocation(options, "api-document-upload")
                self.assertEqual(response.status_code, 401)
                # But the token was rejected.
                (response,) = self.session([{}])
                self.assertEqual(response.status_code, 200)

    def test_bodies_are_kept_if_that_is_wanted(self: Any) -> None:
        (response,) = self.after_revocation({"content": self.body()}, keep_bodies=True)
        self.assertEqual(response.status_code, 200)
        self.assert_counts(logins=2, unauthorized=1)

    def test_a_second_401_is_the_answer(self: Any) -> None:
        self.sandbox.fault({"answer": {"status": 401, "body": "{}"}}, "api-applicant-details", times=9)
        (response,) = self.session([{}])
        self.assertEqual(response.status_code, 401)
        self.assert_counts(logins=2, unauthorized=2)

    def test_a_web_page_and_a_403_reject_nothing(self: Any) -> None:
        self.sandbox.fault({"answer": {"status": 401, "body": " <html>firewall"}}, "api-applicant-details")
        self.sandbox.fault({"answer": {"status": 403, "body": "{}"}}, "api-applicant-details")
        responses = self.session([{}, {}])
        self.assertEqual([response.status_code for response in responses], [401, 403])
        self.assert_counts(logins=1)

    def test_the_token_goes_to_no_other_origin(self: Any) -> None:
        with Elsewhere(401) as elsewhere:
            self.sandbox.fault(
                {"answer": {"status": 307, "headers": [["Location", elsewhere.url]]}}, "api-applicant-details"
            )
            responses = self.session([{"url": elsewhere.url}, {}])
        self.assertEqual([response.status_code for response in responses], [401, 401])
        self.assertEqual(elsewhere.headers, [None, None])
        self.auth.token()
        self.assert_counts(logins=1)

    def after_revocation(self: Any, options: Any, endpoint: str = "api-applicant-details", **settings: Any) -> Any:
        self.session([{}])
        self.sandbox.order("revoke")
        return self.session([dict(options, url=f"{self.sandbox.base_url}/{endpoint}")], **settings)

    def settings(self: Any, settings: Any) -> dict[str, Any]:
        return {
            "auth": PersonrAuth(self.auth, **settings),
            "verify": ssl.create_default_context(cafile=self.sandbox.ca_file),
            "trust_env": False,
            "follow_redirects": True,
        }

    def request(self: Any, options: Any) -> Any:
        return dict({"url": f"{self.sandbox.base_url}/api-applicant-details"}, **options)


@unittest.skipIf(httpx is None, "httpx is not installed")
class Sync(HttpxAuth, Case):
    def body(self) -> Iterator[bytes]:
        yield b"{}"

    def session(self, requests: Any, **settings: Any) -> list[Any]:
        with httpx.Client(**self.settings(settings)) as client:
            return [client.post(**self.request(options)) for options in requests]


@unittest.skipIf(httpx is None, "httpx is not installed")
class Async(HttpxAuth, Case):
    async def body(self) -> AsyncIterator[bytes]:
        yield b"{}"

    def session(self, requests: Any, **settings: Any) -> list[Any]:
        async def run() -> list[Any]:
            async with httpx.AsyncClient(**self.settings(settings)) as client:
                return [await client.post(**self.request(options)) for options in requests]

        return asyncio.run(run())

    def test_500_requests_log_in_once(self) -> None:
        async def run() -> list[int]:
            settings = self.settings({})
            async with httpx.AsyncClient(limits=httpx.Limits(max_connections=20), timeout=30, **settings) as client:
                requests = (client.post(**self.request({})) for _ in range(500))
                return [response.status_code for response in await asyncio.gather(*requests)]

        self.assertEqual(asyncio.run(run()), [200] * 500)
        self.assert_counts(logins=1)
