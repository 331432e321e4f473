"""How the wheel is built: with the library inside, and from headers that fit each other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).parent.parent
PREFIX = Path(os.environ["PERSONR_PREFIX"])

# Says which library is loaded.
WHICH = """
import personr
with open("/proc/self/maps") as maps:
    print({line.split()[-1] for line in maps if "libpersonr.so" in line}.pop())
"""


class Wheel(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    @unittest.skipUnless(os.path.exists("/proc/self/maps"), "this is not Linux")
    def test_it_works_without_the_systems_library(self) -> None:
        library = str((PREFIX / "lib/libpersonr.so").resolve())
        built = subprocess.run(
            ["sh", str(HERE / "build.sh"), str(self.folder / "wheels")],
            env={**os.environ, "PYTHON": sys.executable, "PERSONR_BUNDLE": library},
            capture_output=True,
            text=True,
            timeout=100,
        )
        self.assertEqual(built.returncode, 0, built.stderr)
        (wheel,) = (self.folder / "wheels").glob("personr-*-cp39-abi3-*.whl")
        site = self.folder / "site"
        shutil.unpack_archive(wheel, site, "zip")
        (metadata,) = site.glob("*.dist-info")
        self.assertEqual(
            sorted(path.name for path in (metadata / "licenses").iterdir()),
            ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md"],
        )
        environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
        which = subprocess.check_output(
            [sys.executable, "-c", WHICH], env={**environment, "PYTHONPATH": str(site)}, text=True, timeout=30
        )
        self.assertEqual(Path(which.strip()).parent, (site / "personr").resolve())

    def test_headers_that_differ_do_not_compile(self) -> None:
        header = (PREFIX / "include/personr.ffi.h").read_text("utf-8")
        changes = {
            "nothing": ("", "", ""),
            "a type": ("int64_t personr_token_lifetime", "int32_t personr_token_lifetime", "conflicting types"),
            "a parameter": ("uint32_t timeout_ms,", "uint64_t timeout_ms,", "conflicting types"),
            "a constant": ("PERSONR_TIMEOUT = 8", "PERSONR_TIMEOUT = 9", "PERSONR_TIMEOUT"),
        }
        for what, (old, new, complaint) in changes.items():
            with self.subTest(what):
                self.assertIn(old, header)
                said = self.compiled(header.replace(old, new) if old else header)
                self.assertRegex(said, complaint if complaint else "^$")

    def compiled(self, header: str) -> str:
        """What the compiler says of the module, made from another personr.ffi.h."""
        (self.folder / "personr.ffi.h").write_text(header, "utf-8")
        shutil.copy(PREFIX / "include/personr.h", self.folder)
        pkgconfig = (PREFIX / "lib/pkgconfig/personr.pc").read_text("utf-8")
        moved = re.sub("(?m)^includedir=.*$", f"includedir={self.folder}", pkgconfig)
        (self.folder / "personr.pc").write_text(moved, "utf-8")
        source = str(self.folder / "native.c")
        subprocess.run(
            [sys.executable, "-c", f"import native_build; native_build.builder.emit_c_code({source!r})"],
            env={**os.environ, "PKG_CONFIG_PATH": str(self.folder), "PYTHONPATH": str(HERE)},
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=50,
        )
        flags = ["-I", str(self.folder), "-I", sysconfig.get_path("include")]
        return subprocess.run(
            ["cc", "-fsyntax-only", source, *flags], capture_output=True, text=True, timeout=50
        ).stderr
