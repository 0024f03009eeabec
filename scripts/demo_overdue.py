"""Remind the demo's first customers of what they have not paid, in Odoo's shell."""

from odoo import fields

today = fields.Date.context_today(env["kor.contract"])
first_customers = [env.ref(f"kor_enterprise.partner_{key}").id for key in ("cirrus", "ember")]

# Two customers have nothing that could be charged: they are reminded, and one disputes its oldest invoice.
overdue = env["account.move"].search(
    [
        ("partner_id", "in", first_customers),
        ("kor_contract_id", "!=", False),
        ("move_type", "=", "out_invoice"),
        ("payment_state", "=", "not_paid"),
        ("invoice_date_due", "<", today),
    ],
    order="invoice_date_due, id",
)
disputed = overdue.filtered(lambda move: move.partner_id == env.ref("kor_enterprise.partner_ember"))[:1]
if len(overdue) > 1 and not any(overdue.mapped("kor_dunning_event_ids")):
    disputed.write({"kor_is_disputed": True, "kor_dispute_note": "Asks for the order number on the invoice."})
# The demo's customers have no mailbox: nothing is handed to a mail server.
overdue.with_context(mail_notify_force_send=False).apply_dunning()
env["mail.mail"].search([("state", "=", "outgoing"), ("model", "=", "kor.contract")]).cancel()
