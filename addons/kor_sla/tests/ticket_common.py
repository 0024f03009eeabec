from datetime import datetime

from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user

from odoo.addons.kor_contracts.tests.common import ContractCase


def utc(text):
    """Return a moment of 2 March 2026 from its hour, or any from its whole text."""
    return datetime.fromisoformat(text if len(text) > 8 else f"2026-03-02 {text}")


class TicketCase(ContractCase):
    """Bring a contract with support in office hours, an agent and two people of the customer.

    Support works Monday to Friday from 9 to 17 in Berlin, which is 8 to 16 UTC in winter.
    Medium: first answer in 60 minutes, the next ones in 120, solution in 240, in support hours.
    Urgent: 30, 60 and 120 minutes around the clock. The other priorities promise nothing.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls._create_calendar("Office")
        cls.level = cls.env["kor.support.level"].create(
            {"name": "Office", "code": "test_office", "calendar_id": cls.calendar.id}
        )
        cls.tier.support_level_id = cls.level
        cls.reason_customer = cls.env.ref("kor_sla.pause_reason_customer")
        cls.reason_other = cls.env.ref("kor_sla.pause_reason_third_party")
        cls.policy = cls._create_policy()
        cls.agent = new_test_user(
            cls.env, "test_agent", "base.group_user,kor_sla.group_kor_support_user", email="agent@company.example"
        )
        cls.ada, cls.ben = cls.env["res.partner"].create(
            [
                {"name": name, "parent_id": cls.customer.id, "email": f"{name.lower()}@harbour.example"}
                for name in ("Ada", "Ben")
            ]
        )
        cls.portal_user = new_test_user(
            cls.env, "test_ada", "base.group_portal", partner_id=cls.ada.id, name="Ada", email=cls.ada.email
        )
        cls.contract = cls._create_supported(cls.customer)

    @classmethod
    def _create_calendar(cls, name, tz="Europe/Berlin", hours=(9, 17)):
        return cls.env["resource.calendar"].create(
            {
                "name": name,
                "tz": tz,
                "attendance_ids": [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": hours[0],
                            "hour_to": hours[1],
                            "day_period": "full_day",
                        }
                    )
                    for day in range(5)
                ],
            }
        )

    @classmethod
    def _create_policy(cls):
        def target(priority, response, following, resolution, hours):
            return Command.create(
                {
                    "priority": priority,
                    "response_minutes": response,
                    "next_response_minutes": following,
                    "resolution_minutes": resolution,
                    "hours": hours,
                }
            )

        return cls.env["kor.sla.policy"].create(
            {
                "name": "Office",
                "tier_id": cls.tier.id,
                "uptime_target": 0,
                "penalty_mode": "none",
                "tz": "Europe/Berlin",
                "reopening_days": 14,
                "pause_reason_ids": [Command.set((cls.reason_customer | cls.reason_other).ids)],
                "target_ids": [target("1", 60, 120, 240, "support"), target("3", 30, 60, 120, "always")],
            }
        )

    @classmethod
    def _create_supported(cls, customer, **values):
        contract = cls.env["kor.contract"].create(
            {"partner_id": customer.id, "plan_id": cls.plan.id, "date_start": "2026-01-01", "tz": "Europe/Berlin"}
            | values
        )
        with freeze_time("2026-01-01 12:00:00"):
            contract.action_activate()
        return contract

    def _open(self, moment="09:00:00", contract=None, **values):
        """Open a ticket at a moment; in the name of Ada, of medium priority, by phone."""
        with freeze_time(utc(moment)):
            values = {"name": "Cannot log in", "requester": self.ada.id, "channel": "phone", **values}
            task_id = (contract or self.contract).with_user(self.agent).open_ticket(values)
            self.env.flush_all()
            return self.env["project.task"].browse(task_id)

    def _at(self, moment, ticket, method, *arguments):
        """Call a method of the ticket as the agent at a moment."""
        with freeze_time(utc(moment)):
            return getattr(ticket.with_user(self.agent), method)(*arguments)

    def _say(self, moment, ticket, author, **values):
        """Write a public message on the ticket at a moment."""
        values = {"body": "Hello", "message_type": "comment", "subtype_xmlid": "mail.mt_comment", **values}
        with freeze_time(utc(moment)):
            return ticket.with_user(self.agent).sudo().message_post(author_id=author.id, **values)

    def _get_clock(self, ticket, kind="resolution", number=1):
        return ticket.sla_clock_ids.filtered(lambda one: (one.kind, one.number) == (kind, number))

    def _get_kinds(self, ticket):
        return ticket.sla_event_ids.mapped("kind")

    def _watch(self, moment):
        """Run the job of the watch at a moment."""
        with freeze_time(utc(moment)), self.enter_registry_test_mode():
            self.env["kor.sla.clock"].flush_model()
            result = self.env.ref("kor_sla.ir_cron_watch_clocks").method_direct_trigger()
        self.env.invalidate_all()
        return result
