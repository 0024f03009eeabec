from odoo import models


class KorTemplatePostMixin(models.AbstractModel):
    """Write a mail that stays on the record, where who got it reads it later."""

    _name = "kor.template.post.mixin"
    _description = "Mail on a Record"

    def _post_template(self, template, record, recipient, author, subtype="mail.mt_comment"):
        """Write a mail about a record to somebody in their language, on this one.

        Colleagues who follow it get no mail: they are told otherwise.

        :param subtype: `mail.mt_note` for what is internal
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
            subtype_xmlid=subtype,
            partner_ids=recipient.ids,
            notify_skip_followers=True,
            email_layout_xmlid="mail.mail_notification_light",
            force_email_lang=recipient.lang,
        )
