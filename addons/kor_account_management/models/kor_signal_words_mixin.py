from odoo import api, models
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.tools import format_price, format_quantity


class KorSignalWordsMixin(models.AbstractModel):
    """Say what a signal is about: one method for each kind, which returns its name and its reason."""

    _name = "kor.signal.words.mixin"
    _description = "Signals in Words"

    @api.model
    def _describe(self, kind, facts, names):
        """Return the name and the reason of a signal.

        :param names: {code: name} of metrics and features
        """
        return getattr(self, f"_describe_{kind}")(facts, names)

    @api.model
    def _get_names(self):
        """Return {code: name} of metrics and features."""
        metrics = self.env["kor.metric"].with_context(active_test=False).search_fetch([], ["code", "name"])
        features = self.env["kor.feature"].with_context(active_test=False).search_fetch([], ["code", "name"])
        return {one.code: one.name for records in (features, metrics) for one in records}

    def _describe_limit_near(self, facts, names):
        metric = names.get(facts["metric"], facts["metric"])
        name = self.env._("%(metric)s: %(percent)s %% of the limit", metric=metric, percent=facts["threshold"])
        return name, self.env._(
            "%(used)s of %(limit)s were used in the running month when the alert was made.",
            used=format_quantity(self.env, facts["used"]),
            limit=format_quantity(self.env, facts["limit"]),
        )

    def _describe_seats_full(self, facts, names):
        metric = names.get(facts["metric"], facts["metric"])
        name = self.env._("%(metric)s: all %(held)s are taken", metric=metric, held=f"{facts['held']:g}")
        return name, self.env._(
            "%(used)s are in use by the latest report; %(held)s are held.",
            used=format_quantity(self.env, facts["used"]),
            held=format_quantity(self.env, facts["held"]),
        )

    def _describe_feature_asked(self, facts, names):
        if "request" in facts:
            what = self.env._("another plan") if facts["kind"] == "plan" else self.env._("another quantity")
            return self.env._("The customer asks for %(what)s", what=what), self.env._(
                "Request %(request)s waits for an answer.", request=facts["request"]
            )
        feature = names.get(facts["feature"]) or facts["ticket"]
        return self.env._("Asked for: %(feature)s", feature=feature), self.env._(
            "%(count)s open tickets ask for it, such as “%(ticket)s”.",
            count=len(facts["tickets"]),
            ticket=facts["ticket"],
        )

    def _describe_tier_cheaper(self, facts, names):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", facts["currency"])])
        name = self.env._("“%(plan)s” would be cheaper", plan=facts["plan"])
        return name, self.env._(
            "From %(start)s to %(end)s it would have cost %(next)s in place of %(current)s: %(monthly)s less a month.",
            start=facts["date_from"],
            end=facts["date_to"],
            next=format_price(self.env, facts["next"], currency),
            current=format_price(self.env, facts["current"], currency),
            monthly=format_price(self.env, facts["saving_monthly"], currency),
        )

    def _describe_usage_falls(self, facts, names):
        return self.env._("Usage falls"), self.env._(
            "It is %(percent)s %% less in the last four weeks than in the four before.",
            percent=f"{-facts['change']:.0f}",
        )

    def _describe_at_risk(self, facts, names):
        return self.env._("Health at risk"), self.env._(
            "The score is %(score)s of 100.", score=f"{facts['score'] or 0:.0f}"
        )

    def _describe_onboarding_late(self, facts, names):
        blocked = facts["state"] == "blocked"
        name = self.env._("Onboarding is blocked") if blocked else self.env._("Onboarding is late")
        # The first of the reasons weighs most; the plan has the others.
        reason = (facts.get("reason") or "").partition("; ")[0]
        return name, f"{reason}." if reason else self.env._("Its plan says what it waits for.")

    def _describe_sla_breached(self, facts, names):
        return self.env._("SLA breached"), self.env._(
            "Promised times that were missed in 30 days: %(count)s.", count=facts["breaches"]
        )

    def _describe_renewal_due(self, facts, names):
        name = self.env._("The term ends on %(day)s", day=format_date(self.env, facts["end"]))
        return name, self.env._(
            "Notice can be given until %(day)s, and no renewal is agreed.",
            day=format_date(self.env, facts["notice"] or facts["end"]),
        )
