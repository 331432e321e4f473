"""JSON documents, read by JSON pointers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._arguments import Buffer, Path, contents, path, text
from ._constants import JsonType, Status, known
from ._errors import NoValueError, call, failure
from ._native import ffi, lib


class Json:
    """A value of a JSON document: the whole of it, or a part.

    A JSON pointer (RFC 6901) says where to go from there: "" is the value itself, "/response/base64/0" the first
    element of the member "base64" of the member "response". What is not there, or is of another type, is a
    NoValueError.

    Documents are read as the service writes them, which json.loads() refuses: with a comma after the last member, say.
    A value never changes, keeps its document alive, and may be read by any number of threads at once.
    """

    __slots__ = ("_owner", "_value")

    def __init__(self, owner: Any, value: Any) -> None:
        """For the package: see parse(). The value is a part of what the owner frees, or NULL: then it is missing."""
        self._owner = owner
        self._value = value

    @classmethod
    def parse(cls, document: str | Buffer) -> Json:
        """Reads a document: the body of a webhook, say."""
        if isinstance(document, str):
            document = text("document", document)
        source = contents("document", document)
        out = ffi.new("personr_json **")
        call(lib.personr_json_parse, source, len(source), out)
        owner = ffi.gc(out[0], lib.personr_json_free)
        return cls(owner, owner)

    def __bool__(self) -> bool:
        """Whether there is a value: False for the JSON of an answer that is none. An empty list is a value."""
        return self.type() != JsonType.MISSING

    def get(self, pointer: str) -> Json | None:
        """The part to which the pointer leads, or None."""
        encoded = text("pointer", pointer)
        part = lib.personr_json_get(self._value, encoded)
        return Json(self._owner, part) if part else None

    def __getitem__(self, pointer: str) -> Json:
        """The part to which the pointer leads."""
        part = self.get(pointer)
        if part is None:
            raise _no_value("json-missing")
        return part

    def __contains__(self, pointer: object) -> bool:
        """Whether the pointer leads to a value, which may be null."""
        return isinstance(pointer, str) and self.type(pointer) != JsonType.MISSING

    def type(self, pointer: str = "") -> int:
        """The type of a value: a number of JsonType."""
        return known(JsonType, lib.personr_json_type(self._value, text("pointer", pointer)))

    def string(self, pointer: str = "") -> str:
        """What a string says; a number or a boolean as it stands in the document ("1e3", "true")."""
        if self.type(pointer) in (JsonType.ARRAY, JsonType.OBJECT):
            raise _no_value("json-type")
        return self.source(pointer)

    def source(self, pointer: str = "") -> str:
        """What a string says; all else as it stands in the document, an array or object too. Not for null."""
        return str(self._copied(lib.personr_json_copy, pointer, "char[]", 1).decode(errors="replace"))

    def integer(self, pointer: str = "") -> int:
        """A number that is whole (also "1.0" and "1e3") and has at most 64 bits."""
        out = ffi.new("int64_t *")
        call(lib.personr_json_integer, self._value, text("pointer", pointer), out)
        return int(out[0])

    def number(self, pointer: str = "") -> float:
        """A number: the float that is nearest to it."""
        out = ffi.new("double *")
        call(lib.personr_json_number, self._value, text("pointer", pointer), out)
        return float(out[0])

    def boolean(self, pointer: str = "") -> bool:
        """A boolean."""
        out = ffi.new("int32_t *")
        call(lib.personr_json_boolean, self._value, text("pointer", pointer), out)
        return bool(out[0])

    def decode_base64(self, pointer: str = "") -> bytes:
        """The bytes whose Base64 a string is."""
        return self._copied(lib.personr_json_bytes, pointer, "uint8_t[]", 0)

    def save_base64(self, pointer: str, to: Path) -> None:
        """Decodes the Base64 of a string into a file, which appears whole or not at all. Memory does not hold it."""
        call(lib.personr_json_save_base64, self._value, text("pointer", pointer), path("to", to))

    def count(self, pointer: str = "") -> int:
        """How many elements an array has, or how many members an object has; 0 for what is neither."""
        return int(lib.personr_json_count(self._value, text("pointer", pointer)))

    def elements(self, pointer: str = "") -> Iterator[Json]:
        """The elements of an array."""
        array = self._of(JsonType.ARRAY, pointer)
        for index in range(array.count()):
            yield Json(self._owner, lib.personr_json_at(array._value, b"", index))

    def members(self, pointer: str = "") -> Iterator[tuple[str, Json]]:
        """The members of an object: names and values, in their order."""
        members = self._of(JsonType.OBJECT, pointer)
        for index in range(members.count()):
            name = ffi.string(lib.personr_json_name(members._value, b"", index)).decode()
            yield name, Json(self._owner, lib.personr_json_at(members._value, b"", index))

    def to_python(self, pointer: str = "") -> Any:
        """The value as json.loads() would give it: dict, list, str, int, float, bool or None."""
        value = self[pointer]
        kind = value.type()
        if kind == JsonType.OBJECT:
            return {name: member.to_python() for name, member in value.members()}
        if kind == JsonType.ARRAY:
            return [element.to_python() for element in value.elements()]
        if kind == JsonType.STRING:
            return value.string()
        if kind == JsonType.NUMBER:
            return _number(value.string())
        return value.boolean() if kind == JsonType.BOOLEAN else None

    def __repr__(self) -> str:
        # Nothing of what it says, which may be personal.
        kind = self.type()
        return f"<personr.Json, {kind.name.lower() if isinstance(kind, JsonType) else kind}>"

    def _of(self, kind: JsonType, pointer: str) -> Json:
        value = self[pointer]
        if value.type() != kind:
            raise _no_value("json-type")
        return value

    def _copied(self, function: Any, pointer: str, array: str, beyond: int) -> bytes:
        """What a function of C copies into a buffer, which needs so many bytes beyond what it tells."""
        encoded = text("pointer", pointer)
        capacity = 256
        while True:
            buffer = ffi.new(array, capacity)
            length = ffi.new("size_t *")
            error = ffi.new("personr_error **")
            status = function(self._value, encoded, buffer, capacity, length, error)
            if status == lib.PERSONR_OK:
                return bytes(ffi.buffer(buffer, length[0]))
            exception = failure(status, error)
            if status != lib.PERSONR_BUFFER_TOO_SMALL:
                raise exception
            capacity = length[0] + beyond


def _no_value(reason: str) -> NoValueError:
    is_missing = reason == "json-missing"
    exception = NoValueError("there is no such value" if is_missing else "the value is of another type")
    exception.status = Status.NO_VALUE
    exception.reason = reason
    return exception


def _number(source: str) -> int | float:
    # An int of any size, as json.loads() gives; Python limits its digits.
    if source.lstrip("-").isdigit():
        try:
            return int(source)
        except ValueError:
            pass
    return float(source)
