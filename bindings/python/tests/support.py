"""What the tests share: the sandbox as a program, and accounts at it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
import unittest
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

import personr


class Sandbox:
    """A stand-in for the service, on the loopback. Ends with its standard input, at the latest with this process."""

    def __init__(self, *options: str) -> None:
        program = os.environ["PERSONR_SANDBOX"]
        self._process = subprocess.Popen(
            [program, "--wait-stdin", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        self.base_url: str = said["base_url"]
        self.ca_file: str = said["ca_file"]
        self.email: str = said["email"]
        self.password: str = said["password"]
        self._control_url: str = said["control_url"]

    def stop(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)

    def ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self._control_url}/{path}", timeout=10) as answer:
            return json.load(answer)

    def order(self, path: str, /, **values: Any) -> None:
        data = json.dumps(values).encode() if values or path == "revoke" else b""
        urllib.request.urlopen(f"{self._control_url}/{path}", data=data, timeout=10).close()

    def fault(self, action: Any, path: str | None = None, times: int = 1) -> None:
        values: dict[str, Any] = {"action": action, "times": times}
        if path is not None:
            values["path"] = path
        self.order("fault", **values)

    def counters(self) -> dict[str, Any]:
        counters: dict[str, Any] = self.ask("counters")
        return counters

    def wait_for(self, name: str, number: int) -> None:
        """Until a counter has reached a number."""
        eventually(lambda: self.counters()[name] >= number)

    def auth(self, password: str | None = None, **options: Any) -> personr.Auth:
        if "credentials" not in options and password is None:
            password = self.password
        if self.ca_file:
            options.setdefault("ca_file", self.ca_file)
        options.setdefault("base_url", self.base_url)
        return personr.Auth(self.email, password, **options)


class Case(unittest.TestCase):
    """A test with a sandbox of its own."""

    sandbox_options: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.sandbox = Sandbox(*self.sandbox_options)
        self.addCleanup(self.sandbox.stop)

    def assert_counts(self, **numbers: int) -> None:
        counters = self.sandbox.counters()
        self.assertEqual({name: counters[name] for name in numbers}, numbers)


class MemoryStore:
    """A token store that one process keeps in a dict, as an application may write it."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self.owners: dict[str, str] = {}
        self._lock = threading.Lock()

    def load(self, key: str) -> bytes | None:
        return self.records.get(key)

    def save(self, key: str, owner: str, record: bytes) -> bool:
        with self._lock:
            if self.owners.get(key) != owner:
                return False
            self.records[key] = record
            return True

    def lock(self, key: str, owner: str, wait: float, lease: float) -> bool:
        with self._lock:
            return self.owners.setdefault(key, owner) == owner

    def unlock(self, key: str, owner: str) -> None:
        with self._lock:
            if self.owners.get(key) == owner:
                del self.owners[key]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails if what is done takes longer."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    if took > seconds:
        raise AssertionError(f"it took {took:.1f} s, and should take {seconds} s at most")


def eventually(condition: Callable[[], bool]) -> None:
    """Returns once it holds."""
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it does not come true")
        time.sleep(0.005)


def threads(number: int, act: Any) -> list[Any]:
    """What `act` gives, or raises, in so many threads at once."""
    results: list[Any] = [None] * number
    begin = threading.Barrier(number)

    def run(index: int) -> None:
        begin.wait()
        try:
            results[index] = act()
        except Exception as exception:
            results[index] = exception

    running = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(number)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
    return results
