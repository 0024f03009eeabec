from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .kor_account_refresh_mixin import QUIET
from .kor_signal_detect_mixin import FOUND

SIGNALS = [
    ("limit_near", "A limit is near"),
    ("seats_full", "All seats are taken"),
    ("feature_asked", "A feature was asked for"),
    ("tier_cheaper", "The next tier would be cheaper"),
    ("usage_falls", "Usage falls"),
    ("at_risk", "Health at risk"),
    ("onboarding_late", "Onboarding is late"),
    ("sla_breached", "SLA breached"),
    ("renewal_due", "A renewal is due"),
]
UPSELL = ("limit_near", "seats_full", "feature_asked", "tier_cheaper")


class KorSignal(models.Model):
    """Something that calls for action on an account, noted once for as long as it goes on."""

    _name = "kor.signal"
    _inherit = [
        "kor.signal.detect.mixin",
        "kor.signal.words.mixin",
        "kor.signal.value.mixin",
        "kor.engine.fields.mixin",
        "kor.input.mixin",
        "mail.thread",
    ]
    _description = "Signal"
    _order = "date desc, id desc"
    _check_company_auto = True

    account_id = fields.Many2one("kor.account", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="account_id.partner_id", store=True)
    user_id = fields.Many2one(related="account_id.user_id", store=True, string="Account Manager")
    contract_id = fields.Many2one("kor.contract", readonly=True, index="btree_not_null", ondelete="cascade")
    kind = fields.Selection(SIGNALS, required=True, readonly=True, index=True)
    is_upsell = fields.Boolean(
        string="Could Sell More", compute="_compute_is_upsell", store=True, help="It can become an opportunity."
    )
    key = fields.Char(
        required=True, readonly=True, help="What tells the signal from others of its kind, such as a metric's code."
    )
    name = fields.Char(required=True, readonly=True)
    reason = fields.Text(readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    date_over = fields.Datetime(
        string="Over since", readonly=True, help="When it was no longer so. It can come again afterwards."
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(string="Worth a Year", readonly=True, help="What following it would bring in a year.")
    plan_id = fields.Many2one(
        "kor.plan", string="Plan to Offer", readonly=True, index="btree_not_null", ondelete="set null"
    )
    state = fields.Selection(
        [("new", "New"), ("converted", "Opportunity"), ("dismissed", "Dismissed"), ("over", "Over")],
        required=True,
        readonly=True,
        default="new",
        index=True,
        tracking=True,
        group_expand=True,
    )
    dismiss_reason = fields.Char(string="Dismissed because", tracking=True)
    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", readonly=True, index="btree_not_null", ondelete="set null"
    )
    run_ids = fields.One2many("kor.playbook.run", "signal_id", string="Playbooks", readonly=True)
    explanation = fields.Json(readonly=True)
    explanation_text = fields.Char(string="Computed", compute="_compute_explanation_text")

    _newest_idx = models.Index("(date DESC, id DESC)")
    _open_unique = models.UniqueIndex(
        "(account_id, COALESCE(contract_id, 0), kind, key) WHERE date_over IS NULL", "This signal is noted already."
    )

    @api.depends("kind")
    def _compute_is_upsell(self):
        for signal in self:
            signal.is_upsell = signal.kind in UPSELL

    @api.depends("explanation")
    @api.depends_context("lang")
    def _compute_explanation_text(self):
        for signal in self:
            signal.explanation_text = signal._explain()

    @api.model
    def _explain_engine_field(self, name):
        return self.env._("The daily job notes signals; the buttons on a signal make it an opportunity or dismiss it.")

    def _explain(self):
        """Return the arithmetic of the amount in a line, empty where there is none."""
        told = self.explanation or {}
        if "mrr_then" in told:
            return self.env._(
                "“%(plan)s” %(then)s − now %(now)s = %(more)s %(currency)s a month, × 12",
                plan=told["plan"],
                then=f"{told['mrr_then']:.2f}",
                now=f"{told['mrr_now']:.2f}",
                more=f"{told['mrr_then'] - told['mrr_now']:.2f}",
                currency=told["currency"],
            )
        if "extra" in told:
            return self.env._(
                "%(extra)s more: %(monthly)s %(currency)s a month, × 12",
                extra=f"{told['extra']:g}",
                monthly=f"{told['monthly']:.2f}",
                currency=told["currency"],
            )
        return told.get("reason", "")

    @api.model
    def _detect(self, accounts):
        """Note what is so now and was not, end what is no longer so; in as many queries for any number of accounts.

        :return: the new signals, each of which takes a few queries where its worth is computed
        """
        return self._settle(accounts, FOUND, self._find(accounts))

    @api.model
    def _settle(self, accounts, kinds, found):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT account_id, COALESCE(contract_id, 0), kind, key, id FROM kor_signal
                 WHERE account_id = ANY(%s) AND kind = ANY(%s) AND date_over IS NULL
                """,
                accounts.ids,
                list(kinds),
            )
        )
        noted = {tuple(row[:4]): row[4] for row in rows}
        self._end([id_ for key, id_ in noted.items() if key not in found])
        return self._note({key: facts for key, facts in found.items() if key not in noted})

    @api.model
    def _end(self, ids):
        """End signals: those that nobody has answered are over, those that somebody has stay as they are."""
        if ids:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE kor_signal SET date_over = %s, state = CASE state WHEN 'new' THEN 'over' ELSE state END
                     WHERE id = ANY(%s)
                    """,
                    fields.Datetime.now(),
                    ids,
                )
            )
            self.browse(ids).invalidate_recordset(["date_over", "state"])

    @api.model
    def _end_of_left(self):
        """End the signals of customers that have left."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.id FROM kor_signal s JOIN kor_account a ON a.id = s.account_id
                 WHERE s.date_over IS NULL AND NOT a.active
                """
            )
        )
        self._end([id_ for (id_,) in rows])

    @api.model
    def _note(self, found):
        if not found:
            return self
        names, plans, leads = self._get_names(), {}, self._find_open_leads(found)
        signals_sudo = self.sudo().with_context(**QUIET)  # nobody has the right to note signals by hand
        signals_sudo = signals_sudo.create(
            [self._prepare_values(key, facts, names, plans, leads) for key, facts in found.items()]
        )
        return signals_sudo.with_env(self.env)

    @api.model
    def _prepare_values(self, key, facts, names, plans, leads):
        account, contract_id, kind, own_key = key
        contract = self.env["kor.contract"].browse(contract_id or [])
        name, reason = self._describe(kind, facts, names)
        amount, plan, told = self._value(contract, kind, facts, plans)
        company = self.env["kor.account"].browse(account).company_id
        lead = leads.get(key)
        return {
            "account_id": account,
            "contract_id": contract_id or False,
            "kind": kind,
            "key": own_key,
            "name": name,
            "reason": reason,
            "currency_id": company.currency_id.id,
            "amount": self._to_company(contract, amount) if contract else 0,
            "plan_id": plan.id,
            "explanation": {**told, "facts": facts},
            # What is talked about already is no new reason to sell.
            **({"lead_id": lead, "state": "converted"} if lead else {}),
        }

    @api.model
    def _find_open_leads(self, found):
        """Return by signal the opportunity that came of an earlier one like it, and is still open."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.account_id, COALESCE(s.contract_id, 0), s.kind, s.key, max(l.id)
                  FROM kor_signal s
                  JOIN crm_lead l ON l.id = s.lead_id AND l.active AND l.date_closed IS NULL
                 WHERE s.account_id = ANY(%s)
                 GROUP BY s.account_id, COALESCE(s.contract_id, 0), s.kind, s.key
                """,
                list({key[0] for key in found}),
            )
        )
        return {tuple(row[:4]): row[4] for row in rows}

    def action_convert(self):
        """Make an opportunity of each of the signals, with what it would bring in a year.

        :return: a window action that shows them
        """
        self.check_access("write")
        self.lock_for_update()
        for signal in self:
            signal._check_can_convert()
        leads = self.env["crm.lead"]
        for offer, signals in self.grouped(lambda one: one._get_offer()).items():
            lead = signals._find_lead_of_offer(offer)
            if not lead:
                lead = leads.create(signals[0]._prepare_lead_values())
            signals.sudo().write({"lead_id": lead.id, "state": "converted"})  # who may convert writes no more of it
            for signal in signals:
                lead.message_post(
                    body=self.env._(
                        "From the signal “%(signal)s”. %(reason)s", signal=signal.name, reason=signal.reason or ""
                    )
                )
            leads |= lead
        return self._open_leads(leads)

    def _get_offer(self):
        """Return what the signal would sell: two limits that the same plan raises are one sale."""
        return (self.contract_id, self.plan_id) if self.plan_id else (self, self.plan_id)

    def _find_lead_of_offer(self, offer):
        """Return the open opportunity that came of another signal with the same plan for the same contract."""
        contract, plan = offer
        if not plan:
            return self.env["crm.lead"]
        domain = [("contract_id", "=", contract.id), ("plan_id", "=", plan.id), ("lead_id.date_closed", "=", False)]
        return self.search([*domain, ("lead_id.active", "=", True)], limit=1).lead_id

    def _check_can_convert(self):
        if self.lead_id:
            raise UserError(
                self.env._("“%(signal)s” is an opportunity already. Open that one.", signal=self.display_name)
            )
        if not self.is_upsell:
            raise UserError(
                self.env._(
                    "“%(signal)s” is nothing to sell: only a limit that is near, full seats, a feature that was "
                    "asked for or a cheaper tier becomes an opportunity. Start a playbook for it.",
                    signal=self.display_name,
                )
            )
        if self.state != "new":
            raise UserError(
                self.env._("“%(signal)s” is over or was dismissed. Only a new one becomes an opportunity.",
                           signal=self.display_name)
            )  # fmt: skip

    def _prepare_lead_values(self):
        account, told = self.account_id, self.explanation or {}
        team = account.team_id or self.env.ref("kor_sales_pipeline.team_kor", raise_if_not_found=False)
        # Teams belong to a company, or to all.
        team = team if team and team.company_id in (self.env["res.company"], account.company_id) else None
        users = (told.get("facts") or {}).get("held", 0) + told["extra"] if "extra" in told else 0
        return {
            "name": f"{account.partner_id.name}: {self.name}",
            "type": "opportunity",
            "partner_id": account.partner_id.id,
            "company_id": account.company_id.id,
            "user_id": (account.user_id or self.env.user).id,
            **({"team_id": team.id} if team else {}),
            "kor_plan_id": self.plan_id.id or self.contract_id.plan_id.id,
            "kor_tier_id": (self.plan_id.tier_id or self.contract_id.tier_id).id,
            **({"kor_users": int(users)} if users and told["facts"].get("metric") == "users" else {}),
            # What it adds, not what the whole contract is worth.
            "expected_revenue": self.amount,
            "recurring_revenue": self.amount,
            "recurring_plan": self._get_yearly_plan().id,
        }

    @api.model
    def _get_yearly_plan(self):
        return self.env.ref("crm.crm_recurring_plan_yearly", raise_if_not_found=False) or self.env["crm.recurring.plan"]

    def _open_leads(self, leads):
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Opportunities"),
            "res_model": "crm.lead",
            "views": [[False, "list"], [False, "form"]],
            "domain": [("id", "in", leads.ids)],
        }
        if len(leads) == 1:
            action |= {"views": [[False, "form"]], "res_id": leads.id}
        return action

    def action_open_lead(self):
        """Open the opportunity that came of the signal.

        :return: a window action
        """
        self.ensure_one()
        return self._open_leads(self.lead_id)

    def action_dismiss(self):
        """Lay the signal aside, for the reason that is written on it.

        :return: True
        """
        self.ensure_one()
        return self.dismiss(self.dismiss_reason or "")

    def dismiss(self, reason):
        """Lay the signals aside; they do not come again while they last.

        :param reason: why, in a sentence
        :return: True
        """
        self.check_access("write")
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say in a sentence why nothing is to be done about it."))
        answered = self.filtered(lambda signal: signal.state != "new")
        if answered:
            raise UserError(
                self.env._("“%(signal)s” is answered or over already. Only a new one is dismissed.",
                           signal=answered[0].display_name)
            )  # fmt: skip
        self.sudo().write({"state": "dismissed", "dismiss_reason": reason.strip()})  # who may dismiss, as above
        return True
