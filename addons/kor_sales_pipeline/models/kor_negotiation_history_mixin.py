from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date, format_datetime

from .kor_counter_offer_terms import LINE_TERMS

FIGURES = ("mrr", "arr", "tcv", "one_time", "discount_percent", "margin", "margin_percent")


def _plain(number):
    """Return a number as the input field of a form takes it."""
    return f"{number:.8f}".rstrip("0").rstrip(".")


class KorNegotiationHistoryMixin(models.AbstractModel):
    """The rounds as others read them: as plain values, side by side for staff, and for the customer."""

    _name = "kor.negotiation.history.mixin"
    _description = "History of a Negotiation"

    @api.depends("round_ids", "offer_ids.state", "answer_ids.state", "order_id")
    @api.depends_context("lang")
    def _compute_rounds_html(self):
        for negotiation in self:
            negotiation.rounds_html = negotiation._render_rounds() if negotiation.round_ids else False

    def history(self):
        """Return all rounds; the figures and what is not sent yet only for staff.

        :return: {"name", "state", "order", "version", "rounds": [{"number", "order", "version", "date", "figures",
            "figures_asked", "offers": [{"id", "area", "line", "subject", "was", "asked", "reason", "by", "date",
            "state", "answered", "note", "answered_by", "answered_on", "effect", "prepared"}]}]}
        """
        negotiation = self._get_checked("read")
        return negotiation._get_history(internal=self.has_access("write"))

    def _get_history(self, internal=False):
        rounds = [self._get_round_history(one, internal) for one in self.round_ids.sorted("number")]
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            "name": self.name,
            "state": self.state,
            "state_name": states[self.state],
            "order": self.order_id.id or 0,
            "version": self.order_id.kor_version or 0,
            "rounds": rounds,
        }

    def _get_round_history(self, record, internal):
        values = {
            "number": record.number,
            "order": record.order_id.id,
            "order_name": record.order_id._kor_version_label(),
            "version": record.version,
            "date": fields.Datetime.to_string(record.date_proposed),
            "offers": [self._get_offer_history(offer, internal) for offer in record.offer_ids.sorted("id")],
        }
        if internal:
            values |= {"figures": record.figures or {}, "figures_asked": record.figures_asked or {}}
        return values

    def _get_offer_history(self, offer, internal):
        states = dict(offer._fields["state"]._description_selection(self.env))
        areas = dict(offer._fields["area"]._description_selection(self.env))
        values = {
            "id": offer.id,
            "area": offer.area,
            "area_name": areas[offer.area],
            "line": offer.line_id.id or 0,
            "subject": offer.subject or "",
            "was": offer.was or {},
            "asked": offer.asked or {},
            "answered": offer.answered or {},
            "was_text": offer.was_text or "",
            "asked_text": offer.asked_text or "",
            "answered_text": offer.answered_text or "",
            "reason": offer.reason or "",
            "by": offer.author_id.name or "",
            "date": fields.Datetime.to_string(offer.date_asked),
            "state": offer.state,
            "state_name": states[offer.state],
            "note": offer.answer_note or "",
            "answered_by": offer.answered_by_id.name or "",
            "answered_on": fields.Datetime.to_string(offer.date_answered) or "",
        }
        if internal:
            prepared = offer.answer_ids.filtered(lambda answer: answer.state == "prepared")
            values |= {"effect": offer.effect or {}, "prepared": prepared.decision or ""}
        return values

    def _get_portal_values(self):
        """Return what the customer's page shows: no record of ours, whose every field a template could print."""
        order = self.order_id
        try:
            self._get_round_to_counter()
            obstacle = ""
        except UserError as error:
            obstacle = str(error)
        return {
            "negotiation": self,
            "history": self._get_history(),
            "say_moment": lambda moment: format_datetime(self.env, moment, dt_format="short"),
            "obstacle": obstacle,
            "can_accept": self.state == "waiting_them" and not obstacle,
            "order_url": order.get_portal_url() if order else "",
            "lines": [self._get_portal_line(line) for line in order._kor_negotiable_lines()],
            "currency": order.currency_id,
            "terms": {"term_months": order.kor_term_months or "", "uptime_target": _plain(order.kor_uptime_target)},
            "support_level": order.kor_support_level_id,
            **order._kor_get_choices(),
        }

    def _get_portal_line(self, line):
        return {
            "id": line.id,
            "name": line.name,
            "askable": line._kor_get_askable(),
            "is_whole": line.kor_is_packed,
            **{name: _plain(line._kor_get_asked_from(name)) for name in LINE_TERMS},
            "total": format_amount(self.env, line.price_subtotal, line.currency_id),
        }

    def _render_rounds(self):
        """Return the rounds side by side: the figures on top, below them each thing that was asked for."""
        record = self.sudo()  # the seller's own negotiation; the version's figures are read where it was made
        history = record._get_history(internal=True)
        rows = {}
        for index, one in enumerate(history["rounds"]):
            one["day"] = format_date(self.env, one["date"][:10])
            for offer in one["offers"]:
                cells = rows.setdefault((offer["area_name"], offer["subject"]), [[] for _round in history["rounds"]])
                cells[index].append({**offer, "effect_text": self._describe_effect(offer["effect"])})
        values = {
            "rounds": history["rounds"],
            "figures": record._get_figure_rows([(one["figures"], one["figures_asked"]) for one in history["rounds"]]),
            "rows": sorted(rows.items()),
        }
        return self.env["ir.qweb"]._render("kor_sales_pipeline.kor_negotiation_rounds", values)

    @api.model
    def _get_figure_labels(self):
        return {
            "mrr": self.env._("MRR"),
            "arr": self.env._("ARR"),
            "tcv": self.env._("TCV"),
            "one_time": self.env._("One time"),
            "discount_percent": self.env._("Discount"),
            "margin": self.env._("Margin"),
            "margin_percent": self.env._("Margin (%)"),
        }

    def _get_figure_rows(self, columns):
        """Return (label, [(value, value asked for)]) per figure, in words."""
        labels = self._get_figure_labels()
        return [
            (labels[name], [tuple(self._format_figure(name, figures) for figures in pair) for pair in columns])
            for name in FIGURES
        ]

    def _format_figure(self, name, figures):
        if not figures or name not in figures:
            return ""
        if name.endswith("_percent"):
            return f"{figures[name]:.1f} %"
        return format_amount(self.env, figures[name], self.currency_id)

    def _describe_effect(self, effect):
        """Return what a counter-offer would change, in a few words; empty where nothing changes."""
        before, asked = (effect or {}).get("before", {}), (effect or {}).get("asked", {})
        if "problem" in asked:
            return asked["problem"]
        labels = self._get_figure_labels()
        said = []
        for name in ("arr", "tcv", "margin_percent", "discount_percent"):
            change = asked.get(name, 0) - before.get(name, 0)
            if abs(change) >= 0.005:
                text = self._format_figure(name, {name: abs(change)})
                said.append(f"{labels[name]} {'+' if change > 0 else '−'}{text}")
        return " · ".join(said)

    def _get_offers_html(self, offers):
        """Return the counter-offers as a list, for a message."""
        items = [
            Markup("<li><b>%s</b>: %s → %s%s</li>")
            % (
                offer.display_name,
                offer.was_text or "–",
                offer.asked_text,
                Markup("<br/><i>%s</i>") % offer.reason if offer.reason else "",
            )
            for offer in offers
        ]
        return Markup("<p>%s</p><ul>%s</ul>") % (self.env._("Counter-offer:"), Markup("").join(items))
