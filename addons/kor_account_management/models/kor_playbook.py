from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .kor_signal import SIGNALS


class KorPlaybook(models.Model):
    """Which plan of activities starts when a signal comes."""

    _name = "kor.playbook"
    _inherit = ["kor.input.mixin"]
    _description = "Playbook"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(SIGNALS, string="Starts on", required=True)
    tier_ids = fields.Many2many("kor.tier", string="Tiers", help="Empty: for all.")
    plan_id = fields.Many2one(
        "mail.activity.plan",
        string="Activity Plan",
        required=True,
        ondelete="restrict",
        domain="[('res_model', '=', 'kor.account')]",
        help="Its activities are made on the account, for the account manager unless the plan names somebody.",
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    pause_days = fields.Integer(
        string="Pause (days)",
        default=30,
        help="It starts again on the same account after so many days at the earliest.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    run_ids = fields.One2many("kor.playbook.run", "playbook_id", string="Starts")
    run_count = fields.Integer(string="Started", compute="_compute_run_count")

    _pause_not_negative = models.Constraint("CHECK (pause_days >= 0)", "A pause is 0 days or more.")

    def _compute_run_count(self):
        groups = self.env["kor.playbook.run"]._read_group(
            [("playbook_id", "in", self.ids)], ["playbook_id"], ["__count"]
        )
        counts = dict(groups)
        for playbook in self:
            playbook.run_count = counts.get(playbook, 0)

    @api.constrains("plan_id", "company_id")
    def _check_plan(self):
        for playbook in self:
            plan = playbook.plan_id
            if plan.res_model != "kor.account":
                raise ValidationError(
                    self.env._("The plan “%(plan)s” is not for accounts. Choose one that is.", plan=plan.name)
                )
            if plan.company_id and plan.company_id != playbook.company_id:
                raise ValidationError(
                    self.env._(
                        "The plan “%(plan)s” is of %(company)s only: choose that company for the playbook too.",
                        plan=plan.name,
                        company=plan.company_id.name,
                    )
                )

    @api.model
    def _start(self, accounts):
        """Start the playbooks of the signals that accounts have: once on each signal, and not again in the pause.

        :return: the starts
        """
        self.env.flush_all()
        rows = self.env.execute_query(self._select_due(accounts))
        runs_sudo = self.env["kor.playbook.run"].sudo()  # starts are facts, nobody has the right to write them by hand
        runs = runs_sudo.create([{"playbook_id": playbook, "signal_id": signal} for playbook, signal, _user in rows])
        users = [user for _playbook, _signal, user in rows]
        grouped = {}
        for run, user in zip(runs, users, strict=True):
            key = (run.playbook_id.plan_id, run.account_id.company_id, user)
            grouped.setdefault(key, self.env["kor.account"])
            grouped[key] |= run.account_id
        for (plan, _company, user), group in grouped.items():
            group._start_activity_plan(plan, self.env["res.users"].browse(user))
        return runs

    @api.model
    def _select_due(self, accounts):
        """Return the query of playbooks and signals that have not met yet, and whose activities these will be.

        One of an account without a manager or team leader waits: nobody would see its activities.
        """
        return SQL(
            """
            SELECT DISTINCT ON (b.id, a.id) b.id, s.id, COALESCE(a.user_id, t.user_id)
              FROM kor_signal s
              JOIN kor_account a ON a.id = s.account_id AND a.active
              LEFT JOIN crm_team t ON t.id = a.team_id
              JOIN kor_playbook b ON b.kind = s.kind AND b.active AND b.create_date <= s.create_date
                                 AND (b.company_id IS NULL OR b.company_id = a.company_id)
             WHERE s.account_id = ANY(%(ids)s) AND s.date_over IS NULL AND s.state IN ('new', 'converted')
               AND COALESCE(a.user_id, t.user_id) IS NOT NULL
               AND (NOT EXISTS (SELECT FROM kor_playbook_kor_tier_rel r WHERE r.kor_playbook_id = b.id)
                    OR EXISTS (SELECT FROM kor_playbook_kor_tier_rel r
                                WHERE r.kor_playbook_id = b.id AND r.kor_tier_id = a.tier_id))
               AND NOT EXISTS (
                   SELECT FROM kor_playbook_run x
                    WHERE x.playbook_id = b.id AND x.account_id = a.id
                      AND (x.signal_id = s.id OR x.date > %(now)s::timestamp - make_interval(days => b.pause_days)))
             ORDER BY b.id, a.id, s.date, s.id
            """,
            ids=accounts.ids,
            now=fields.Datetime.now(),
        )

    def action_open_runs(self):
        """Open where and when the playbook was started.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_account_management.kor_playbook_run_action")
        return {**action, "domain": [("playbook_id", "=", self.id)], "context": {}}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        if self.run_ids:
            raise UserError(self.env._("A playbook that was started is kept. Archive it instead."))
