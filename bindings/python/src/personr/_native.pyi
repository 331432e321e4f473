# Made by cffi from personr.ffi.h, which mypy does not read.
from typing import Any

ffi: Any
lib: Any
