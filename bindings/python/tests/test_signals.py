"""Ctrl-C, by real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import unittest
from typing import Any

import personr
from support import Case

# Says that it waits, and how the wait ended.
WAITING = """
import asyncio, sys, time, personr
email, password, base_url, ca_file, kind = sys.argv[1:]
auth = personr.Auth(email, password, base_url=base_url, ca_file=ca_file, timeout=60)
request = personr.Request("api-applicant-details", timeout=60)
acts = {"token": auth.token, "login": auth.login, "send": lambda: auth.send(request),
        "asyncio": lambda: asyncio.run(auth.token_async())}
try:
    acts[kind]()
except KeyboardInterrupt:
    print("interrupted", flush=True)
auth.close()
print("over", flush=True)
"""


class CtrlC(Case):
    def test_it_ends_each_wait_at_once(self) -> None:
        for kind in ("token", "login", "send", "asyncio"):
            with self.subTest(kind):
                self.sandbox.order("clear")
                self.sandbox.fault("stall", times=9)
                requests = self.sandbox.counters()["requests"]
                sandbox = self.sandbox
                process = subprocess.Popen(
                    [sys.executable, "-c", WAITING]
                    + [sandbox.email, sandbox.password, sandbox.base_url, sandbox.ca_file, kind],
                    stdout=subprocess.PIPE,
                    text=True,
                )
                sandbox.wait_for("requests", requests + 1)
                began = time.monotonic()
                process.send_signal(signal.SIGINT)
                assert process.stdout is not None
                self.assertEqual(process.stdout.readline(), "interrupted\n")
                self.assertLess(time.monotonic() - began, 1)
                self.assertEqual(process.stdout.readline(), "over\n")
                process.stdout.close()
                self.assertEqual(process.wait(10), 0)
                self.assertLess(time.monotonic() - began, 5)

    @unittest.skipUnless(hasattr(signal, "setitimer"), "no timers")
    def test_a_handler_that_returns_ends_no_wait(self) -> None:
        handled: list[int] = []

        def handle(number: int, _: Any) -> None:
            handled.append(number)

        former = signal.signal(signal.SIGALRM, handle)
        self.addCleanup(signal.signal, signal.SIGALRM, former)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        self.sandbox.fault({"delay_ms": 300})
        with self.sandbox.auth() as auth:
            signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
            auth.token()
        self.assertGreater(len(handled), 4)

    def test_it_ends_the_wait_of_the_main_thread_whatever_thread_the_signal_came_to(self) -> None:
        # So it is, too, if it comes just before a wait begins.
        self.sandbox.fault("stall")

        def signal_this_thread() -> None:
            self.sandbox.wait_for("requests", 1)
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)

        began = time.monotonic()
        with self.sandbox.auth(timeout=5) as auth:
            thread = threading.Thread(target=signal_this_thread, daemon=True)
            with self.assertRaises(KeyboardInterrupt):
                thread.start()
                auth.token()
        self.assertLess(time.monotonic() - began, 3)
        thread.join(10)

    def test_it_leaves_the_waits_of_other_threads(self) -> None:
        self.sandbox.fault("hold")
        tokens: list[personr.Token] = []
        with self.sandbox.auth() as auth:
            thread = threading.Thread(target=lambda: tokens.append(auth.token()), daemon=True)
            thread.start()
            self.sandbox.wait_for("held", 1)
            with self.assertRaises(KeyboardInterrupt):
                threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
                auth.token()
            self.sandbox.order("release")
            thread.join(10)
        self.assertEqual(len(tokens), 1)
        self.assert_counts(logins=1)
