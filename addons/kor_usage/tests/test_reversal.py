from odoo.tests import TransactionCase, freeze_time, tagged

from .common import AGGREGATIONS, NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestReversal(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()

    def _refuse(self, event, part):
        answer = self._ingest(event)
        self._assert_counts(answer, 0, rejected=1)
        self.assertIn(part, answer["rejected"][0]["reason"])

    def test_reversal_takes_the_event_out_in_every_aggregation(self):
        for metric, aggregation in zip(self.metrics, AGGREGATIONS, strict=True):
            with self.subTest(aggregation):
                good = self._event(f"{aggregation}-1", 3, metric=metric.code, value="ann")
                bad = self._event(f"{aggregation}-2", 8, "2026-03-10T15:00:00Z", metric=metric.code, value="bob")
                self._ingest(good)
                before = self._read_rollups(self.contract, metric)
                self._ingest(bad)
                self.assertNotEqual(self._read_rollups(self.contract, metric), before)
                self._assert_counts(self._ingest(self._reversal(f"{aggregation}-r", f"{aggregation}-2")), 1)
                self.assertEqual(self._read_rollups(self.contract, metric), before)

    def test_event_and_its_reversal_may_come_in_one_batch_in_any_order(self):
        self._assert_counts(self._ingest(self._reversal("r", "1"), self._event("1", 4), self._event("2", 5)), 3)
        self.assertEqual(self._get_total(), 5)

    def test_reversal_counts_once(self):
        self._ingest(self._event("1", 4), self._event("2", 5))
        self._assert_counts(self._ingest(self._reversal("r", "1"), self._reversal("r", "1")), 1, 1)
        self._assert_counts(self._ingest(self._reversal("r", "1")), 0, 1)
        self._refuse(self._reversal("s", "1"), "reversed already")
        # The id of what was refused is not used up.
        self._assert_counts(self._ingest(self._reversal("s", "2")), 1)
        self.assertEqual(self._get_total(), 0)

    def test_two_reversals_of_one_event_in_one_batch(self):
        self._ingest(self._event("1", 4))
        self._assert_counts(self._ingest(self._reversal("r", "1"), self._reversal("s", "1")), 1, rejected=1)
        self.assertEqual(self._get_total(), 0)

    def test_reversal_counts_on_the_day_of_the_event(self):
        self._ingest(self._event("1", 4, "2026-03-10T12:00:00Z"))
        self._ingest(self._reversal("r", "1", time="2026-06-01T00:00:00Z", metric="test_sum", quantity=4))
        days = self.Rollup.search([("contract_id", "=", self.contract.id)])
        self.assertEqual([(str(day.day), day.total, day.events) for day in days], [("2026-03-10", 0, 0)])

    def test_wrong_reversals_are_refused(self):
        self._ingest(self._event("1", 4), self._event("2", 5))
        self._ingest(self._reversal("r", "2"))
        second = self._make_contract(self.customer)
        for event, part in (
            (self._reversal("x", "nothing"), "has not been counted"),
            (self._reversal("x", "1", contract=self.other_contract.id), "has not been counted"),
            (self._reversal("x", "1", contract=second.id), "another contract"),
            (self._reversal("x", "1", metric="test_max"), "counted as test_sum"),
            (self._reversal("x", "1", quantity=3), "as a whole"),
            (self._reversal("x", "r"), "reverses another one"),
            (self._reversal("x", ""), "reverses is missing"),
        ):
            with self.subTest(part):
                self._refuse(event, part)
        self.assertEqual(self._get_total(), 4)

    def test_reversed_id_stays_counted(self):
        self._ingest(self._event("1", 4))
        self._ingest(self._reversal("r", "1"))
        self._assert_counts(self._ingest(self._event("1", 4)), 0, 1)
        self.assertEqual(self._get_total(), 0)
