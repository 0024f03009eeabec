from odoo import fields, models
from odoo.fields import Command

# Google's SRE workbook calls these rates, over an hour and over six, worth waking somebody.
FAST_HOUR, FAST_SIX_HOURS = 14.4, 6.0


class KorSlaBudgetWarningMixin(models.AbstractModel):
    """Warn the account manager that an error budget goes: once for each threshold and month."""

    _name = "kor.sla.budget.warning.mixin"
    _description = "Warning of an Error Budget"

    told_fast = fields.Datetime(
        string="Warned of Fast Burn",
        readonly=True,
        help="Of a budget that is used up fast: 14.4 times faster than allowed over an hour, or 6 times over six.",
    )
    told_half = fields.Datetime(string="Warned of 50 %", readonly=True)
    told_all = fields.Datetime(string="Warned of 100 %", readonly=True)

    def _find_warnings(self):
        """Return the names of the thresholds that are passed and were not told yet, the gravest last."""
        self.ensure_one()
        if not (self.target and self.is_measured):
            return []
        fast = self.burn_hour >= FAST_HOUR or self.burn_six_hours >= FAST_SIX_HOURS
        passed = {"told_fast": fast, "told_half": self.left_percent <= 50, "told_all": self.left_percent <= 0}
        if not self.down_minutes:
            # A target of 100 % allows nothing, and nothing was used.
            return []
        return [name for name, is_passed in passed.items() if is_passed and not self[name]]

    def _warn(self, now):
        """Tell of what is passed; of several thresholds at once, the gravest."""
        for budget in self:
            names = budget._find_warnings()
            if names:
                budget.write(dict.fromkeys(names, now))
                budget._tell(names[-1])

    def _tell(self, name):
        """Give the account manager an activity and write to them."""
        user = self.contract_id._get_alert_user()
        if not user:
            return
        budget = self.with_context(lang=user.lang)
        summary, text = budget._describe_warning(name), budget._describe_budget()
        budget.contract_id.activity_schedule(
            "mail.mail_activity_data_todo", summary=summary, note=text, user_id=user.id
        )
        template = self.env.ref("kor_sla.mail_template_budget", raise_if_not_found=False)
        if template and user.email:
            template.with_context(kor_warning=summary, lang=user.lang).send_mail(
                self.id, email_values={"recipient_ids": [Command.set(user.partner_id.ids)], "email_to": False}
            )

    def _describe_warning(self, name="told_half"):
        """Return in short what is the matter."""
        contract = self.contract_id.name
        if name == "told_fast":
            return self.env._("%(contract)s: its error budget goes fast", contract=contract)
        if name == "told_all":
            return self.env._("%(contract)s: its error budget of the month is used up", contract=contract)
        return self.env._("%(contract)s: half of its error budget of the month is used", contract=contract)

    def _describe_budget(self):
        """Return in one sentence how much of the budget is used."""
        self.ensure_one()
        return self.env._(
            "%(down)s of %(allowed)s minutes of downtime that %(target)s %% allow in this month are used. Over the "
            "last hour it went %(hour)s times as fast as allowed, over six hours %(six)s times, over three days "
            "%(days)s times.",
            down=f"{self.down_minutes:.1f}",
            allowed=f"{self.allowed_minutes:.1f}",
            target=f"{self.target:g}",
            hour=f"{self.burn_hour:.1f}",
            six=f"{self.burn_six_hours:.1f}",
            days=f"{self.burn_three_days:.1f}",
        )
