"""Which URLs are of one origin."""

from __future__ import annotations

import unittest

from personr._origin import origin


class Origins(unittest.TestCase):
    def test_the_same(self) -> None:
        for url in (
            "https://api.example",
            "HTTPS://API.Example./x?y",
            "https://api.example:443/",
            "https://u:p@api.example",
        ):
            self.assertEqual(origin(url), origin("https://api.example/wf"), url)
        self.assertEqual(origin("http://[::1]:80/"), origin("http://[::1]/"))

    def test_others(self) -> None:
        for url in (
            "http://api.example/",
            "http://api.example:443/",
            "https://api.example:8443/",
            "https://api.example.com/",
            "https://evil.example/?https://api.example/",
            "https://api.example@evil.example/",
            "https://evil.example#@api.example/",
            "api.example",
            "",
        ):
            self.assertNotEqual(origin(url), origin("https://api.example/wf"), url)
