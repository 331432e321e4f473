"""Token stores: those of the library, and those that are written in Python."""

from __future__ import annotations

import gc
import logging
import os
import signal
import subprocess
import sys
import tempfile
import traceback
import unittest
import weakref
from typing import Any, Callable

import personr
from support import Case, MemoryStore, threads

# Asks for a token, and says which.
ANOTHER_PROCESS = """
import sys, personr
email, password, base_url, ca_file, store = sys.argv[1:]
sys.stdin.readline()
with personr.Auth(email, password, base_url=base_url, ca_file=ca_file, store=store) as auth:
    print(auth.token().user_id, hash(auth.token().value) != 0)
"""


class Failing(MemoryStore):
    """A store, one of whose methods does something else."""

    def __init__(self, method: str, act: Callable[..., Any]) -> None:
        super().__init__()
        setattr(self, method, act)


def fails(*_: object) -> Any:
    raise ZeroDivisionError("the database is gone")


class Stores(Case):
    def test_two_processes_with_a_file_store_log_in_once(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            sandbox = self.sandbox
            arguments = [sandbox.email, sandbox.password, sandbox.base_url, sandbox.ca_file, f"file:{folder}/tokens"]
            processes = [
                subprocess.Popen(
                    [sys.executable, "-c", ANOTHER_PROCESS, *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for _ in range(2)
            ]
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            outputs = [process.communicate(timeout=30)[0] for process in processes]
        self.assertEqual(outputs[0], outputs[1])
        self.assertIn("True", outputs[0])
        self.assert_counts(logins=1)

    def test_a_store_of_the_application_is_shared(self) -> None:
        store = MemoryStore()
        with self.sandbox.auth(store=store) as one:
            token = one.token().value
        with self.sandbox.auth(store=store) as another:
            self.assertEqual(another.token().value, token)
        self.assert_counts(logins=1)
        self.assertEqual(store.owners, {})

    def test_threads_with_a_store_of_the_application_log_in_once(self) -> None:
        with self.sandbox.auth(store=MemoryStore()) as auth:
            self.assertEqual(len(set(threads(50, auth.authorization))), 1)
        self.assert_counts(logins=1)

    def test_a_store_that_raises_means_no_login_and_is_the_cause(self) -> None:
        for method in ("load", "save", "lock"):
            with self.subTest(method), self.sandbox.auth(store=Failing(method, fails)) as auth:
                for call in (auth.token, auth.login, lambda: auth.send(personr.Request("api-applicant-details"))):
                    with self.assertRaises(personr.StoreError) as caught:
                        call()
                    self.assertEqual(caught.exception.reason, "store-callback")
                    cause = caught.exception.__cause__
                    assert isinstance(cause, ZeroDivisionError)
                    self.assertIn("the database is gone", "".join(traceback.format_exception(None, cause, None)))
        self.assert_counts(logins=0)

    def test_an_unlock_that_raises_fails_no_call(self) -> None:
        with self.sandbox.auth(store=Failing("unlock", fails)) as auth:
            auth.token()
        self.assert_counts(logins=1)

    def test_a_store_that_gives_the_wrong_type_is_told(self) -> None:
        for method, answer in (("load", "text"), ("load", b"x" * 100_000), ("save", None), ("lock", None), ("lock", 1)):
            store = Failing(method, lambda *_, answer=answer: answer)
            with self.subTest(method), self.sandbox.auth(store=store) as auth:
                with self.assertRaises(personr.StoreError) as caught:
                    auth.token()
                self.assertIsInstance(caught.exception.__cause__, (TypeError, ValueError))
        self.assert_counts(logins=0)

    def test_a_lock_that_another_owner_has_is_waited_for(self) -> None:
        store = MemoryStore()
        asked = []

        def lock(key: str, owner: str, wait: float, lease: float) -> bool:
            asked.append((wait, lease))
            return len(asked) > 2 and MemoryStore.lock(store, key, owner, wait, lease)

        store.lock = lock  # type: ignore[method-assign]
        with self.sandbox.auth(store=store) as auth:
            auth.token()
        self.assertGreaterEqual(len(asked), 3)
        self.assertTrue(all(wait <= 1 and lease == 20 for wait, lease in asked), asked)

    def test_a_callback_that_calls_the_library_is_refused(self) -> None:
        with (
            self.sandbox.auth() as other,
            self.sandbox.auth(store=Failing("load", lambda key: other.token().value.encode())) as auth,
        ):
            with self.assertRaises(personr.StoreError) as caught:
                auth.token()
        cause = caught.exception.__cause__
        assert isinstance(cause, personr.InvalidArgumentError)
        self.assertEqual(cause.reason, "reentrant")

    def test_credentials_that_raise_are_the_cause(self) -> None:
        with self.sandbox.auth(credentials=fails) as auth:
            with self.assertRaises(personr.CredentialsError) as caught:
                auth.token()
            self.assertIsInstance(caught.exception.__cause__, ZeroDivisionError)
        for wrong in (None, "x" * 1025, b"\0", 5):
            with self.subTest(wrong), self.sandbox.auth(credentials=lambda _, wrong=wrong: wrong) as auth:
                with self.assertRaises(personr.CredentialsError) as caught:
                    auth.token()
                self.assertIsNotNone(caught.exception.__cause__)
        with self.sandbox.auth(credentials=lambda _: "") as auth:
            with self.assertRaises(personr.CredentialsError) as caught:
                auth.token()
            self.assertIsNone(caught.exception.__cause__, "the library says what is wrong with it")
        self.assert_counts(logins=0)

    @unittest.skipUnless(hasattr(signal, "raise_signal"), "no signals")
    def test_ctrl_c_in_a_callback_is_no_failure_of_the_store(self) -> None:
        def interrupted(key: str) -> None:
            signal.raise_signal(signal.SIGINT)

        with self.sandbox.auth(store=Failing("load", interrupted)) as auth:
            with self.assertRaises(KeyboardInterrupt):
                auth.token()
        with self.sandbox.auth(store=Failing("load", lambda key: sys.exit(3))) as auth:
            with self.assertRaises(SystemExit):
                auth.token()
        self.assert_counts(logins=0)

    def test_ctrl_c_in_a_logger_ends_the_call(self) -> None:
        interrupts = False

        def interrupted(record: logging.LogRecord) -> bool:
            if interrupts:
                signal.raise_signal(signal.SIGINT)
            return False

        logger = logging.Logger("personr.tests.interrupted")
        logger.addFilter(interrupted)
        with self.sandbox.auth(logger=logger) as auth:
            token = auth.token()
            interrupts = True
            for act in (lambda: auth.reject(token), auth.login):
                with self.assertRaises(KeyboardInterrupt):
                    act()

    def test_an_auth_and_a_store_that_know_each_other_are_collected(self) -> None:
        store: Any = MemoryStore()
        store.auth = self.sandbox.auth(store=store)
        store.auth.token()
        gone = weakref.ref(store)
        del store
        gc.collect()
        self.assertIsNone(gone())
        self.assertEqual(os.listdir("/proc/self/fd") and gc.garbage, [])
