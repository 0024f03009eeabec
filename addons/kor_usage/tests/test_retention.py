from odoo.tests import TransactionCase, freeze_time, tagged

from ..hooks import uninstall_hook
from .common import NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestRetention(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.old = "2026-03-10T12:00:00Z"
        for metric in cls.metrics:
            code = metric.code
            cls.Event.ingest(
                [
                    {"id": f"{code}-{day}", "contract": cls.contract.id, "metric": code, "time": time, "quantity": 6,
                     "value": "ann"}
                    for day, time in (("old", cls.old), ("new", "2026-06-14T12:00:00Z"))
                ]
            )  # fmt: skip

    def _drop(self, days=30):
        self.env.company.kor_usage_retention_days = days
        while self.Event._gc_events()[1]:
            pass

    def _get_keys(self):
        return set(self.Event.search([("contract_id", "=", self.contract.id)]).mapped("event_key"))

    def test_old_events_go_and_what_they_add_up_to_stays(self):
        before = {metric: self._read_rollups(self.contract, metric) for metric in self.metrics}
        self._drop()
        self.assertEqual(self._get_keys(), {f"{metric.code}-new" for metric in self.metrics})
        for metric in self.metrics:
            self.assertEqual(self._read_rollups(self.contract, metric), before[metric])
        self.assertEqual(self.Event._gc_events(), (0, 0))

    def test_events_are_kept_where_no_retention_is_set(self):
        self._drop(days=0)
        self.assertEqual(len(self._get_keys()), 10)

    def test_id_of_a_dropped_event_counts_no_second_time(self):
        self._drop()
        self._assert_counts(self._ingest(self._event("test_sum-old", 6)), 0, 1)
        self.assertEqual(self._get_total(), 12)

    def test_late_event_is_added_to_a_condensed_day(self):
        self._drop()
        for code, highest, latest in (("test_sum", 0, 0), ("test_max", 9, 9), ("test_latest", 9, 9)):
            event = self._event(f"{code}-late", 9, "2026-03-10T13:00:00Z", code)
            with self.subTest(code):
                self._assert_counts(self._ingest(event), 1)
                metric = self.metrics.filtered(lambda one, code=code: one.code == code)
                numbers = next(iter(sorted(self._read_rollups(self.contract, metric).items())))[1]
                self.assertEqual(numbers[:4], (15, 2, highest, latest))

    def test_average_of_a_condensed_day_takes_no_late_event(self):
        self._drop()
        answer = self._ingest(self._event("late", 9, metric="test_time_weighted"), self._event("good", 1))
        self._assert_counts(answer, 1, rejected=1)
        self.assertIn("not kept any more", answer["rejected"][0]["reason"])

    def test_dropped_event_is_reversed_where_its_metric_adds_up(self):
        self._drop()
        answer = self._ingest(self._reversal("r0", "test_sum-old"))
        self.assertIn("give the quantity", answer["rejected"][0]["reason"])
        self._assert_counts(self._ingest(self._reversal("r1", "test_sum-old", quantity=6)), 1)
        self._assert_counts(self._ingest(self._reversal("r2", "test_sum-old", quantity=6)), 0, rejected=1)
        self.assertEqual(self._get_total(), 6)
        self._drop()
        self.assertEqual(self._get_total(), 6)

    def test_event_that_was_reversed_before_it_was_dropped_stays_so(self):
        self._assert_counts(self._ingest(self._reversal("r1", "test_sum-old")), 1)
        self._drop()
        answer = self._ingest(self._reversal("r2", "test_sum-old", quantity=6))
        self.assertIn("reversed already", answer["rejected"][0]["reason"])
        self._assert_counts(self._ingest(self._reversal("r1", "test_sum-old", quantity=6)), 0, 1)
        self.assertEqual(self._get_total(), 6)

    def test_dropped_and_new_ids_in_one_batch_are_told_apart(self):
        self._drop()
        self._assert_counts(self._ingest(self._event("test_sum-old", 6), self._event("another", 1)), 1, 1)
        self.assertEqual(self._get_total(), 13)
        self.assertNotIn("test_sum-old", self._get_keys())

    def test_dropped_event_of_a_level_cannot_be_reversed(self):
        self._drop()
        for metric in self.metrics - self.calls:
            with self.subTest(metric.code):
                answer = self._ingest(self._reversal("r", f"{metric.code}-old", quantity=6))
                self._assert_counts(answer, 0, rejected=1)
                self.assertIn("not kept any more", answer["rejected"][0]["reason"])

    def test_late_event_of_a_condensed_level_cannot_be_reversed(self):
        self._drop()
        self._ingest(self._event("late", 9, metric="test_max"))
        answer = self._ingest(self._reversal("r", "late"))
        self._assert_counts(answer, 0, rejected=1)

    def test_what_is_no_models_goes_with_the_add_on(self):
        uninstall_hook(self.env)
        self.env.cr.execute(
            "SELECT to_regclass('kor_usage_retention'), pg_get_serial_sequence('kor_usage_event', 'id')"
        )
        self.assertEqual(self.env.cr.fetchall(), [(None, "public.kor_usage_event_id_seq")])
