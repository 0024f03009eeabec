from odoo import api, fields, models
from odoo.tools import format_date, formatLang

# A line has room for so many.
REASONS = 2


class KorHealthWordsMixin(models.AbstractModel):
    """Say in words what a component of health is made of; the facts are kept, the words are of whoever reads them."""

    _name = "kor.health.words.mixin"
    _description = "Reasons of Health in Words"

    def _describe_part(self, part):
        """Return what a part of a snapshot says, with its facts: one method `_describe_` for each component."""
        name = part["component"]
        if "score" not in part:
            return self._describe_unknown(name)
        return getattr(self, f"_describe_{name}")(part.get("facts") or {}, part["reading"])

    def _describe_reasons(self, parts):
        """Return what takes most away from a score, in a line."""
        lost = [part for part in parts or [] if part.get("lost")]
        return " · ".join(self._describe_part(part) for part in lost[:REASONS])

    def _describe_unknown(self, name):
        return {
            "usage": self.env._("No use was reported for eight weeks on end yet"),
            "adoption": self.env._("Nothing was reported of what is used, or the contract is too new"),
            "support": self.env._("The contract is too new, or no tickets are kept"),
            "sla": self.env._("No time was promised to a ticket in 90 days"),
            "payment": self.env._("No invoice has been due in 180 days"),
            "onboarding": self.env._("No onboarding is under way"),
            "satisfaction": self.env._("Nobody was asked, or answered, in 180 days"),
            "contact": self.env._("No contact is on record"),
        }.get(name, self.env._("Nothing is known of it"))

    @api.model
    def _format_short(self, value):
        """Return a number without decimals that say nothing."""
        return formatLang(self.env, value, digits=0 if round(value, 1) == round(value) else 1)

    def _describe_usage(self, facts, reading):
        names = self._get_metric_names()
        metrics = [
            f"{names.get(one['metric'], one['metric'])} {self._format_change(one['change'])}"
            for one in facts.get("metrics", [])
        ]
        told = self._describe_change(reading)
        return f"{told} ({', '.join(metrics)})" if len(metrics) > 1 else told

    @api.model
    def _format_change(self, percent):
        return f"{round(percent):+d} %" if round(percent) else "±0 %"

    def _describe_change(self, reading):
        percent = self._format_short(abs(reading))
        if reading <= -100:
            return self.env._("Use has stopped")
        if reading < 0:
            return self.env._("Use fell by %(percent)s %% in four weeks", percent=percent)
        if reading > 0:
            return self.env._("Use rose by %(percent)s %% in four weeks", percent=percent)
        return self.env._("Use is what it was four weeks ago")

    @api.model
    def _get_metric_names(self):
        metrics_sudo = self.env["kor.metric"].sudo()  # an account manager need not be allowed to read the catalogue
        # The ids are kept by the server and the names by the environment: not asked for again for each account.
        metrics_sudo = metrics_sudo.browse(measure.id for measure in metrics_sudo._get_measures().values())
        return {metric.code: metric.name for metric in metrics_sudo}

    def _describe_adoption(self, facts, _reading):
        used, idle = facts.get("used", []), facts.get("idle", [])
        if not idle:
            return self.env._("All that was bought is used")
        names = self._get_metric_names()
        return self.env._(
            "%(used)s of %(bought)s things bought are used; not used: %(names)s",
            used=len(used),
            bought=len(used) + len(idle),
            names=", ".join(names.get(code, code) for code in idle),
        )

    def _describe_support(self, facts, reading):
        tickets, seats = facts.get("tickets", 0), facts.get("seats", 0)
        if not tickets:
            return self.env._("No ticket was opened in four weeks")
        told = (
            self.env._("One ticket was opened in four weeks")
            if tickets == 1
            else self.env._("%(tickets)s tickets were opened in four weeks", tickets=tickets)
        )
        if reading != tickets:
            rate = self.env._(
                "%(rate)s for each 25 of %(seats)s users",
                rate=self._format_short(reading),
                seats=self._format_short(seats),
            )
            return f"{told} ({rate})"
        return told

    def _describe_sla(self, facts, _reading):
        breached, promised = facts.get("breached", 0), facts.get("promised", 0)
        if not breached:
            return self.env._("All promised times were kept in 90 days: %(promised)s", promised=promised)
        return self.env._(
            "%(breached)s of %(promised)s promised times were missed in 90 days", breached=breached, promised=promised
        )

    def _describe_payment(self, facts, reading):
        overdue = facts.get("overdue", 0)
        told = (
            self.env._("Invoices are paid %(days)s days late on average", days=self._format_short(reading))
            if reading
            else self.env._("Invoices are paid in time")
        )
        if overdue > 0:
            amount = formatLang(self.env, overdue, currency_obj=self.currency_id)
            due = self.env._(
                "%(amount)s is overdue, the oldest for %(days)s days", amount=amount, days=facts.get("oldest", 0)
            )
            return f"{told}; {due}"
        return told

    def _describe_onboarding(self, facts, _reading):
        return {
            "done": self.env._("Onboarding is done"),
            "on_track": self.env._("Onboarding is on track"),
            "at_risk": self.env._("Onboarding is at risk"),
            "late": self.env._("Onboarding is late"),
            "blocked": self.env._("Onboarding is blocked"),
        }.get(facts.get("state"), self.env._("Onboarding is under way"))

    def _describe_satisfaction(self, facts, reading):
        percent, answers = self._format_short(reading), facts.get("answers", 0)
        if answers == 1:
            return self.env._("%(percent)s %% content, by one answer in 180 days", percent=percent)
        return self.env._(
            "%(percent)s %% content, by %(answers)s answers in 180 days", percent=percent, answers=answers
        )

    def _describe_contact(self, facts, reading):
        day = format_date(self.env, fields.Date.to_date(facts.get("date"))) if facts.get("date") else ""
        if reading < 1:
            return self.env._("Contact today")
        if reading == 1:
            return self.env._("Last contact yesterday")
        return self.env._("Last contact %(days)s days ago, on %(day)s", days=int(reading), day=day)
