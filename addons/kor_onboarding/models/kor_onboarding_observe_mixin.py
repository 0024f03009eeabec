from odoo import api, fields, models
from odoo.fields import Domain


class KorOnboardingObserveMixin(models.AbstractModel):
    """See what customers do, and close the tasks that it shows to be done."""

    _name = "kor.onboarding.observe.mixin"
    _description = "Observation of an Onboarding"

    @api.model
    def _cron_follow(self):
        """Observe, plan and judge all running onboardings: time alone makes some of them late."""
        running = self.search([("is_open", "=", True)])
        over = running.filtered(lambda one: one.contract_id.state in ("ended", "cancelled"))
        over._stop(self.env._("The contract is over."))
        running -= over
        running._observe()
        running._replan_safely()
        self._find_first_use()

    def _observe(self):
        """Close the tasks whose event has happened, with the evidence of it."""
        waiting = self.task_ids.filtered(lambda task: task.kor_observation and not task.kor_date_done)
        if not waiting:
            return waiting
        closed = waiting.browse()
        onboardings = waiting.kor_onboarding_id
        for kind in sorted(set(waiting.mapped("kor_observation"))):
            found = getattr(self, f"_observe_{kind}")(onboardings)
            for task in waiting.filtered(lambda task, kind=kind: task.kor_observation == kind):
                if task.kor_onboarding_id in found:
                    day, evidence = found[task.kor_onboarding_id]
                    task._close_kor(max(day, task.kor_onboarding_id.date_signed), evidence)
                    closed |= task
        return closed

    @api.model
    def _find_customer_users(self, onboardings):
        """Return the portal users of each customer, as {commercial partner: users}."""
        partners = onboardings.partner_id.commercial_partner_id
        domain = [("partner_id.commercial_partner_id", "in", partners.ids), ("share", "=", True)]
        users_sudo = self.env["res.users"].sudo().search(domain)  # who logs in is none of the manager's rights
        return users_sudo.grouped(lambda user: user.partner_id.commercial_partner_id)

    @api.model
    def _observe_login(self, onboardings):
        """Return {onboarding: (day, evidence)} of the first login since the signature.

        Only the last login of each user is kept for ever: the job looks often enough to see the first.
        """
        users = self._find_customer_users(onboardings)
        ids = [user.id for found in users.values() for user in found]
        logs_sudo = self.env["res.users.log"].sudo()  # only that there was a login is used
        logs = logs_sudo.search_fetch([("create_uid", "in", ids)], ["create_uid", "create_date"], order="create_date")
        by_user = logs.grouped("create_uid")
        found = {}
        for onboarding in onboardings:
            own = users.get(onboarding.partner_id.commercial_partner_id, ())
            moments = [(log.create_date, user.name) for user in own for log in by_user.get(user, ())]
            days = [(onboarding._to_local_day(moment), name) for moment, name in moments]
            since = [(day, name) for day, name in days if day >= onboarding.date_signed]
            if since:
                day, name = min(since)
                found[onboarding] = (day, self.env._("%(user)s logged in", user=name))
        return found

    @api.model
    def _observe_api_key(self, onboardings):
        """Return {onboarding: (day, evidence)} of the first API key that a user of the customer holds."""
        users = self._find_customer_users(onboardings)
        ids = [user.id for found in users.values() for user in found]
        keys_sudo = self.env["res.users.apikeys"].sudo()  # only that there is a key is used, and its name
        by_user = keys_sudo.search([("user_id", "in", ids)]).grouped("user_id")
        found = {}
        for onboarding in onboardings:
            own = users.get(onboarding.partner_id.commercial_partner_id, ())
            keys = [(key.create_date, key.name) for user in own for key in by_user.get(user, ())]
            if keys:
                moment, name = min(keys)
                found[onboarding] = (onboarding._to_local_day(moment), self.env._("API key “%(name)s”", name=name))
        return found

    @api.model
    def _observe_usage(self, onboardings):
        """Return {onboarding: (day, evidence)} of the first use of the contract."""
        return {
            onboarding: (day, self.env._("First use was reported"))
            for onboarding, day in self._get_first_uses(onboardings).items()
        }

    @api.model
    def _observe_integration(self, onboardings):
        """Return {onboarding: (day, evidence)} of the first healthy integration.

        Extensible: nothing is known here of integrations, so nothing is observed.
        """
        return {}

    @api.model
    def _get_first_uses(self, onboardings):
        """Return the first day of use since the signature, in one query: {onboarding: day}."""
        counted = Domain("events", ">", 0) | Domain("readings", ">", 0)
        domain = Domain("contract_id", "in", onboardings.contract_id.ids) & Domain("dimension", "=", "") & counted
        since = min(onboardings.mapped("date_signed"), default=fields.Date.today())
        rollups_sudo = self.env["kor.usage.rollup"].sudo()  # only the day of the first use is used
        first = {}
        for contract, day in rollups_sudo._read_group(
            domain & Domain("day", ">=", since), ["contract_id", "day:day"], order="day:day"
        ):
            first.setdefault(contract, []).append(day)
        found = {}
        for onboarding in onboardings:
            days = [day for day in first.get(onboarding.contract_id, ()) if day >= onboarding.date_signed]
            if days:
                found[onboarding] = min(days)
        return found

    @api.model
    def _find_first_use(self):
        """Note the day of the first use, also where it comes after the onboarding is done."""
        domain = [("date_first_use", "=", False), ("state", "!=", "cancelled")]
        unknown = self.search(domain)
        for onboarding, day in self._get_first_uses(unknown).items():
            onboarding._note({"date_first_use": day})
