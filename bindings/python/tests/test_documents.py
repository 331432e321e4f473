"""The README's programs and the example, as they stand; the types, as mypy sees them; the library's whole interface."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import site
import subprocess
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import mock

import personr
from personr import _auth, _native
from support import Case

HERE = Path(__file__).parent.parent
PACKAGE = Path(personr.__file__).parent

# What this package does without: it waits for operations instead, copies strings,
# and has the status from the call.
UNUSED = {
    "personr_auth_authorization",
    "personr_auth_login",
    "personr_auth_token",
    "personr_error_status",
    "personr_json_string",
    "personr_operation_cancel",
    "personr_operation_progress",
    "personr_request_send",
}


class Documents(Case):
    def test_the_programs_of_the_readme_run(self) -> None:
        programs = re.findall(
            r"^```python\n(.*?)^```", (HERE / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
        )
        self.assertGreater(len(programs), 5)
        auth = functools.partial(personr.Auth, base_url=self.sandbox.base_url, ca_file=self.sandbox.ca_file)
        variables = {
            "PERSONR_EMAIL": self.sandbox.email,
            "PERSONR_PASSWORD": self.sandbox.password,
            "REQUESTS_CA_BUNDLE": self.sandbox.ca_file,
            "SSL_CERT_FILE": self.sandbox.ca_file,
        }
        output = StringIO()
        namespace: dict[str, object] = {}
        with mock.patch.dict(os.environ, variables), mock.patch.object(personr, "Auth", auth), redirect_stdout(output):
            for program in programs:
                if not all(
                    importlib.util.find_spec(name) for name in re.findall(r"^import (\w+)$", program, re.MULTILINE)
                ):
                    continue  # requests or HTTPX, which have tests of their own
                exec("from __future__ import annotations\n" + program, namespace)
        self.assertIn("created ", output.getvalue())
        self.assertIn("[200, 200, 200, 200, 200]", output.getvalue())
        self.assert_counts(logins=1)

    def test_the_readme_names_each_exception_and_what_it_also_is(self) -> None:
        readme = (HERE / "README.md").read_text("utf-8")
        rows = {}
        for line in re.findall(r"^\| `\w+Error`.*$", readme, re.MULTILINE):
            _, names, also, *_ = line.split("|")
            rows.update({name: also.strip("` ") for name in re.findall(r"\w+", names)})
        for name in personr.__all__:
            kind = getattr(personr, name)
            if name in ("InternalError", "OperationCancelledError") or not name.endswith("Error") or name == "Error":
                continue
            bases = [base.__name__ for base in kind.__bases__ if base is not personr.Error]
            self.assertEqual(rows.get(name), " ".join(bases), name)

    def test_the_example_runs(self) -> None:
        variables = {
            "PERSONR_EMAIL": self.sandbox.email,
            "PERSONR_PASSWORD": self.sandbox.password,
            "PERSONR_BASE_URL": self.sandbox.base_url,
            "PERSONR_CA_FILE": self.sandbox.ca_file,
        }
        with tempfile.NamedTemporaryFile(suffix=".jpg") as passport:
            passport.write(b"x" * 5000)
            passport.flush()
            arguments = [sys.executable, str(HERE / "examples/applicant.py"), passport.name]
            run = functools.partial(subprocess.run, arguments, capture_output=True, text=True, timeout=30)
            good = run(env={**os.environ, **variables})
            bad = run(env={**os.environ, **variables, "PERSONR_PASSWORD": "wrong"})
        self.assertRegex(good.stdout, r"^\S+: Approved\n$", good.stderr)
        self.assertEqual((bad.stdout, bad.returncode), ("", 1))
        self.assertIn("INVALID_LOGIN_CREDENTIALS", bad.stderr)
        self.assertEqual([upload["length"] for upload in self.sandbox.ask("uploads")], [5000])


class Interface(unittest.TestCase):
    def test_each_constant_of_the_library_has_its_name_here(self) -> None:
        families = {
            "STATE_": personr.State,
            "LOGIN_": personr.LoginMethod,
            "FORMAT_": personr.Format,
            "ENCODING_": personr.Encoding,
            "TYPE_": personr.JsonType,
        }
        others = r"VERSION_\w+|OK|RECORD_MAX|AUTHORIZATION_MAX|CALLBACK_OK|STORE_BUSY|LOG_(ERROR|WARN|INFO|DEBUG)"
        for constant in dir(_native.lib):
            if not constant.startswith("PERSONR_") or re.fullmatch(others, constant[8:]):
                continue
            prefix = next((prefix for prefix in families if constant.startswith("PERSONR_" + prefix)), "")
            kind = families.get(prefix, personr.Status)
            self.assertEqual(kind[constant[8 + len(prefix) :]], getattr(_native.lib, constant))

    def test_each_status_has_an_exception(self) -> None:
        classes = {kind.status for kind in personr.Error.__subclasses__()}
        # The package gives a buffer that is large enough.
        self.assertEqual(classes | {personr.Status.BUFFER_TOO_SMALL}, set(personr.Status))

    def test_each_function_of_the_library_is_used(self) -> None:
        sources = "".join(path.read_text("utf-8") for path in PACKAGE.glob("*.py"))
        setters = {"personr_options_set_" + name for name in re.findall(r'\bset\("(\w+)"', sources)}
        used = set(re.findall(r"\b_?lib\.(personr_\w+)", sources)) | setters
        functions = {name for name in dir(_native.lib) if name.startswith("personr_")}
        self.assertEqual(functions - used, UNUSED)

    def test_the_default_base_url_is_the_librarys(self) -> None:
        header = Path(os.environ["PERSONR_PREFIX"], "include/personr.h").read_text("utf-8")
        self.assertIn(f'"{_auth.DEFAULT_BASE_URL}" unless set', header)

    def test_versions(self) -> None:
        self.assertEqual(personr.__version__, personr.library_version())
        from importlib.metadata import version

        self.assertEqual(version("personr"), personr.__version__)

    def test_a_number_that_is_not_known_yet_is_a_failure_all_the_same(self) -> None:
        from personr._errors import failure

        error = failure(9999, _native.ffi.new("personr_error **"))
        self.assertIs(type(error), personr.Error)
        self.assertEqual((error.status, str(error)), (9999, "PERSONR_UNKNOWN"))
        self.assertTrue(error.may_have_run)

    @unittest.skipUnless(importlib.util.find_spec("mypy"), "mypy is not installed")
    def test_the_types_are_strict(self) -> None:
        self.assertTrue((PACKAGE / "py.typed").exists())
        # Where a package is installed mypy finds it itself.
        path = {} if str(PACKAGE.parent) in site.getsitepackages() else {"MYPYPATH": str(PACKAGE.parent)}
        with tempfile.TemporaryDirectory() as cache:
            mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache]
            for what in (["-p", "personr"], [str(HERE / "examples/applicant.py")], [str(HERE / "tests")]):
                result = subprocess.run(
                    mypy + what, capture_output=True, text=True, timeout=120, env={**os.environ, **path}
                )
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
