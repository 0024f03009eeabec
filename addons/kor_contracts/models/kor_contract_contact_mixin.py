from odoo import models


class KorContractContactMixin(models.AbstractModel):
    """Know who is in charge of a contract and whom of the customer's side to write to, and write."""

    _name = "kor.contract.contact.mixin"
    _description = "Contacts of a Contract"

    def _get_manager(self):
        """Return who is in charge of the customer, whether that user may read the contract or not."""
        return self.account_manager_id or self.user_id

    def _get_alert_user(self):
        """Return who is in charge of the customer and may read the contract, else nobody."""
        self.ensure_one()
        for user in (self.account_manager_id, self.user_id):
            if user.active and self.with_user(user).has_access("read"):
                return user
        return self.env["res.users"]

    def _get_alert_recipient(self):
        """Return whom of the customer's side to write to: the first with an address."""
        self.ensure_one()
        return next((one for one in (self.partner_id, self.partner_invoice_id) if one.email), self.partner_id.browse())

    def _post_template(self, template, record, recipient, author):
        """Write a mail about a record to the customer in their language, on the contract, where they read it later.

        Colleagues who follow the contract get no mail: they are told otherwise.
        """
        rendered = {
            name: template._render_field(name, record.ids, compute_lang=True, options=options)[record.id]
            for name, options in (("subject", {}), ("body_html", {"post_process": True}), ("email_from", {}))
        }
        self.with_context(lang=recipient.lang or self.env.lang).message_post(
            subject=rendered["subject"],
            body=rendered["body_html"],
            email_from=rendered["email_from"],
            author_id=author.id,
            message_type="auto_comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=recipient.ids,
            notify_skip_followers=True,
            email_layout_xmlid="mail.mail_notification_light",
            force_email_lang=recipient.lang,
        )
