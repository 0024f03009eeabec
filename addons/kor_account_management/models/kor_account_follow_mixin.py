from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from .kor_account_refresh_mixin import CHUNK

# Whether another tier would be cheaper is computed from all use of a contract: once in a week is enough.
ADVICE_DAYS = 7
ADVICE_CHUNK = 20


class KorAccountFollowMixin(models.AbstractModel):
    """Follow accounts day by day: signals, playbooks, renewals, surveys. Done again, nothing is there twice."""

    _name = "kor.account.follow.mixin"
    _description = "Following of Accounts"

    date_followed = fields.Date(readonly=True, help="The last day on which signals and renewals were looked at.")
    date_advised = fields.Date(readonly=True, help="The last day on which tiers were compared.")

    @api.model
    def _cron_follow(self, chunk=CHUNK):
        """Look at signals and renewals of all accounts at which that has not been done today."""
        cron = self.env["ir.cron"]
        self.env["kor.signal"]._end_of_left()
        self.env["kor.renewal"]._note_outcomes()
        pending = self._find_unfollowed("date_followed", 1)
        cron._commit_progress(remaining=len(pending))
        for batch in split_every(chunk, pending, list):
            self.browse(batch)._follow()
            if not cron._commit_progress(len(batch)):
                return
            self.env.invalidate_all()

    def _follow(self):
        """Bring what follows from the facts of today up to date, for all of the accounts together."""
        self.env["kor.renewal"]._refresh(self)
        self.env["kor.signal"]._detect(self)
        self.env["kor.playbook"]._start(self)
        self._send_due_surveys()
        self._mark_done("date_followed")

    @api.model
    def _cron_advise(self, chunk=ADVICE_CHUNK):
        """Compare tiers for contracts that pay by use or number, each once in a week."""
        cron = self.env["ir.cron"]
        pending = self._find_unfollowed("date_advised", ADVICE_DAYS)
        cron._commit_progress(remaining=len(pending))
        for batch in split_every(chunk, pending, list):
            self.browse(batch)._advise()
            if not cron._commit_progress(len(batch)):
                return
            self.env.invalidate_all()

    def _advise(self):
        signals = self.env["kor.signal"]
        signals._settle(self, ("tier_cheaper",), self._find_cheaper_tiers())
        self.env["kor.playbook"]._start(self)
        self._mark_done("date_advised")

    def _find_cheaper_tiers(self):
        """Return the advice on contracts as signals take it; the comparison of one reads its own use."""
        found = {}
        for contract in self._get_contracts().filtered(lambda one: one.state == "active"):
            try:
                advice = contract.tier_advice()
            except UserError:
                # Terms that cannot be priced are a matter of billing, which says so.
                continue
            if advice["cheaper"]:
                account = self.filtered(
                    lambda one, contract=contract: (
                        one.partner_id == contract.partner_id.commercial_partner_id
                        and one.company_id == contract.company_id
                    )
                )
                facts = {name: advice[name] for name in advice if name != "lines"}
                found[account.id, contract.id, "tier_cheaper", "tier"] = facts
        return found

    def _get_contracts(self):
        """Return the running contracts of the accounts."""
        return self.env["kor.contract"].search(
            [
                ("partner_id.commercial_partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("state", "in", ("active", "paused")),
            ]
        )

    @api.model
    def _find_unfollowed(self, column, days):
        """Return the accounts at which nothing was looked for so many days, where their company is."""
        self.env.flush_all()
        today = self._get_company_days()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.id FROM kor_account a
                  JOIN unnest(%s::int[], %s::date[]) AS d(company_id, day) ON d.company_id = a.company_id
                 WHERE a.active AND (a.%s IS NULL OR a.%s <= d.day - %s) ORDER BY a.id
                """,
                list(today),
                list(today.values()),
                SQL.identifier(column),
                SQL.identifier(column),
                days,
            )
        )
        return [id_ for (id_,) in rows]

    def _mark_done(self, column):
        days = self._get_company_days()
        for day, accounts in self.grouped(lambda account: days[account.company_id.id]).items():
            self.env.cr.execute(
                SQL("UPDATE kor_account SET %s = %s WHERE id = ANY(%s)", SQL.identifier(column), day, accounts.ids)
            )
        self.invalidate_recordset([column])

    def _start_activity_plan(self, plan, user):
        """Start a native plan of activities on accounts of one company; it is said in their history."""
        # The plan is told of on the account: each of its activities needs no mail of its own.
        wizards = self.env["mail.activity.schedule"].with_context(mail_activity_quick_update=True)
        wizard = wizards.create(
            {
                "res_model": self._name,
                "res_ids": str(self.ids),
                "plan_id": plan.id,
                "plan_on_demand_user_id": user.id,
                "plan_date": fields.Date.today(),
            }
        )
        wizard.action_schedule_plan()

    def action_look_for_signals(self):
        """Look at signals and renewals now, without waiting for the daily job.

        :return: True
        """
        self.check_access("write")
        self.sudo()._follow()  # signals are made of use, tickets and clocks that not every manager may read
        return True
