from datetime import date, datetime, timedelta

from odoo.fields import Command
from odoo.tests import TransactionCase, freeze_time, tagged

from .uptime_common import UptimeCase

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)


@tagged("post_install", "-at_install")
@freeze_time("2026-08-01 00:00:00")
class TestUptimeBatch(UptimeCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_uptime()
        cls.calendar = cls.env.ref("resource.resource_calendar_std")
        cls.contracts = cls.env["kor.contract"]
        for number in range(100):
            terms = {"uptime_calendar_id": cls.calendar.id} if number % 2 else {}
            cls.contracts |= cls._make_contract(cls.customer, terms=terms)
        cls.services = cls.env["kor.sla.service"].create(
            [
                {
                    "name": f"S{number}",
                    "code": f"test_s{number}",
                    "contract_ids": [Command.set(cls.contracts[number::10].ids)],
                }
                for number in range(10)
            ]
        )
        cls._make_outages(datetime(2026, 1, 5))

    @classmethod
    def _make_outages(cls, start):
        cls.env["kor.sla.outage"].create(
            [
                {
                    "name": "x",
                    "service_id": service.id,
                    "date_start": start + timedelta(hours=37 * number),
                    "date_end": start + timedelta(hours=37 * number, minutes=11 * (number % 7 + 1)),
                    "contract_ids": [Command.set(cls.contracts[:1].ids)] if number == 3 else [],
                }
                for service in cls.services
                for number in range(20)
            ]
        )

    def _count_queries(self, contracts):
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        before = self.env.cr.sql_log_count
        contracts._measure_availability(FIRST, LAST)
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_contracts(self):
        self._count_queries(self.contracts[:2])
        few, many = self._count_queries(self.contracts[:2]), self._count_queries(self.contracts)
        self.assertLessEqual(many, few + 2)
        self.assertLess(many, 40)

    def test_hundred_contracts_take_a_bounded_number_of_queries(self):
        self._count_queries(self.contracts)
        self.env.invalidate_all()
        with self.assertQueryCount(40):
            self.contracts._measure_availability(FIRST, LAST)

    def test_together_and_one_by_one_are_the_same(self):
        together = self.contracts._measure_availability(FIRST, LAST)
        for contract in self.contracts[::17]:
            whole, parts = contract._measure_availability(FIRST, LAST)[contract]
            self.assertEqual(together[contract][0], whole)
            self.assertEqual(len(parts), 6)
            self.assertEqual(sum(part.availability.down for part in parts), whole.down)
        self.assertEqual(len({together[contract][0].down for contract in self.contracts[:2]}), 2)

    def test_running_again_gives_the_same(self):
        self.assertEqual(
            self.contracts[:5]._measure_availability(FIRST, LAST), self.contracts[:5]._measure_availability(FIRST, LAST)
        )
