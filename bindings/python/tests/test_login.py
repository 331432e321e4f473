"""The way to a token, and what may go wrong on it."""

from __future__ import annotations

import logging
import pickle
import socket
import tempfile
from typing import Any
from unittest import mock

import personr
from support import Case, threads, within


class Login(Case):
    def test_one_login_serves_all_calls(self) -> None:
        with self.sandbox.auth() as auth:
            self.assertEqual(auth.state, personr.State.EMPTY)
            token = auth.token()
            self.assertEqual(auth.authorization(), f"Bearer {token.value}")
            self.assertEqual(token.authorization, f"Bearer {token.value}")
            self.assertNotEqual(token.user_id, "")
            self.assertEqual(token.lifetime, 31536000)
            self.assertTrue(0 < token.seconds_left <= token.lifetime)
            self.assertGreater(auth.renews_at, 0)
            self.assertLess(auth.renews_at, token.expires_at)
            self.assertEqual(auth.state, personr.State.GOOD)
        self.assert_counts(logins=1, tokens_issued=1)
        self.assertEqual(token.authorization, f"Bearer {token.value}", "a token outlives its Auth")

    def test_login_always_logs_in(self) -> None:
        with self.sandbox.auth() as auth:
            self.assertNotEqual(auth.token().value, auth.login().value)
        self.assert_counts(tokens_issued=2)

    def test_500_threads_log_in_once(self) -> None:
        with self.sandbox.auth() as auth:
            headers = threads(500, auth.authorization)
        self.assertEqual(len(set(headers)), 1, headers[0])
        self.assert_counts(logins=1)

    def test_a_wrong_password_is_told_and_not_sent_again(self) -> None:
        with self.sandbox.auth("wrong") as auth:
            for _ in range(3):
                with self.assertRaises(personr.InvalidCredentialsError) as caught:
                    auth.token()
                self.assertEqual(caught.exception.status, personr.Status.INVALID_CREDENTIALS)
                self.assertEqual(caught.exception.reason, "INVALID_LOGIN_CREDENTIALS")
                self.assertEqual(caught.exception.http_status, 400)
                self.assertIn("account", str(caught.exception))
            self.assertEqual(auth.state, personr.State.REFUSED)
        self.assert_counts(logins=1)

    def test_a_refused_token_is_followed_by_another(self) -> None:
        with self.sandbox.auth() as auth:
            first = auth.authorization()
            self.sandbox.order("revoke")
            auth.reject(first)
            second = auth.token()
            self.assertNotEqual(first, second.authorization)
            auth.reject(second)
            self.assertNotEqual(auth.authorization(), second.authorization)
        self.assert_counts(tokens_issued=3)

    def test_a_timeout_is_a_timeout_error(self) -> None:
        self.sandbox.fault("stall", times=9)
        with self.sandbox.auth(timeout=0.3) as auth, within(10), self.assertRaises(TimeoutError) as caught:
            auth.token()
        self.assertIsInstance(caught.exception, personr.TimedOutError)
        self.assertEqual(str(caught.exception), caught.exception.message)  # type: ignore[attr-defined]

    def test_a_call_may_have_less_time_than_the_options(self) -> None:
        self.sandbox.fault("stall", times=9)
        with self.sandbox.auth(timeout=20) as auth, within(10), self.assertRaises(personr.TimedOutError):
            auth.token(timeout=0.3)

    def test_an_unreachable_service_is_a_connection_error(self) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            base_url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
            with personr.Auth("a@example.com", "secret", base_url=base_url, max_retries=0) as auth:
                with self.assertRaises(ConnectionError) as caught:
                    auth.token()
        assert isinstance(caught.exception, personr.NetworkError)
        self.assertEqual(caught.exception.reason, "connect")
        self.assertIsNone(caught.exception.http_status)
        self.assertIsNotNone(caught.exception.retry_after)

    def test_a_certificate_of_nobody_is_a_tls_error(self) -> None:
        with personr.Auth(self.sandbox.email, "secret", base_url=self.sandbox.base_url) as auth:
            with self.assertRaises(OSError) as caught:
                auth.token()
        assert isinstance(caught.exception, personr.TlsError)
        self.assertEqual(caught.exception.reason, "certificate-unknown-issuer")

    def test_a_server_that_asks_for_patience_says_for_how_long(self) -> None:
        self.sandbox.fault({"answer": {"status": 503, "headers": [["Retry-After", "20"]]}}, times=9)
        with self.sandbox.auth() as auth, self.assertRaises(personr.ServerError) as caught:
            auth.token()
        self.assertEqual(caught.exception.http_status, 503)
        assert caught.exception.retry_after is not None
        self.assertAlmostEqual(caught.exception.retry_after, 20, delta=1)

    def test_credentials_are_asked_for_at_each_login(self) -> None:
        asked = []

        def credentials(email: str) -> str:
            asked.append(email)
            return self.sandbox.password

        with self.sandbox.auth(credentials=credentials) as auth:
            auth.login()
            auth.token()
            auth.login()
        self.assertEqual(asked, [self.sandbox.email] * 2)

    def test_a_logger_is_told_and_never_a_secret(self) -> None:
        logger = logging.getLogger("personr.tests")
        with self.assertLogs(logger, logging.DEBUG) as told, self.sandbox.auth(logger=logger) as auth:
            token = auth.token().value
        events = [(record.levelno, getattr(record, "personr_event")) for record in told.records]
        self.assertIn((logging.INFO, "login"), events)
        self.assertNotIn(token, str(told.output))
        self.assertNotIn(self.sandbox.password, str(told.output))

    def test_a_logger_that_raises_fails_no_call_and_is_told_of(self) -> None:
        def raises(record: logging.LogRecord) -> bool:
            raise ZeroDivisionError

        logger = logging.Logger("personr.tests.raises")
        logger.addFilter(raises)
        told: list[Any] = []
        with mock.patch("sys.unraisablehook", told.append), self.sandbox.auth(logger=logger) as auth:
            auth.token()
        self.assertEqual({type(unraisable.exc_value) for unraisable in told}, {ZeroDivisionError})

    def test_a_password_may_be_bytes_and_stays_its_owners(self) -> None:
        password = bytearray(self.sandbox.password.encode())
        with personr.Auth(
            self.sandbox.email, password, base_url=self.sandbox.base_url, ca_file=self.sandbox.ca_file
        ) as auth:
            auth.token()
        self.assertEqual(password.decode(), self.sandbox.password)

    def test_all_options_reach_the_library(self) -> None:
        with open(self.sandbox.ca_file, "rb") as file:
            pem = file.read()
        with (
            tempfile.TemporaryDirectory() as folder,
            self.sandbox.auth(
                ca_file=None,
                ca_pem=pem,
                system_roots=False,
                login_method=personr.LoginMethod.FORM,
                connect_timeout=5,
                max_retries=0,
                proxy="",
                user_agent="Tests/1",
                store=f"file:{folder}/tokens",
                renew_before=0,
            ) as auth,
        ):
            auth.token()
        (login,) = self.sandbox.ask("requests")
        self.assertIn("api-token-generate", str(login))


