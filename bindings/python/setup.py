"""Compiles personr._native against the installed library. pyproject.toml has the rest."""

import os
import sys
from pathlib import Path

from setuptools import setup

sys.path.insert(0, str(Path(__file__).parent))

from native_build import version  # noqa: E402: it stands beside this file

# One wheel for every CPython from 3.9 on.
wheel = {"py_limited_api": "cp39"}
# What build.sh knows of the machines that the wheel is for.
if os.environ.get("PERSONR_PLATFORM"):
    wheel["plat_name"] = os.environ["PERSONR_PLATFORM"]

setup(version=version(), cffi_modules=["native_build.py:builder"], options={"bdist_wheel": wheel})
