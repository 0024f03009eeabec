from datetime import date, datetime

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.kor_contracts.tests.common import ContractCase

SIGNED = "2026-04-01"
NOON = "2026-04-01 12:00:00"
# key, step, working days, what it waits for, more values. As in the tests of the engine, with what only models know.
TASKS = (
    ("account", "account_setup", 1, (), {}),
    ("login", "account_setup", 2, ("account",), {"kor_owner": "customer", "kor_observation": "login"}),
    ("kickoff", "configuration", 1, (), {"kor_offset": 2}),
    ("workshop", "configuration", 3, ("login", "kickoff"), {"kor_signoff": True}),
    ("webinar", "training", 1, ("login",), {}),
    ("key", "integration", 1, ("login",), {"kor_owner": "customer", "kor_observation": "api_key"}),
    ("build", "integration", 2, ("key",), {}),
    ("live", "go_live", 1, ("workshop", "webinar", "build"), {"kor_is_go_live": True}),
    ("use", "go_live", 2, ("live",), {"kor_lag": 1, "kor_observation": "usage"}),
)


class OnboardingCase(ContractCase):
    """Bring a calendar with Easter 2026 closed, a template on a native project, and people.

    Only contracts with the feature Coffee have an integration, which the test tier has not.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.kor_onboarding_auto = False
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Weekdays",
                "tz": "UTC",
                "company_id": cls.company.id,
                "attendance_ids": [Command.clear()]
                + [
                    Command.create({"name": str(day), "dayofweek": str(day), "hour_from": 9, "hour_to": 17})
                    for day in range(5)
                ],
            }
        )
        cls.company.resource_calendar_id = cls.calendar
        cls.env["resource.calendar.leaves"].search([("resource_id", "=", False)]).unlink()
        for day in (date(2026, 4, 3), date(2026, 4, 6)):
            cls._close(day)
        cls.tea, cls.coffee = cls.env["kor.feature"].search(
            [("code", "in", ("test_tea", "test_coffee"))], order="code desc"
        )
        cls.manager = new_test_user(
            cls.env, "onb_manager", "kor_onboarding.group_kor_onboarding_user", email="manager@example.com"
        )
        cls.trainer = new_test_user(cls.env, "onb_trainer", "kor_onboarding.group_kor_onboarding_user")
        cls.role = cls.env["project.role"].create({"name": "Test trainer"})
        cls.template = cls._create_template()
        cls.customer.email = "harbour@example.com"

    @classmethod
    def _close(cls, day, **values):
        start = datetime.combine(day, datetime.min.time())
        return cls.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "calendar_id": cls.calendar.id,
                "company_id": cls.company.id,
                "date_from": start,
                "date_to": start.replace(hour=23, minute=59, second=59),
                **values,
            }
        )

    @classmethod
    def _create_template(cls):
        project = cls.env["project.project"].create(
            {"name": "Test onboarding", "is_template": True, "allow_task_dependencies": True, "user_id": False}
        )
        cls.template_tasks = {}
        for number, (key, step, days, needs, values) in enumerate(TASKS):
            cls.template_tasks[key] = cls.env["project.task"].create(
                {
                    "name": key,
                    "project_id": project.id,
                    "sequence": number,
                    "kor_step": step,
                    "kor_duration": days,
                    "user_ids": False,
                    "depend_on_ids": [Command.set([cls.template_tasks[need].id for need in needs])],
                    **values,
                }
            )
        cls.template_tasks["webinar"].role_ids = cls.role
        for key in ("key", "build"):
            cls.template_tasks[key].write({"kor_condition": "feature", "kor_feature_id": cls.coffee.id})
        return cls.env["kor.onboarding.template"].create(
            {
                "name": "Test",
                "tier_ids": [Command.set(cls.tier.ids)],
                "project_id": project.id,
                "role_ids": [Command.create({"role_id": cls.role.id, "user_ids": [Command.set(cls.trainer.ids)]})],
            }
        )

    @classmethod
    def _sign(cls, with_integration=False, **values):
        """Return a contract that is signed on the first of April, a Wednesday."""
        contract = cls._create_contract({}, date_start="2026-04-01", account_manager_id=cls.manager.id, **values)
        features = cls.tea | (cls.coffee if with_integration else cls.coffee.browse())
        contract.feature_ids = features
        contract.action_activate()
        return contract

    @classmethod
    def _onboard(cls, contract=None, **values):
        contract = contract or cls._sign(**values)
        return cls.env["kor.onboarding"].browse(contract.start_onboarding())

    @classmethod
    def _task(cls, onboarding, name):
        return onboarding.task_ids.filtered(lambda task: task.name == name)

    @classmethod
    def _step(cls, onboarding, kind):
        return onboarding.step_ids.filtered(lambda step: step.kind == kind)

    def _finish(self, onboarding, *names):
        for name in names:
            self._task(onboarding, name).write({"state": "1_done"})

    @staticmethod
    def _april(day):
        return date(2026, 4, day)

    def _get_days(self, onboarding):
        """Return first and last expected day of each task, as days of April."""
        return {
            task.name: (task.kor_date_start.day, task.kor_date_end.day)
            for task in onboarding.task_ids
            if task.kor_date_start.month == 4
        }

    @classmethod
    def _create_portal_user(cls, customer, login):
        user = new_test_user(cls.env, login, groups="base.group_portal", password=f"{login}-{login}")
        user.partner_id.parent_id = customer
        return user

    def _report_use(self, contract, day):
        self.env["kor.usage.rollup"].sudo().create(
            {
                "contract_id": contract.id,
                "partner_id": contract.partner_id.id,
                "company_id": contract.company_id.id,
                "metric_id": self.seats.id,
                "day": day,
                "total": 3,
                "events": 3,
            }
        )


def today():
    return fields.Date.today()
