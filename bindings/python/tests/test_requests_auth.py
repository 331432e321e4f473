"""personr.requests_auth, with requests itself."""

from __future__ import annotations

import io
import unittest
from collections.abc import Iterator
from typing import Any

from servers import Elsewhere
from support import Case

try:
    import requests

    from personr.requests_auth import PersonrAuth
except ImportError:
    requests = None  # type: ignore[assignment]


@unittest.skipIf(requests is None, "requests is not installed")
class RequestsAuth(Case):
    def setUp(self) -> None:
        super().setUp()
        self.auth = self.sandbox.auth()
        self.addCleanup(self.auth.close)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = self.sandbox.ca_file
        self.session.auth = PersonrAuth(self.auth)
        self.addCleanup(self.session.close)

    def post(self, endpoint: str = "api-applicant-details", **options: Any) -> Any:
        return self.session.post(f"{self.sandbox.base_url}/{endpoint}", **options)

    def lengths(self) -> list[tuple[int, int]]:
        """Status and length of the body of each request but the logins."""
        return [
            (request["status"], request["body_length"])
            for request in self.sandbox.ask("requests")
            if request["endpoint"] != "api-basic-auth"
        ]

    def test_requests_are_authorised(self) -> None:
        for _ in range(3):
            self.assertEqual(self.post(json={"applicantId": "1"}).status_code, 200)
        self.assert_counts(logins=1, authorized=3)

    def test_a_401_is_repeated_once_with_the_next_token(self) -> None:
        self.post()
        self.sandbox.order("revoke")
        response = self.post(json={"applicantId": "1"})
        self.assertEqual(response.status_code, 200)
        self.assertEqual([former.status_code for former in response.history], [401])
        self.assert_counts(logins=2, authorized=2, unauthorized=1)

    def test_a_body_is_repeated_from_its_beginning(self) -> None:
        self.post()
        for body in (b"x" * 1000, "x" * 1000, io.BytesIO(b"12345" + b"x" * 1000)):
            if isinstance(body, io.BytesIO):
                body.seek(5)
            self.sandbox.order("forget")
            self.sandbox.order("revoke")
            self.post(data=body, headers={"Content-Type": "text/plain"})
            self.assertEqual([length for _, length in self.lengths()], [1000, 1000])

    def test_a_form_with_a_file_is_repeated_whole(self) -> None:
        self.post()
        self.sandbox.order("revoke")
        response = self.post("api-document-upload", files={"docFile": ("scan.pdf", io.BytesIO(b"x" * 5000))})
        self.assertEqual(response.status_code, 200)
        self.assertEqual([upload["length"] for upload in self.sandbox.ask("uploads")], [5000, 5000])

    def test_a_generator_is_not_repeated(self) -> None:
        def body() -> Iterator[bytes]:
            yield b"{}"

        self.post()
        self.sandbox.order("revoke")
        self.assertEqual(self.post(data=body()).status_code, 401)
        # But the token was rejected.
        self.assertEqual(self.post().status_code, 200)
        self.assert_counts(logins=2, unauthorized=1)

    def test_a_second_401_is_the_answer(self) -> None:
        self.sandbox.fault({"answer": {"status": 401, "body": "{}"}}, "api-applicant-details", times=9)
        self.assertEqual(self.post().status_code, 401)
        self.assert_counts(logins=2, unauthorized=2)

    def test_a_request_is_repeated_once_whatever_redirects_it_meets(self) -> None:
        elsewhere_here = f"{self.sandbox.base_url}/api-applicant-status"
        self.sandbox.fault({"answer": {"status": 401, "body": "{}"}}, "api-applicant-details")
        self.sandbox.fault(
            {"answer": {"status": 307, "headers": [["Location", elsewhere_here]]}}, "api-applicant-details"
        )
        self.sandbox.fault({"answer": {"status": 401, "body": "{}"}}, "api-applicant-status", times=9)
        self.assertEqual(self.post().status_code, 401)
        self.assertEqual([status for status, _ in self.lengths()], [401, 307, 401])

    def test_an_answer_of_another_origin_has_no_say_though_it_was_sent_the_token(self) -> None:
        # requests keeps the header where a redirect leads from http to https.
        request = requests.Request("POST", f"{self.sandbox.base_url}/x", auth=PersonrAuth(self.auth)).prepare()
        (hook,) = request.hooks["response"]
        response = requests.Response()
        response.status_code = 401
        response._content = b"{}"
        response.request = requests.Request("POST", "https://127.0.0.1/x", headers=request.headers).prepare()
        self.assertIs(hook(response), response)
        self.auth.token()
        self.assert_counts(logins=1)

    def test_a_web_page_and_a_403_reject_nothing(self) -> None:
        self.sandbox.fault({"answer": {"status": 401, "body": " <html>firewall"}}, "api-applicant-details")
        self.assertEqual(self.post().status_code, 401)
        self.sandbox.fault({"answer": {"status": 403, "body": "{}"}}, "api-applicant-details")
        self.assertEqual(self.post().status_code, 403)
        self.assert_counts(logins=1)

    def test_the_token_goes_to_no_other_origin(self) -> None:
        with Elsewhere(401) as elsewhere:
            self.assertEqual(self.session.post(elsewhere.url).status_code, 401)
            # Nor by a redirect, and what answers there has no say.
            self.sandbox.fault(
                {"answer": {"status": 307, "headers": [["Location", elsewhere.url]]}}, "api-applicant-details"
            )
            self.assertEqual(self.post().status_code, 401)
        self.assertEqual(elsewhere.headers, [None, None])
        self.assert_counts(logins=1)
        self.auth.token()
        self.assert_counts(logins=1)
