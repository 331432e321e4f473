"""Forks, by os.fork() and by multiprocessing."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
import traceback
import unittest
import warnings
from typing import Any, Callable

import personr
from support import Case


def child(act: Callable[[], object]) -> int:
    """Runs it in a child, and gives its exit status: 0 if it returned, 14 (SIGALRM) if it hung."""
    with warnings.catch_warnings():
        # From Python 3.12 on: there are other threads. That is what is tested.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        import signal

        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(10)
        status = 1
        try:
            act()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1]


# The Auth that the children of multiprocessing inherit.
inherited: personr.Auth | None = None


def ask_inherited(_: int) -> str:
    assert inherited is not None
    return inherited.authorization()


@unittest.skipUnless(hasattr(os, "fork"), "no fork")
class Forks(Case):
    def test_a_child_has_its_parents_token(self) -> None:
        with self.sandbox.auth() as auth:
            token = auth.token().value

            def act() -> None:
                assert auth.token().value == token
                auth.send(personr.Request("api-applicant-details"))
                auth.close()

            self.assertEqual(child(act), 0)
            self.assertEqual(auth.token().value, token)
        self.assert_counts(logins=1)

    def test_a_child_that_is_forked_in_a_login_logs_in_itself(self) -> None:
        with tempfile.TemporaryDirectory() as folder, self.sandbox.auth(store=f"file:{folder}/tokens") as auth:
            self.sandbox.fault("hold")
            tokens: list[str] = []
            thread = threading.Thread(target=lambda: tokens.append(auth.token().value), daemon=True)
            thread.start()
            self.sandbox.wait_for("held", 1)

            def act() -> None:
                # The parent holds the store's lock: the child waits for it, and not for its parent's thread.
                try:
                    auth.token(timeout=0.3)
                except personr.TimedOutError:
                    return
                raise AssertionError("the parent's login is held")

            self.assertEqual(child(act), 0)
            self.sandbox.order("release")
            thread.join(10)
            self.assertEqual(child(lambda: self.assertEqual(auth.token().value, tokens[0])), 0)
        self.assert_counts(logins=1)

    def test_an_operation_of_the_parent_is_no_more_in_the_child(self) -> None:
        from personr._native import lib
        from personr._operation import Operation

        with self.sandbox.auth() as auth:
            self.sandbox.fault("hold")
            with Operation(auth._open(), lib.personr_auth_token_start, 0) as operation:
                self.sandbox.wait_for("held", 1)

                def act() -> None:
                    operation.wait()
                    try:
                        operation.token()
                    except personr.OperationCancelledError as error:
                        assert error.reason == "forked", error.reason
                    else:
                        raise AssertionError("it went on")

                self.assertEqual(child(act), 0)
                self.sandbox.order("release")
                operation.wait()
                self.assertNotEqual(operation.token().value, "")

    def test_a_request_that_another_thread_fills_can_be_filled_in_the_child(self) -> None:
        request = personr.Request("api-applicant-details")
        with request.held():
            self.assertEqual(child(lambda: request.add_text("name", "value")), 0)

    def test_multiprocessing_with_fork(self) -> None:
        global inherited
        with tempfile.TemporaryDirectory() as folder, self.sandbox.auth(store=f"file:{folder}/tokens") as auth:
            inherited = auth
            self.addCleanup(globals().__setitem__, "inherited", None)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                with multiprocessing.get_context("fork").Pool(4) as pool:
                    headers = pool.map_async(ask_inherited, range(20)).get(30)
        self.assertEqual(len(set(headers)), 1)
        self.assert_counts(logins=1)

    def test_errors_travel_between_processes(self) -> None:
        global inherited
        with self.sandbox.auth("wrong") as auth:
            inherited = auth
            self.addCleanup(globals().__setitem__, "inherited", None)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                with multiprocessing.get_context("fork").Pool(1) as pool:
                    result: Any = pool.apply_async(ask_inherited, (0,))
                    with self.assertRaises(personr.InvalidCredentialsError):
                        result.get(30)
