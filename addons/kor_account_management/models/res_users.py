from datetime import timedelta

from odoo import api, fields, models

NEW_DAYS = 7
RENEWAL_DAYS = 60
MOST = 10


class ResUsers(models.Model):
    _inherit = "res.users"

    kor_digest_date = fields.Date(string="Account Digest Sent on", readonly=True, copy=False)

    @api.model
    def _kor_cron_account_digest(self):
        """Write to each account manager, once in a week, what of their accounts asks for attention."""
        cron = self.env["ir.cron"]
        template = self.env.ref("kor_account_management.mail_template_account_digest", raise_if_not_found=False)
        digests = self._kor_prepare_digests() if template else {}
        cron._commit_progress(remaining=len(digests))
        for user, digest in digests.items():
            template.with_context(kor_digest=digest).send_mail(
                user.id, email_layout_xmlid="mail.mail_notification_light"
            )
            user.kor_digest_date = fields.Date.today()
            if not cron._commit_progress(1):
                return

    @api.model
    def _kor_prepare_digests(self):
        """Return by manager what the digest tells; those without an account, or who have it already, get none."""
        today = fields.Date.today()
        accounts = self.env["kor.account"].search([("user_id.active", "=", True), ("user_id.email", "!=", False)])
        since = today - timedelta(days=6)
        accounts = accounts.filtered(lambda one: not one.user_id.kor_digest_date or one.user_id.kor_digest_date < since)
        parts = self._kor_find_digest_parts(accounts, today)
        grouped = {name: records.grouped("user_id") for name, records in parts.items()}
        return {
            user: {
                "count": len(own),
                "mrr": [self._kor_describe_mrr(company, group) for company, group in own.grouped("company_id").items()],
                **{name: groups.get(user, parts[name].browse())[:MOST] for name, groups in grouped.items()},
                "numbers": {name: len(groups.get(user, ())) for name, groups in grouped.items()},
            }
            for user, own in accounts.grouped("user_id").items()
        }

    @api.model
    def _kor_find_digest_parts(self, accounts, today):
        """Return by part of the digest what of all these accounts belongs into it."""
        return {
            "at_risk": accounts.filtered(lambda one: one.health_band == "at_risk").sorted("health_score"),
            "steps": accounts.filtered(lambda one: one.next_step_date and one.next_step_date < today),
            "renewals": self.env["kor.renewal"].search(
                [
                    ("account_id", "in", accounts.ids),
                    ("state", "=", "open"),
                    ("date", "<=", today + timedelta(days=RENEWAL_DAYS)),
                ]
            ),
            "signals": self.env["kor.signal"].search(
                [
                    ("account_id", "in", accounts.ids),
                    ("state", "=", "new"),
                    ("date", ">=", today - timedelta(days=NEW_DAYS)),
                ]
            ),
        }

    @api.model
    def _kor_describe_mrr(self, company, accounts):
        return company.currency_id.format(sum(accounts.mapped("mrr")))

    def _kor_get_digest(self):
        """Return what the digest tells. Used by the template."""
        self.ensure_one()
        digest = self.env.context.get("kor_digest") or self._kor_prepare_digests().get(self)
        empty = self.env["kor.account"]
        none = {"count": 0, "mrr": [], "at_risk": empty, "steps": empty, "renewals": [], "signals": [], "numbers": {}}
        return digest or none
