from datetime import date
from decimal import Decimal

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .infrastructure_common import InfrastructureCase


@tagged("post_install", "-at_install")
class TestInfrastructure(InfrastructureCase):
    def test_what_runs_at_the_customers_needs_the_feature(self):
        professional = self._create_contract(
            self._create_customer("Small"), self.env.ref("kor_enterprise_tiers.tier_professional")
        )
        for deployment, is_refused in (
            ("dedicated", False),
            ("private_cloud", False),
            ("hybrid", True),
            ("on_premises", True),
        ):
            with self.subTest(deployment):
                self._create_infrastructure(deployment=deployment)
                if is_refused:
                    with self.assertRaisesRegex(UserError, "needs “On-premises deployment”.*Professional"):
                        self._create_infrastructure(contract_id=professional.id, deployment=deployment)
                else:
                    self._create_infrastructure(contract_id=professional.id, deployment=deployment)
        ours = self._create_infrastructure(contract_id=professional.id)
        with self.assertRaisesRegex(UserError, "higher tier"):
            ours.deployment = "on_premises"

    def test_states_follow_each_other_with_reasons(self):
        infrastructure = self._create_infrastructure()
        for state, reason, expected in (
            ("planned", "", "use one of"),
            (["running"], "", "use one of"),
            ("degraded", "x", "is “Planned” and cannot become “Degraded”"),
            ("provisioning", "", None),
            ("running", "", None),
            ("down", "", "Say why it is “Down”"),
            ("down", "  ", "Say why it is “Down”"),
            ("down", 5, "must be text"),
            ("down", "x" * 501, "must be text"),
            ("down", "Power is off", None),
            ("provisioning", "", "It can become: Running, Degraded, Retired"),
            ("running", None, None),
            ("retired", "Moved", None),
            ("running", "", "nothing else"),
        ):
            with self.subTest(state=state, reason=reason):
                if expected:
                    with self.assertRaisesRegex(UserError, expected):
                        infrastructure.set_state(state, reason)
                else:
                    self.assertEqual(infrastructure.set_state(state, reason), state)
                    self.assertEqual(infrastructure.state_reason or "", reason or "")
        self.assertTrue(infrastructure.date_end)

    def test_what_is_measured_is_not_written_by_hand(self):
        check = self._create_check(kind="heartbeat")
        for record, values in (
            (self.infrastructure, {"state": "down"}),
            (self.infrastructure, {"key_hash": "0"}),
            (self.infrastructure, {"monitor_id": False}),
            (self.storage, {"used": 5}),
            (check, {"is_down": True}),
            (check, {"date_next": "2026-01-01 00:00:00"}),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(AccessError, "not written"):
                record.with_user(self.manager).write(values)
        records = self.env["kor.infrastructure"].with_user(self.manager)
        values = {"name": "Forged", "contract_id": self.contract.id}
        with self.assertRaisesRegex(AccessError, "not written"):
            records.create({**values, "state": "running"})
        # Nor as a default that a caller sends along.
        made = records.with_context(default_state="running", default_key_hint="…9").create(values)
        self.assertEqual((made.state, made.key_hint), ("planned", False))

    def test_facts_stay_as_they_were_noted(self):
        self.storage.unit_cost = 0.1
        for fact in (self.storage.capacity_ids, self.storage.cost_ids):
            self.assertEqual(len(fact), 1)
            with self.assertRaisesRegex(UserError, "stays as it is"):
                fact.write({"date_from": "2026-01-01"})
            with self.assertRaisesRegex(UserError, "not deleted"):
                fact.unlink()

    def test_used_infrastructure_stays(self):
        with self.assertRaisesRegex(ValidationError, "retire it"):
            self.infrastructure.unlink()
        with self.assertRaisesRegex(ValidationError, "stays with contract"):
            self.infrastructure.contract_id = self._create_contract(self.customer)
        planned = self._create_infrastructure(resource_ids=[Command.create({"allocated": 3, "unit_cost": 5})])
        planned.unlink()
        self.assertFalse(planned.exists())

    def test_impossible_values_are_refused_with_a_sentence(self):
        other = self._create_customer("Other")
        for label, act, part in (
            ("foreign contact", lambda: self._create_infrastructure(contact_id=other.id), "no contact of Harbour"),
            ("negative quantity", lambda: self.storage.write({"allocated": -1}), "0 or more"),
            ("negative cost", lambda: self.storage.write({"unit_cost": -1}), "0 or more"),
            ("threshold", lambda: self.storage.write({"warn_percent": -5}), "from 0 to 1,000"),
            ("words as a quantity", lambda: self.storage.write({"allocated": "much"}), "must be a number"),
            ("odd kind", lambda: self.storage.write({"kind": "gpu"}), "use one of"),
            ("odd deployment", lambda: self._create_infrastructure(deployment="moon"), "use one of"),
            ("no code", lambda: self.storage.write({"code": " "}), "code of a resource"),
            (
                "service of others",
                lambda: self.infrastructure.write(
                    {"service_id": self.env["kor.sla.service"].create({"name": "X", "code": "x_others"}).id}
                ),
                "does not rest on the service",
            ),
        ):
            with self.subTest(label), self.assertRaisesRegex((UserError, ValidationError), part):
                act()

    def test_quantities_hold_from_their_day_and_the_history_stays(self):
        with freeze_time("2026-03-10 12:00:00"):
            storage = self._create_infrastructure(
                resource_ids=[Command.create({"kind": "storage", "contracted": 100, "allocated": 50})]
            ).resource_ids
            self.env["kor.infrastructure.capacity"].create(
                {"resource_id": storage.id, "date_from": "2026-03-20", "contracted": 200, "allocated": 150}
            )
            self.assertEqual((storage.contracted, storage.allocated), (100, 50))
            storage.allocated = 60
            storage.allocated = 60
            self.assertEqual(len(storage.capacity_ids), 3)
        with freeze_time("2026-03-20 03:00:00"):
            self.env["kor.infrastructure.resource"]._cron_follow_capacity()
            self.assertEqual((storage.contracted, storage.allocated), (200, 150))
            storage.active = False
            self.assertEqual((storage.contracted, storage.allocated), (0, 0))
            # Nothing is left over for the month after.
            self.assertFalse(storage.infrastructure_id._get_costs("2026-04-01", "2026-04-30"))

    def test_codes_follow_from_the_kind(self):
        resources = self._create_infrastructure(
            resource_ids=[
                Command.create({"kind": "vcpu"}),
                Command.create({"kind": "vcpu", "name": "GPU cores"}),
                Command.create({"kind": "vcpu", "code": "vcpu_2"}),
            ]
        ).resource_ids
        self.assertEqual(resources.mapped("code"), ["vcpu", "vcpu_3", "vcpu_2"])
        self.assertEqual(resources.mapped("name"), ["vCPU", "GPU cores", "vCPU"])
        self.assertEqual(resources.mapped("unit"), ["vCPU"] * 3)

    def _create_costs(self):
        """Return infrastructure of April 2026 with changes of quantity and of price."""
        infrastructure = self._create_infrastructure(
            resource_ids=[Command.create({"kind": "storage"}), Command.create({"kind": "server"})]
        )
        storage, servers = infrastructure.resource_ids
        self.env["kor.infrastructure.capacity"].create(
            [
                {"resource_id": storage.id, "date_from": "2026-04-01", "allocated": 100},
                {"resource_id": storage.id, "date_from": "2026-04-16", "allocated": 200},
                {"resource_id": servers.id, "date_from": "2026-03-30", "allocated": 1},
                {"resource_id": servers.id, "date_from": "2026-03-30", "allocated": 2},
            ]
        )
        self.env["kor.infrastructure.cost"].create(
            [
                {"resource_id": storage.id, "date_from": "2026-01-01", "unit_cost": 0.3},
                {"resource_id": servers.id, "date_from": "2026-01-01", "unit_cost": 310},
                {"resource_id": servers.id, "date_from": "2026-05-01", "unit_cost": 400},
            ]
        )
        return infrastructure

    def test_costs_by_month_for_many_infrastructures(self):
        first, second = self._create_costs(), self._create_costs()
        storage, servers = first.resource_ids
        costs = (first | second)._get_costs("2026-03-01", "2026-04-30")
        self.assertEqual(
            [
                (one["resource_id"], one["month"], one["days"], one["quantity"], one["amount"])
                for one in costs
                if one["infrastructure_id"] == first.id
            ],
            [
                # 100 × 0.30 × 15/30, 200 × 0.30 × 15/30
                (storage.id, date(2026, 4, 1), 15, 100, Decimal("15.00")),
                (storage.id, date(2026, 4, 1), 15, 200, Decimal("30.00")),
                # 2 × 310 × 2/31, and a whole month
                (servers.id, date(2026, 3, 1), 2, 2, Decimal("40.00")),
                (servers.id, date(2026, 4, 1), 30, 2, Decimal("620.00")),
            ],
        )
        self.assertEqual(sum(one["amount"] for one in costs), 2 * Decimal("705.00"))
        self.assertEqual({one["contract_id"] for one in costs}, {self.contract.id})
        self.assertEqual({one["currency_id"] for one in costs}, {self.env.company.currency_id.id})
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            (first | second)._get_costs("2026-03-01", "2026-04-30")
        with self.assertRaisesRegex(UserError, "first to a last day"):
            first._get_costs("2026-04-02", "2026-04-01")

    @freeze_time("2026-05-20 12:00:00")
    def test_the_report_shows_what_the_engine_computes(self):
        infrastructure = self._create_costs()
        infrastructure._as_engine().write({"date_end": "2026-05-10"})
        report = self.env["kor.infrastructure.cost.report"]
        shown = {
            (resource.id, month): round(amount, 2)
            for resource, month, amount in report._read_group(
                [("infrastructure_id", "=", infrastructure.id)], ["resource_id", "month:month"], ["amount:sum"]
            )
        }
        computed = {}
        for one in infrastructure._get_costs("2026-01-01", "2026-05-20"):
            key = one["resource_id"], one["month"]
            computed[key] = round(computed.get(key, 0) + float(one["amount"]), 2)
        self.assertEqual(shown, computed)
        self.assertEqual(len(shown), 5)

    def test_warnings_once_for_each_episode(self):
        self.infrastructure.write({"is_customer_warned": True, "contact_id": self.ada.id})
        mine = [("recipient_ids", "=", self.ada.id)]
        moments = iter(f"2026-03-01T{hour:02}:00:00Z" for hour in range(24))
        with freeze_time("2026-03-02 12:00:00"):
            for used, kinds, mails in (
                (790, [], 0),
                (800, ["warning"], 1),
                (950, ["warning"], 1),
                (1000, ["full", "warning"], 2),
                (900, ["warning"], 2),
                (100, [], 2),
                (850, ["warning"], 3),
            ):
                with self.subTest(used=used):
                    self.infrastructure.push_readings([{"resource": "storage", "used": used, "time": next(moments)}])
                    running = self.storage.warning_ids.filtered("is_running")
                    self.assertEqual(sorted(running.mapped("kind")), kinds)
                    self.assertEqual(len(self._get_activities()), len(kinds))
                    self.assertEqual(self.env["mail.mail"].search_count(mine), mails)
        self.assertEqual(self._get_activities().user_id, self.user)
        self.assertIn("850 of 1,000 GB", self._get_activities().summary)
        self.assertEqual(self.infrastructure.warning_count, 1)

    def test_more_than_contracted_is_told_and_over(self):
        self.memory.allocated = 128
        self.assertEqual(self.memory.warning_ids.mapped("kind"), ["over_contracted"])
        self.assertIn("128 GB are allocated, 64 are contracted", self._get_activities().summary)
        self.memory.contracted = 128
        self.assertFalse(self._get_activities())
        self.assertTrue(self.memory.warning_ids.date_end)

    def test_what_is_planned_is_warned_of_when_it_is_set_up(self):
        infrastructure = self._create_infrastructure(
            user_id=self.env.uid, resource_ids=[Command.create({"contracted": 1, "allocated": 2})]
        )
        self.assertFalse(infrastructure.warning_ids)
        infrastructure.action_provision()
        self.assertEqual(infrastructure.warning_count, 1)
        infrastructure.set_state("retired", "Never used")
        infrastructure.invalidate_recordset(["warning_count"])
        self.assertEqual((infrastructure.warning_count, len(self._get_activities(infrastructure))), (0, 0))

    def test_maintenance_of_machines_is_a_window_of_the_service(self):
        self._create_check(kind="heartbeat")
        equipment = self.env["maintenance.equipment"].create({"name": "Host 7"})
        self.storage.equipment_ids = equipment
        request = self.env["maintenance.request"].create(
            {"name": "New disks", "equipment_id": equipment.id, "schedule_date": "2030-01-05 10:00:00"}
        )
        self.assertEqual((self.infrastructure.equipment_count, self.infrastructure.request_count), (1, 1))
        self.assertFalse(request.kor_outage_ids)
        request.kor_is_window = True
        outage = request.kor_outage_ids
        self.assertEqual(
            (outage.state, outage.service_id, str(outage.date_start), str(outage.date_end), outage.is_excluded),
            ("maintenance", self.infrastructure.service_id, "2030-01-05 10:00:00", "2030-01-05 11:00:00", False),
        )
        request.write({"schedule_date": "2030-01-06 10:00:00", "schedule_end": "2030-01-06 13:00:00"})
        self.assertEqual((request.kor_outage_ids, str(outage.date_end)), (outage, "2030-01-06 13:00:00"))
        request.archive_equipment_request()
        self.assertTrue(outage.is_excluded)
        request.reset_equipment_request()
        self.assertFalse(outage.is_excluded)
        self.assertEqual(request.kor_outage_ids, outage)
