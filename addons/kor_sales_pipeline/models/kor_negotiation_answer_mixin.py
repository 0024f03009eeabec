from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from .kor_negotiation_move_mixin import CLOSED

DECISIONS = ("accept", "counter", "decline")
# Fields of a counter-offer, and the figures whose change they keep.
EFFECTS = {
    "effect_mrr": "mrr",
    "effect_arr": "arr",
    "effect_tcv": "tcv",
    "effect_margin": "margin",
    "effect_discount": "discount_percent",
}


class KorNegotiationAnswerMixin(models.AbstractModel):
    """Our answers: what they would change, the version they become, and when the customer learns of them.

    An answer is prepared together with its version. It is given, and with that a fact, when the version is sent:
    until then it may need approval, and can be taken back. Where nothing is conceded it is given at once.
    """

    _name = "kor.negotiation.answer.mixin"
    _description = "Answers in a Negotiation"

    def preview_answer(self, answers):
        """Return what answers would change in money; nothing is written.

        :param answers: as of `answer`
        :return: {"before": figures, "asked": figures, "ours": figures}, each with mrr, arr, tcv, margin,
            margin_percent, discount_percent and one_time, or with `problem`, why it cannot be computed
        """
        negotiation = self._get_checked("write")
        return negotiation._preview(negotiation._read_answers(answers))

    def answer(self, answers):
        """Answer all open counter-offers of the round; what is conceded becomes a new version, in draft.

        :param answers: a list of {"offer": id, "decision": "accept", "counter" or "decline", "note": for the
            customer, "internal_note"} and, to counter, our terms under the names of what can be asked
        :return: {"state": status, "order": id of the new version or 0}
        """
        negotiation = self._get_checked("write")
        negotiation._lock()
        negotiation._check_to_answer()
        decided = negotiation._read_answers(answers)
        conceded = [one for one in decided if one["decision"] != "decline"]
        # With the user's own rights: who may answer a negotiation may not write every order.
        order = self.order_id._kor_make_version(negotiation._get_changes(conceded)) if conceded else self.order_id
        prepared = negotiation._prepare_answers(decided, order if conceded else order.browse())
        if conceded:
            order._kor_note_agreed([(one["offer"], one["terms"]) for one in conceded])
            negotiation._log_answer(order)
            if order.state == "sent":
                negotiation._note_sent(order)
        else:
            prepared._give(order)
            negotiation._move_to("waiting_them")
            negotiation._mail_customer("answer")
        negotiation.activity_unlink(["mail.mail_activity_data_todo"])
        return {"state": negotiation.state, "order": order.id if conceded else 0}

    def take_back_answer(self):
        """Discard an answer that the customer does not know of yet, with its draft, and answer anew.

        :return: True
        """
        negotiation = self._get_checked("write")
        negotiation._lock()
        prepared = negotiation._get_prepared()
        if not prepared:
            raise UserError(self.env._("There is no answer that could be taken back: what was sent is said."))
        negotiation._take_back(prepared)
        negotiation._message_log(body=self.env._("The prepared answer was taken back before it was sent."))
        return True

    def _check_to_answer(self):
        self._check_running()
        if prepared := self._get_prepared()[:1]:
            raise UserError(self._say_answered(prepared.user_id, prepared.date))
        if self._get_open_offers():
            return
        last = self.offer_ids.filtered("answered_by_id").sorted("date_answered")[-1:]
        if last:
            raise UserError(self._say_answered(last.answered_by_id, last.date_answered))
        raise UserError(self.env._("There is no counter-offer to answer in %(name)s.", name=self.name))

    def _say_answered(self, user, moment):
        return self.env._(
            "%(user)s has answered already, on %(moment)s. Look at what was answered before you go on.",
            user=user.name,
            moment=format_datetime(self.env, moment),
        )

    def _read_answers(self, answers):
        """Return checked decisions, one for each open counter-offer."""
        if not isinstance(answers, list | tuple) or not all(isinstance(plain, dict) for plain in answers):
            raise UserError(
                self.env._("Answers are a list of dictionaries such as {“offer”: 7, “decision”: “accept”}.")
            )
        waiting = self._get_open_offers()
        decided = [self._read_answer(waiting, plain) for plain in answers]
        offers = [one["offer"].id for one in decided]
        if len(offers) != len(set(offers)):
            raise UserError(self.env._("A counter-offer has one answer."))
        if missing := waiting.filtered(lambda offer: offer.id not in offers):
            raise UserError(
                self.env._(
                    "Answer all counter-offers of the round together; missing: %(offers)s.",
                    offers=", ".join(f"{offer.display_name} ({offer.id})" for offer in missing),
                )
            )
        return decided

    def _read_answer(self, waiting, plain):
        plain = dict(plain)
        offer_id, decision = plain.pop("offer", None), plain.pop("decision", None)
        note, internal_note = plain.pop("note", "") or "", plain.pop("internal_note", "") or ""
        offer = waiting.filtered(lambda one: one.id == offer_id)
        if not offer:
            raise UserError(self._say_not_waiting(offer_id))
        if decision not in DECISIONS:
            raise UserError(
                self.env._(
                    "%(offer)s: decide to accept, to counter or to decline (accept, counter, decline).",
                    offer=offer.display_name,
                )
            )
        if decision == "decline" and not str(note).strip():
            raise UserError(self.env._("%(offer)s: say why you decline it.", offer=offer.display_name))
        terms = dict(offer.asked) if decision == "accept" else {}
        if decision == "counter":
            terms = self._read_counter_terms(offer, plain)
        return {"offer": offer, "decision": decision, "terms": terms, "note": str(note),
                "internal_note": str(internal_note)}  # fmt: skip

    def _say_not_waiting(self, offer_id):
        known = self.offer_ids.filtered(lambda one: one.id == offer_id)
        if known.answered_by_id:
            return self._say_answered(known.answered_by_id, known.date_answered)
        if known:
            return self.env._("%(offer)s was taken back.", offer=known.display_name)
        return self.env._("%(offer)s is no counter-offer of %(name)s.", offer=offer_id, name=self.name)

    def _read_counter_terms(self, offer, plain):
        terms = offer._read_terms(offer.area, offer._get_lines(), plain)
        current = offer._get_current_terms(offer.order_id, offer.line_id, terms)
        if not terms or (terms == current and terms.keys() == current.keys()):
            raise UserError(
                self.env._("%(offer)s: say what we offer instead, or decline it.", offer=offer.display_name)
            )
        return terms

    def _get_changes(self, decided):
        changes = self.env["kor.counter.offer.terms"]._get_changes(
            [(one["offer"]._get_lines(), one["terms"]) for one in decided]
        )
        features = {feature for one in decided for feature in one["terms"].get("features", ())}
        if features:
            changes["features"] = sorted(features | set(self.order_id.kor_feature_ids.ids))
        return changes

    def _preview(self, decided):
        order = self.order_id
        asked = [{"offer": one["offer"], "terms": one["offer"].asked} for one in decided]
        ours = [one for one in decided if one["decision"] != "decline"]
        before = order._kor_figures()
        return {
            "before": before,
            "asked": order._kor_simulate(self._get_changes(asked)),
            "ours": order._kor_simulate(self._get_changes(ours)) if ours else before,
        }

    def _note_effects(self, offers):
        """Keep what each counter-offer would change if it alone were accepted."""
        before = self.order_id._kor_figures()
        values = {}
        for offer in offers:
            after = self.order_id._kor_simulate(self._get_changes([{"offer": offer, "terms": offer.asked}]))
            values[offer.id] = {"effect": {"before": before, "asked": after}}
            if "problem" not in after:
                values[offer.id] |= {name: after[figure] - before[figure] for name, figure in EFFECTS.items()}
        for offer in offers:
            offer._keep_effect(values[offer.id])
        self._note_asked_figures()

    def _note_asked_figures(self):
        """Keep what the round would come to if all that still waits were accepted."""
        waiting = [{"offer": offer, "terms": offer.asked} for offer in self._get_open_offers()]
        asked = self.order_id._kor_simulate(self._get_changes(waiting)) if waiting else False
        self._get_last_round().figures_asked = asked

    def _prepare_answers(self, decided, order):
        return self.env["kor.counter.answer"].create(
            [
                {
                    "offer_id": one["offer"].id,
                    "decision": one["decision"],
                    "terms": one["terms"],
                    "note": one["note"],
                    "internal_note": one["internal_note"],
                    "user_id": self.env.uid,
                    "order_id": order.id,
                }
                for one in decided
            ]
        )

    def _take_back(self, prepared):
        if not prepared:
            return
        drafts = prepared.order_id.filtered(lambda order: order.state in ("draft", "cancel"))
        prepared.write({"state": "taken_back"})
        # A draft that nobody outside has seen leaves the version before it as the newest.
        drafts._kor_discard_draft()

    def _log_answer(self, order):
        body = self.env._(
            "%(user)s has answered. %(order)s is in draft; the customer reads the answer when it is sent.",
            user=self.env.user.name,
            order=order._kor_version_label(),
        )
        self._message_log(body=body)

    def _note_sent(self, order):
        """Take a version that was sent as our next proposal, and give the answers that go with it."""
        last = self._get_last_round()
        if last.order_id == order or self.state in CLOSED:
            return
        self._lock()
        self._get_prepared()._give(order)
        self._answer_by(order)
        self._add_round(order)
        self._move_to("waiting_them")
        if last:
            self._mail_customer("proposal")
        self.lead_id._kor_move_to("negotiation")

    def _answer_by(self, order):
        """Answer what was left open by the version that was sent all the same."""
        text = self.env._("See %(version)s.", version=order._kor_version_label())
        self._prepare_answers(
            [
                {"offer": offer, "decision": "counter", "terms": {"text": text}, "note": "", "internal_note": ""}
                for offer in self._get_open_offers()
            ],
            order,
        )._give(order)
