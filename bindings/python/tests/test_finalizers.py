"""Handles that are collected or closed while calls on them run."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import personr
from support import Case, threads

# Ends while a thread waits for a login.
ENDING = """
import sys, threading, personr
email, password, base_url = sys.argv[1:]
auth = personr.Auth(email, password, base_url=base_url)
thread = threading.Thread(target=auth.token, daemon=True)
thread.start()
sys.stdin.readline()
sys.exit(5)
"""


class Cycle:
    """Collected by the cyclic collector alone, on whatever thread it happens to run."""

    def __init__(self, auth: personr.Auth) -> None:
        self.auth = auth
        self.itself = self


class Finalizers(Case):
    sandbox_options = ("--plain-http",)

    def test_1000_handles_are_collected_during_calls(self) -> None:
        kept = self.sandbox.auth(ca_file=None)
        kept.token()
        over = threading.Event()

        def collect() -> None:
            while not over.is_set():
                gc.collect()

        collector = threading.Thread(target=collect, daemon=True)
        collector.start()

        def run() -> None:
            for _ in range(125):
                # Nothing but the call itself holds the handle while it runs.
                Cycle(self.sandbox.auth(ca_file=None)).auth.authorization()
                self.sandbox.auth(ca_file=None).send(personr.Request("api-applicant-details")).json.to_python()

        self.addCleanup(kept.close)
        results = threads(4, run)
        over.set()
        collector.join(10)
        self.assertEqual(results, [None] * 4)
        self.assert_counts(logins=1, authorized=500)

    def test_a_program_ends_while_its_threads_wait(self) -> None:
        self.sandbox.fault("hold")
        arguments = [self.sandbox.email, self.sandbox.password, self.sandbox.base_url]
        process = subprocess.Popen(
            [sys.executable, "-c", ENDING, *arguments], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.sandbox.wait_for("held", 1)
        _, said = process.communicate("now\n", timeout=10)
        self.assertEqual((said, process.returncode), ("", 5))

    def test_a_handle_is_closed_during_calls_of_other_threads(self) -> None:
        for _ in range(20):
            self.sandbox.fault("hold")
            auth = self.sandbox.auth(ca_file=None)
            with ThreadPoolExecutor(4) as pool:
                calls = [pool.submit(auth.token) for _ in range(4)]
                self.sandbox.wait_for("held", 1)
                auth.close()
                self.sandbox.order("release")
            # A call that came too late says so; the others go on to their end.
            ends = [call.exception() or call.result().lifetime for call in calls]
            self.assertIn(31536000, ends)
            self.assertLessEqual({str(end) for end in ends}, {"31536000", "the Auth is closed"})

    def test_a_handle_is_closed_between_and_during_quick_calls(self) -> None:
        kept = self.sandbox.auth(ca_file=None)
        kept.token()
        self.addCleanup(kept.close)
        for _ in range(50):
            auth = self.sandbox.auth(ca_file=None)

            def call_until_closed(auth: personr.Auth = auth) -> str:
                try:
                    while True:
                        auth.token()
                except ValueError as closed:
                    return str(closed)

            with ThreadPoolExecutor(4) as pool:
                calls = [pool.submit(call_until_closed) for _ in range(4)]
                auth.token()
                auth.close()
            self.assertEqual({call.result() for call in calls}, {"the Auth is closed"})
