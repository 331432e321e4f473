"""Requests that the library sends, and what comes of them."""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TimeoutError_  # the built-in one only from Python 3.11 on
from typing import Any

import personr
from support import Case, threads, within


class Requests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.auth = self.sandbox.auth()
        self.addCleanup(self.auth.close)

    def created(self) -> str:
        fields = {"email": "maia@example.com", "phone": "+64211234567", "flowName": "Individual"}
        response = self.auth.send(personr.Request("api-applicant-create", fields))
        return response.json.string("/response/applicant_id")

    def last_request(self) -> Any:
        return self.sandbox.ask("requests")[-1]

    def test_the_way_of_an_applicant(self) -> None:
        applicant = self.created()
        request = personr.Request("api-applicant-status", {"applicantId": applicant}, repeatable=True)
        response = self.auth.send(request)
        self.assertEqual(response.http_status, 200)
        self.assertIn("json", response.header("Content-Type") or "")
        self.assertIsNone(response.header("X-Nothing"))
        self.assertIn(applicant.encode(), response.body)
        # What the service sends here is no valid JSON.
        self.assertEqual(response.json["/result/Applicant Id"].string(), applicant)
        self.assertEqual(response.json.to_python()["result"]["Status"], "Created")
        self.assert_counts(logins=1)

    def test_documents_go_up_and_come_down(self) -> None:
        contents = os.urandom(20_000)
        digest = hashlib.sha256(contents).hexdigest()
        applicant = self.created()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "Pässe.pdf")
            with open(path, "wb") as file:
                file.write(contents)
            for encoding in personr.Encoding:
                by_path = personr.Request("api-document-upload", {"applicantId": applicant})
                by_path.add_file("docFile", path, encoding=encoding)
                by_bytes = personr.Request("api-document-upload", {"applicantId": applicant})
                by_bytes.add_bytes("docFile", bytearray(contents), file_name="scan.pdf", encoding=encoding)
                self.auth.send(by_path)
                self.auth.send(by_bytes)
            uploads = self.sandbox.ask("uploads")
            self.assertEqual([upload["sha256"] for upload in uploads], [digest] * 6)

            response = self.auth.send(personr.Request("api-document-download", {"applicantId": applicant}))
            self.assertEqual(response.json.decode_base64("/response/base64/0"), contents)
            copy = os.path.join(folder, "copy.pdf")
            response.json.save_base64("/response/base64/0", copy)
            with open(copy, "rb") as file:
                self.assertEqual(file.read(), contents)

    def test_fields_may_be_json(self) -> None:
        request = personr.Request("api-applicant-create", {"email": "a@example.com"}, format=personr.Format.JSON)
        request.add_text("phone", "+64211234567")
        request.add_text("flowName", "Individual")
        request.add_json("externalUserId", ["Ä", {"number": 1.5, "nothing": None}])
        self.auth.send(request)
        self.assertEqual(self.last_request()["content_type"], "application/json")

    def test_a_body_is_sent_as_it_stands(self) -> None:
        request = personr.Request("api-applicant-details")
        request.set_body("application/json", b'{"applicantId": "1"}')
        self.auth.send(request)
        self.assertEqual(self.last_request()["body_length"], 20)

    def test_a_401_is_answered_by_another_token(self) -> None:
        request = personr.Request("api-applicant-details")
        self.auth.send(request)
        self.sandbox.order("revoke")
        self.auth.send(request)
        self.assert_counts(logins=2, unauthorized=1, authorized=2)

    def test_a_refusal_with_its_answer(self) -> None:
        with self.assertRaises(personr.RejectedError) as caught:
            self.auth.send(personr.Request("api-applicant-create", {"email": "maia@example.com"}))
        error = caught.exception
        self.assertEqual(error.http_status, 400)
        self.assertTrue(error.may_have_run)
        self.assertNotIn("maia", f"{error} {error.reason} {error!r}")
        self.assertEqual(error.json.type(), personr.JsonType.OBJECT)
        self.assertEqual(error.body[:1], b"{")
        answer = error.json
        del error, caught
        self.assertNotEqual(answer.to_python(), {}, "an answer keeps what it is a part of")

    def test_what_did_not_run_may_be_sent_again(self) -> None:
        self.sandbox.fault({"answer": {"status": 404}}, "api-applicant-create")
        with self.assertRaises(personr.RejectedError) as caught:
            self.created()
        self.assertFalse(caught.exception.may_have_run)
        self.assertFalse(caught.exception.json)

    def test_a_request_is_sent_again_only_if_it_may_be(self) -> None:
        failure = {"answer": {"status": 503}}
        self.sandbox.fault(failure, "api-applicant-details")
        self.assertEqual(self.auth.send(personr.Request("api-applicant-details", repeatable=True)).http_status, 200)
        self.sandbox.fault(failure, "api-applicant-details")
        with self.assertRaises(personr.ServerError) as caught:
            self.auth.send(personr.Request("api-applicant-details"))
        self.assertTrue(caught.exception.may_have_run)

    def test_a_timeout_of_a_request(self) -> None:
        self.auth.token()
        self.sandbox.fault("stall", "api-applicant-details")
        with within(10), self.assertRaises(TimeoutError) as caught:
            self.auth.send(personr.Request("api-applicant-details", timeout=0.3))
        assert isinstance(caught.exception, personr.TimedOutError)
        self.assertTrue(caught.exception.may_have_run)

    def test_an_answer_that_is_too_long(self) -> None:
        with self.assertRaises(personr.ProtocolError) as caught:
            self.auth.send(personr.Request("api-applicant-details", response_max=1))
        self.assertEqual(caught.exception.reason, "too-large")

    def test_a_file_that_is_not_there(self) -> None:
        request = personr.Request("api-document-upload")
        request.add_file("docFile", "/nowhere/passport.jpg")
        with self.assertRaises(OSError) as caught:
            self.auth.send(request)
        assert isinstance(caught.exception, personr.FileError)
        self.assertEqual(caught.exception.reason, "file-open")
        self.assertFalse(caught.exception.may_have_run)
        self.assertNotIn("passport", str(caught.exception))

    def test_what_an_adder_refuses_is_never_sent_without(self) -> None:
        request = personr.Request("api-applicant-details")
        with self.assertRaises(ValueError):
            request.add_text("", "value")
        with self.assertRaises(ValueError):
            self.auth.send(request)
        with self.assertRaises(ValueError):
            personr.Request("api-applicant-details", {"name": "a NUL\0 would be its end"})
        with self.assertRaises(ValueError):
            self.auth.send(personr.Request("../escape"))
        with self.assertRaises(ValueError):
            personr.Request("api-applicant-details").add_json("name", float("nan"))
        with self.assertRaises(TypeError):
            personr.Request("api-applicant-details").add_text("name", b"bytes")  # type: ignore[arg-type]
        self.assert_counts(authorized=0)

    def test_threads_send_one_request_at_once(self) -> None:
        request = personr.Request("api-applicant-details", {"applicantId": "1"}, repeatable=True)
        answers = threads(30, lambda: self.auth.send(request).http_status)
        self.assertEqual(answers, [200] * 30)
        self.assert_counts(logins=1)

    def test_threads_fill_one_request_at_once(self) -> None:
        request = personr.Request("api-applicant-details")

        def fill() -> None:
            for _ in range(20):
                request.add_bytes("f", b"x" * 1000, file_name="f")

        self.assertEqual(threads(30, fill), [None] * 30)
        self.auth.send(request)
        self.assertGreater(self.last_request()["body_length"], 600 * len(base64.b64encode(b"x" * 1000)))

    def test_a_request_is_filled_and_sent_by_one_thread_at_a_time(self) -> None:
        request = personr.Request("api-applicant-details")
        acts = (lambda: request.add_text("name", "value"), lambda: self.auth.send(request))
        for act in acts:
            with self.subTest(act), ThreadPoolExecutor(1) as pool:
                with request.held():
                    call = pool.submit(act)
                    with self.assertRaises(TimeoutError_):
                        call.result(0.05)
                call.result(10)
