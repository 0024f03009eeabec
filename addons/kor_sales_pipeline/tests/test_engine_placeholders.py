from odoo.tests import BaseCase, tagged

from ..engine.fingerprint import fingerprint
from ..engine.placeholders import fill, find_unknown


@tagged("post_install", "-at_install", "kor_engine")
class TestPlaceholders(BaseCase):
    def test_only_known_names_are_filled(self):
        cases = {
            "Hello {{customer}}": "Hello Harbour",
            "Hello {{ customer }}!": "Hello Harbour!",
            "{{customer}}{{customer}}": "HarbourHarbour",
            "{{unknown}}": "{{unknown}}",
            "{{customer.name}}": "{{customer.name}}",
            "{{ 7*7 }}": "{{ 7*7 }}",
            "{customer}": "{customer}",
            "": "",
        }
        for text, expected in cases.items():
            with self.subTest(text):
                self.assertEqual(fill(text, {"customer": "Harbour"}), expected)

    def test_a_value_that_looks_like_a_placeholder_stays_text(self):
        self.assertEqual(fill("{{customer}}", {"customer": "{{seller}}", "seller": "secret"}), "{{seller}}")

    def test_unknown_names_are_found_once_in_their_order(self):
        self.assertEqual(find_unknown("{{b}} {{a}} {{b}} {{c}}", {"c"}), ["b", "a"])

    def test_fingerprint_depends_on_content_and_not_on_the_order_of_keys(self):
        self.assertEqual(fingerprint({"a": 1, "b": [1, 2]}), fingerprint({"b": [1, 2], "a": 1}))
        self.assertNotEqual(fingerprint({"a": 1}), fingerprint({"a": 1.01}))
        self.assertNotEqual(fingerprint([1, 2]), fingerprint([2, 1]))
