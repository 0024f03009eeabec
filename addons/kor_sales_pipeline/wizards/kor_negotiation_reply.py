import json

from odoo import api, fields, models
from odoo.fields import Command


class KorNegotiationReply(models.TransientModel):
    """Decide about each open counter-offer, see what it comes to, then answer."""

    _name = "kor.negotiation.reply"
    _description = "Answer Counter-Offers"

    negotiation_id = fields.Many2one("kor.negotiation", required=True, ondelete="cascade", readonly=True)
    line_ids = fields.One2many(
        "kor.negotiation.reply.line",
        "reply_id",
        string="Counter-Offers",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
    )
    seen = fields.Char(readonly=True, help="The answers whose effect is shown.")
    preview = fields.Json(readonly=True)
    preview_html = fields.Html(string="Effect", compute="_compute_preview_html", sanitize=False)
    is_seen = fields.Boolean(compute="_compute_is_seen")

    @api.depends("negotiation_id")
    def _compute_line_ids(self):
        lines = self.env["kor.negotiation.reply.line"]
        for reply in self:
            reply.line_ids = [
                Command.create(lines._get_initial_values(offer)) for offer in reply.negotiation_id._get_open_offers()
            ]

    @api.depends("preview")
    @api.depends_context("lang")
    def _compute_preview_html(self):
        for reply in self:
            preview, negotiation = reply.preview or {}, reply.negotiation_id
            columns = [(preview.get(key), None) for key in ("before", "asked", "ours")]
            values = {
                "figures": negotiation._get_figure_rows(columns),
                "problems": {one["problem"] for one in preview.values() if "problem" in one},
            }
            reply.preview_html = preview and self.env["ir.qweb"]._render(
                "kor_sales_pipeline.kor_negotiation_effect", values
            )

    @api.depends("seen", "line_ids.ours_text", "line_ids.decision")
    def _compute_is_seen(self):
        for reply in self:
            reply.is_seen = bool(reply.seen) and reply.seen == reply._get_mark()

    def action_preview(self):
        """Show what the answers would change.

        :return: an action that shows the dialog anew
        """
        self.ensure_one()
        answers = [{**line._get_plain(), "note": line.note or "–"} for line in self.line_ids]
        self.preview = self.negotiation_id.preview_answer(answers)
        self.seen = self._get_mark()
        return self._get_action()

    def action_answer(self):
        """Answer, where the effect shown is that of the answers; else show it first.

        :return: an action that shows the new version, or closes the dialog
        """
        self.ensure_one()
        if not self.is_seen:
            return self.action_preview()
        result = self.negotiation_id.answer([line._get_plain() for line in self.line_ids])
        if not result["order"]:
            return {"type": "ir.actions.act_window_close"}
        order = self.env["sale.order"].browse(result["order"])
        return order._get_records_action(name=self.env._("Next Version"))

    def _get_mark(self):
        """Return what decides about the figures, as one text."""
        plain = [line._get_plain() for line in self.line_ids.sorted(lambda line: line.offer_id.id)]
        return json.dumps([{**one, "note": "", "internal_note": ""} for one in plain], sort_keys=True)

    def _get_action(self):
        context = {**self.env.context, "dialog_size": "extra-large"}
        return self._get_records_action(
            name=self.env._("Answer"), target="new", views=[(False, "form")], context=context
        )
