"""asyncio: no thread waits, tasks share a login, and a cancelled task cancels its operation."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import unittest
from contextlib import suppress
from typing import Any

import personr
from support import Case, MemoryStore, eventually, within


def descriptors() -> list[str]:
    """What the descriptors of this process are; those of operations are timers."""
    links = []
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # that of listdir()
            links.append(os.readlink(f"/proc/self/fd/{name}"))
    return links


class Loop(Case):
    def test_500_tasks_log_in_once(self) -> None:
        async def run(auth: personr.Auth) -> None:
            headers = await asyncio.gather(*(auth.authorization_async() for _ in range(500)))
            self.assertEqual(len(set(headers)), 1)

        with self.sandbox.auth() as auth:
            asyncio.run(run(auth))
        self.assert_counts(logins=1)

    def test_500_waiting_tasks_need_few_threads_and_wakes(self) -> None:
        self.sandbox.fault("hold")
        threads_before = threading_tasks()
        steps = 0

        async def run(auth: personr.Auth) -> None:
            nonlocal steps
            loop = asyncio.get_running_loop()
            add_reader = loop.add_reader

            def counting(descriptor: Any, callback: Any, *arguments: Any) -> None:
                def counted() -> None:
                    nonlocal steps
                    steps += 1
                    callback(*arguments)

                add_reader(descriptor, counted)

            tasks = [asyncio.ensure_future(auth.token_async()) for _ in range(500)]
            setattr(loop, "add_reader", counting)
            await asyncio.sleep(0)
            await loop.run_in_executor(None, self.sandbox.wait_for, "held", 1)
            self.assertLessEqual(threading_tasks(), threads_before + 3)  # one of them is the executor's
            self.sandbox.order("release")
            tokens = await asyncio.gather(*tasks)
            self.assertEqual(len({token.value for token in tokens}), 1)

        with self.sandbox.auth() as auth:
            asyncio.run(run(auth))
        self.assert_counts(logins=1)
        self.assertLessEqual(steps, 4 * 500)

    def test_all_calls(self) -> None:
        async def run(auth: personr.Auth) -> None:
            first = await auth.token_async()
            second = await auth.login_async()
            self.assertNotEqual(first.value, second.value)
            self.assertEqual(await auth.authorization_async(), second.authorization)
            response = await auth.send_async(personr.Request("api-applicant-details"))
            self.assertEqual(response.http_status, 200)
            with self.assertRaises(personr.RejectedError):
                await auth.send_async(personr.Request("api-applicant-create"))

        with self.sandbox.auth() as auth:
            asyncio.run(run(auth))

    def test_errors_and_timeouts(self) -> None:
        self.sandbox.fault("stall", times=9)

        async def run(auth: personr.Auth) -> None:
            with self.assertRaises(personr.TimedOutError):
                await auth.token_async(timeout=0.2)

        with self.sandbox.auth() as auth, within(10):
            asyncio.run(run(auth))

    @unittest.skipUnless(sys.platform == "linux", "its descriptors cannot be told from others")
    def test_an_error_that_is_kept_keeps_no_descriptor(self) -> None:
        self.sandbox.fault("stall", times=9)

        async def run(auth: personr.Auth) -> None:
            await auth.token_async(timeout=0.1)

        with self.sandbox.auth() as auth:
            for act in (lambda: asyncio.run(run(auth)), lambda: auth.token(timeout=0.1)):
                try:
                    act()
                except personr.TimedOutError:
                    # While its traceback holds the frames of the call.
                    self.assertNotIn("anon_inode:[timerfd]", descriptors())

    def test_ctrl_c_in_a_callback_ends_the_loop(self) -> None:
        store = MemoryStore()

        def interrupted(key: str) -> bytes | None:
            raise KeyboardInterrupt

        store.load = interrupted  # type: ignore[method-assign]
        with self.sandbox.auth(store=store) as auth, self.assertRaises(KeyboardInterrupt):
            asyncio.run(auth.token_async())
        self.assert_counts(logins=0)

    def test_the_loop_goes_on_meanwhile(self) -> None:
        self.sandbox.fault({"delay_ms": 200})

        async def run(auth: personr.Auth) -> int:
            task = asyncio.ensure_future(auth.token_async())
            turns = 0
            while not task.done():
                await asyncio.sleep(0.005)
                turns += 1
            await task
            return turns

        with self.sandbox.auth() as auth:
            self.assertGreater(asyncio.run(run(auth)), 10)

    def test_a_cancelled_task_ends_at_once_and_leaves_nothing(self) -> None:
        self.sandbox.fault("hold", times=9)
        before = len(descriptors())

        async def run(auth: personr.Auth) -> None:
            loop = asyncio.get_running_loop()
            task = asyncio.ensure_future(auth.token_async())
            await loop.run_in_executor(None, self.sandbox.wait_for, "held", 1)
            began = time.monotonic()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(auth.send_async(personr.Request("api-applicant-details")), 0.05)
            self.assertLess(time.monotonic() - began, 1)
            self.sandbox.order("release")

        with self.sandbox.auth() as auth:
            asyncio.run(run(auth))
            # The login was out: it is finished, and its token is the next one.
            auth.token()
        self.assert_counts(tokens_issued=1)
        # The thread of the request that was cancelled closes its connection.
        eventually(lambda: len(descriptors()) <= before)

    def test_one_of_two_waiting_tasks_is_cancelled(self) -> None:
        self.sandbox.fault("hold")

        async def run(auth: personr.Auth) -> None:
            loop = asyncio.get_running_loop()
            one = asyncio.ensure_future(auth.token_async())
            other = asyncio.ensure_future(auth.token_async())
            await loop.run_in_executor(None, self.sandbox.wait_for, "held", 1)
            one.cancel()
            await asyncio.sleep(0)
            self.sandbox.order("release")
            self.assertEqual((await other).lifetime, 31536000)

        with self.sandbox.auth() as auth:
            asyncio.run(run(auth))
        self.assert_counts(logins=1)

    def test_callbacks_run_on_the_thread_of_the_loop(self) -> None:
        store = MemoryStore()
        on = set()
        load = store.load

        def noting(key: str) -> Any:
            on.add(threading.get_ident())
            return load(key)

        store.load = noting  # type: ignore[method-assign]

        async def run(auth: personr.Auth) -> None:
            await auth.token_async()
            store.records.clear()

        with self.sandbox.auth(store=store) as auth:
            asyncio.run(run(auth))
        self.assertEqual(on, {threading.get_ident()})

    def test_a_store_that_raises_is_the_cause(self) -> None:
        store = MemoryStore()
        store.lock = lambda *_: 1 / 0 > 0  # type: ignore[method-assign]

        async def run(auth: personr.Auth) -> None:
            with self.assertRaises(personr.StoreError) as caught:
                await auth.token_async()
            self.assertIsInstance(caught.exception.__cause__, ZeroDivisionError)

        with self.sandbox.auth(store=store) as auth:
            asyncio.run(run(auth))
        self.assert_counts(logins=0)

    def test_an_auth_may_be_closed_while_tasks_wait(self) -> None:
        self.sandbox.fault({"delay_ms": 100})

        async def run() -> str:
            auth = self.sandbox.auth()
            task = asyncio.ensure_future(auth.token_async())
            await asyncio.sleep(0.02)
            auth.close()
            del auth
            return (await task).value

        self.assertNotEqual(asyncio.run(run()), "")


def threading_tasks() -> int:
    """The threads of this process, those of the library too."""
    return len(os.listdir("/proc/self/task"))