class Misuse(Case):
    def refused(self, error: type[Exception], name: str, **options: Any) -> None:
        with self.assertRaises(error) as caught:
            personr.Auth("a@example.com", "hunter2", **options)
        self.assertIn(name, str(caught.exception))
        self.assertNotIn("hunter2", str(caught.exception))

    def test_an_argument_out_of_range_is_a_value_error_that_names_it(self) -> None:
        self.refused(ValueError, "base_url", base_url="http://example.com")
        self.refused(ValueError, "base_url", base_url="https://example.com/\0")
        self.refused(ValueError, "timeout", timeout=0)
        self.refused(ValueError, "timeout", timeout=float("nan"))
        self.refused(ValueError, "timeout", timeout=1e300)
        self.refused(ValueError, "max_retries", max_retries=-1)
        self.refused(ValueError, "max_retries", max_retries=11)
        self.refused(ValueError, "renew_before", renew_before=2**63)
        self.refused(ValueError, "store", store="nowhere:")
        self.refused(ValueError, "ca_pem", ca_pem=b"hunter2")
        self.refused(personr.InvalidArgumentError, "user_agent", user_agent="\udc80hunter2")

    def test_an_argument_of_another_type_is_a_type_error_that_names_it(self) -> None:
        self.refused(TypeError, "timeout", timeout="hunter2")
        self.refused(TypeError, "base_url", base_url=b"hunter2")
        self.refused(TypeError, "max_retries", max_retries=1.5)
        self.refused(TypeError, "ca_pem", ca_pem="hunter2")

    def test_no_time_at_all_is_not_the_default(self) -> None:
        with self.sandbox.auth() as auth:
            for timeout in (0, -1, 0.0):
                with self.assertRaisesRegex(ValueError, "timeout"):
                    auth.token(timeout=timeout)
        self.assert_counts(logins=0)

    def test_a_password_in_an_error_is_never_shown(self) -> None:
        for password in ("hunter2\0", "hunter2\n", "\udc80hunter2"):
            with self.assertRaises(ValueError) as caught:
                personr.Auth("a@example.com", password)
            shown = f"{caught.exception!r} {caught.exception.__context__!r} {vars(caught.exception)}"
            self.assertNotIn("hunter2", shown)
        with self.assertRaises(ValueError):
            personr.Auth("a@example.com")

    def test_no_repr_shows_anything(self) -> None:
        with self.sandbox.auth() as auth:
            token = auth.token()
            shown = f"{auth!r} {auth} {token!r} {token}"
            response = auth.send(personr.Request("api-applicant-details"))
            shown += f" {response!r} {response.json!r}"
        for secret in (token.value, self.sandbox.password, self.sandbox.email):
            self.assertNotIn(secret, shown)

    def test_a_closed_auth_says_so(self) -> None:
        auth = self.sandbox.auth()
        auth.close()
        auth.close()
        for act in (auth.token, auth.login, lambda: auth.state, lambda: auth.reject("x")):
            with self.assertRaisesRegex(ValueError, "closed"):
                act()

    def test_an_error_can_be_pickled_and_an_auth_cannot(self) -> None:
        with self.sandbox.auth("wrong") as auth:
            with self.assertRaises(personr.InvalidCredentialsError) as caught:
                auth.token()
            with self.assertRaisesRegex(TypeError, "in each process"):
                pickle.dumps(auth)
        for error in (caught.exception, personr.NetworkError("no way")):
            copy = pickle.loads(pickle.dumps(error))
            self.assertIs(type(copy), type(error))
            self.assertEqual(
                (str(copy), copy.status, copy.reason, copy.http_status, bool(copy.json), copy.body),
                (str(error), error.status, error.reason, error.http_status, False, b""),
            )
