"""JSON documents. Most of what they must read is tested in the library itself."""

from __future__ import annotations

import json
import unittest

import personr

DOCUMENT = """
{"text": "Zoë \\u0000 \\"x\\"", "whole": 9007199254740993, "half": 1.5, "yes": true, "no": false, "nothing": null,
 "list": [1, [2, {"a/b": 3}], []], "empty": {}, "base64": "aGVsbG8=", "huge": 123456789012345678901234567890}
"""


class Documents(unittest.TestCase):
    def setUp(self) -> None:
        self.json = personr.Json.parse(DOCUMENT)

    def test_values_by_pointers(self) -> None:
        self.assertEqual(self.json.string("/text"), 'Zoë \0 "x"')
        self.assertEqual(self.json["/text"].string(), 'Zoë \0 "x"')
        self.assertEqual(self.json.integer("/whole"), 9007199254740993)
        self.assertEqual(self.json.number("/half"), 1.5)
        self.assertIs(self.json.boolean("/yes"), True)
        self.assertIs(self.json.boolean("/no"), False)
        self.assertEqual(self.json.string("/whole"), "9007199254740993")
        self.assertEqual(self.json.integer("/list/1/1/a~1b"), 3)
        self.assertEqual(self.json.decode_base64("/base64"), b"hello")
        self.assertEqual(self.json.source("/list"), '[1, [2, {"a/b": 3}], []]')
        self.assertEqual(self.json.type("/nothing"), personr.JsonType.NULL)
        self.assertEqual(self.json.count("/list"), 3)
        self.assertEqual([element.type() for element in self.json.elements("/list")], [3, 5, 5])
        self.assertEqual([name for name, _ in self.json.members()], list(json.loads(DOCUMENT)))

    def test_what_is_not_there(self) -> None:
        self.assertIn("/nothing", self.json)
        self.assertNotIn("/other", self.json)
        self.assertIsNone(self.json.get("/other"))
        for act in (
            lambda: self.json["/other"],
            lambda: self.json.string("/other"),
            lambda: self.json.to_python("/other"),
            lambda: self.json.integer("/other"),
            lambda: list(self.json.elements("/other")),
        ):
            with self.assertRaises(LookupError) as caught:
                act()
            assert isinstance(caught.exception, personr.NoValueError)
            self.assertEqual(caught.exception.reason, "json-missing")

    def test_what_is_of_another_type(self) -> None:
        for act in (
            lambda: self.json.string("/nothing"),
            lambda: self.json.string("/list"),
            lambda: self.json.integer("/text"),
            lambda: self.json.boolean("/whole"),
            lambda: self.json.decode_base64("/whole"),
            lambda: list(self.json.elements("")),
            lambda: list(self.json.members("/list")),
        ):
            with self.assertRaises(personr.NoValueError) as caught:
                act()
            self.assertEqual(caught.exception.reason, "json-type")

    def test_a_malformed_pointer_is_a_value_error(self) -> None:
        with self.assertRaises(ValueError):
            self.json.string("text")

    def test_to_python_is_what_the_json_module_gives(self) -> None:
        self.assertEqual(self.json.to_python(), json.loads(DOCUMENT))
        for text in ("1e3", "-0", "1e999", "[]", '""', "null", "[[[1,[]]],{}]", '"' + "x" * 5000 + '"', "1" * 5000):
            expected = float(text) if text.isdigit() else json.loads(text)
            value = personr.Json.parse(text).to_python()
            self.assertEqual((type(value), value), (type(expected), expected))

    def test_untidy_documents_are_read(self) -> None:
        self.assertEqual(personr.Json.parse(b'\xef\xbb\xbf{"a": [1,], "b": 2,}').to_python(), {"a": [1], "b": 2})
        odd = personr.Json.parse(memoryview(b'["\xff"]'))
        self.assertEqual((odd.to_python(), odd.source()), (["\ufffd"], '["\ufffd"]'))

    def test_what_is_no_json_says_where(self) -> None:
        with self.assertRaises(personr.ProtocolError) as caught:
            personr.Json.parse("{secret")
        self.assertEqual(caught.exception.reason, "json")
        self.assertNotIn("secret", str(caught.exception))

    def test_a_part_keeps_its_document(self) -> None:
        part = personr.Json.parse(DOCUMENT)["/list/1"]
        del self.json
        self.assertEqual(part.to_python(), [2, {"a/b": 3}])
