from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..engine.intake import IntakeError, dimension_of, read_report

PLAIN = {"id": "e1", "contract": "C1", "metric": "api_calls", "time": "2026-03-01T12:00:00+02:00", "quantity": 2.5}
CLOUD = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/meter",
    "type": "api_calls",
    "subject": "C1",
    "time": PLAIN["time"],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@tagged("post_install", "-at_install", "kor_engine")
class TestIntake(BaseCase):
    def test_plain_and_cloud_events_say_the_same(self):
        wanted = read_report(PLAIN)
        self.assertEqual(wanted.time, datetime(2026, 3, 1, 10, tzinfo=UTC))
        self.assertEqual(wanted.quantity, Decimal("2.5"))
        data = {"contract": "C1", "metric": "api_calls", "quantity": 2.5}
        for label, event in (
            ("all in the data", {**CLOUD, "type": "x", "subject": "y", "data": data}),
            ("type and subject", {**CLOUD, "data": {"quantity": 2.5}}),
            ("base64", {**CLOUD, "data_base64": "eyJxdWFudGl0eSI6IDIuNX0="}),
        ):
            with self.subTest(label):
                self.assertEqual(read_report(event), wanted)

    def test_other_data_of_a_cloud_event_become_properties(self):
        report = read_report({**CLOUD, "data": {"quantity": 1, "region": "eu"}})
        self.assertEqual(report.properties, {"region": "eu"})

    def test_quantity_keeps_every_digit(self):
        for value, wanted in ((0.1, "0.1"), ("12.345678901234567890", "12.345678901234567890"), (10**20, "1E20")):
            with self.subTest(value=value):
                self.assertEqual(read_report({**PLAIN, "quantity": value}).quantity, Decimal(wanted))

    @settings(max_examples=300, deadline=None)
    @given(
        st.one_of(
            JSON,
            st.fixed_dictionaries(
                {}, optional=dict.fromkeys((*PLAIN, "value", "properties", "reverses", "specversion", "data"), JSON)
            ),
        )
    )
    def test_any_json_is_read_or_refused_with_a_sentence(self, event):
        try:
            report = read_report(event)
        except IntakeError as error:
            self.assertRegex(str(error), r"\.$")
        else:
            self.assertTrue(report.key)

    def test_dimensions_are_canonical(self):
        keys = ("region", "model")
        for properties, wanted in (
            ({"model": "m", "region": "eu", "other": 1}, '{"model":"m","region":"eu"}'),
            ({"region": "é"}, '{"region":"é"}'),
            ({"region": None}, "{}"),
            ({}, "{}"),
        ):
            with self.subTest(wanted):
                self.assertEqual(dimension_of(properties, keys), wanted)
        self.assertEqual(dimension_of({"region": "eu"}, ()), "")
        with self.assertRaisesRegex(IntakeError, "give a text or a number"):
            dimension_of({"region": ["eu"]}, keys)
