"""Runs the tests: run.py [NAME...]. Says how each went, and ends with one line that counts. One that hangs is named,
with a traceback, after two minutes."""

from __future__ import annotations

import faulthandler
import sys
import time
import traceback
import unittest
from pathlib import Path
from typing import Any

LIMIT_S = 120


class Result(unittest.TestResult):
    """Prints a line for each test, its name before it begins."""

    passed = 0

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        print(f"{test.id()} ... ", end="", flush=True)
        self._began = time.monotonic()
        faulthandler.dump_traceback_later(LIMIT_S, exit=True)

    def stopTest(self, test: unittest.TestCase) -> None:
        faulthandler.cancel_dump_traceback_later()
        super().stopTest(test)

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.passed += 1
        print(f"ok ({time.monotonic() - self._began:.2f} s)", flush=True)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        print(f"skipped\nSKIP {test.id()}: {reason}", flush=True)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        print(f"FAILED\n{self.failures[-1][1]}", flush=True)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        print(f"FAILED\n{self.errors[-1][1]}", flush=True)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            print(f"FAILED {subtest}\n{''.join(traceback.format_exception(*err))}", flush=True)


def main() -> int:
    here = Path(__file__).parent
    loader = unittest.TestLoader()
    if len(sys.argv) > 1:
        suite = loader.loadTestsFromNames(sys.argv[1:])
    else:
        suite = loader.discover(str(here))
    result = Result()
    suite.run(result)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
