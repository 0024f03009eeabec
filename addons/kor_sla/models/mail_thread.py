from odoo import api, models

# A sentinel, so that no caller from outside can say that a message is automatic.
AUTOMATIC = object()


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Let the records know where a mail was sent by a machine: what it says counts as nobody's answer."""
        threads = self.with_context(kor_automatic_mail=AUTOMATIC) if self._is_automatic_mail(message) else self
        return super(MailThread, threads)._message_route_process(message, message_dict, routes)

    @api.model
    def _is_automatic_mail(self, message):
        """Return whether the headers say so (RFC 3834, and what older programs write)."""

        def header(name):
            return str(message.get(name) or "").split(";")[0].strip().lower()

        return (
            header("Auto-Submitted") not in ("", "no")
            or header("Precedence") in ("auto_reply", "bulk", "junk")
            or any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply"))
        )
