"""Describes personr._native to cffi: the interface of the installed library, and the functions that it calls back.

The declarations are those of personr.ffi.h, which is installed beside personr.h: this package has no copy that could
differ. The compiler compares the two, so headers that do not fit each other fail to compile. pkg-config says where the
library is.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from cffi import FFI

# What the library calls, written in Python (_callbacks.py). cffi compares their types with those of the setters.
CALLBACKS = """
extern "Python" {
    int32_t personr_py_load(void *, const char *, uint8_t *, size_t, size_t *);
    int32_t personr_py_save(void *, const char *, const char *, const uint8_t *, size_t);
    int32_t personr_py_lock(void *, const char *, const char *, uint32_t, uint32_t);
    int32_t personr_py_unlock(void *, const char *, const char *);
    int32_t personr_py_credentials(void *, const char *, char *, size_t);
    void personr_py_log(void *, int32_t, const char *, const char *);
}
"""


def pkg_config(*arguments: str) -> list[str]:
    """What pkg-config says of the library, in words."""
    return subprocess.run(
        ["pkg-config", *arguments, "personr"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()


def declarations() -> str:
    """The text of personr.ffi.h."""
    (include,) = pkg_config("--variable=includedir")
    return Path(include, "personr.ffi.h").read_text(encoding="utf-8")


def version() -> str:
    """The version of the header, which is the package's too."""
    numbers = dict(re.findall(r"PERSONR_VERSION_(MAJOR|MINOR|PATCH) = (\d+)", declarations()))
    return "{MAJOR}.{MINOR}.{PATCH}".format(**numbers)


def comparison(text: str) -> str:
    """C that compiles behind personr.h only if the declarations are the same there."""
    constants, functions = text.split("};", 1)
    numbers = re.findall(r"(PERSONR_\w+) = (-?\d+)", constants)
    # C refuses to see a function declared twice, unless all types are equal.
    return functions + "".join(f'_Static_assert({name} == {value}, "{name}");\n' for name, value in numbers)


builder = FFI()
builder.cdef(declarations() + CALLBACKS)
builder.set_source(
    "personr._native",
    "#include <personr.h>\n" + comparison(declarations()),
    py_limited_api=True,
    libraries=[word[2:] for word in pkg_config("--libs-only-l")],
    library_dirs=[word[2:] for word in pkg_config("--libs-only-L")],
    include_dirs=[word[2:] for word in pkg_config("--cflags-only-I")],
    # In a wheel the library stands beside the module.
    extra_link_args=["-Wl,-rpath,$ORIGIN"],
)
