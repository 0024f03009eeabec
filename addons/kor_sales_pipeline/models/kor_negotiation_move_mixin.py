from odoo import fields, models
from odoo.exceptions import LockError, UserError

from .kor_counter_offer_terms import AREA_TERMS, LINE_TERMS, is_same

CLOSED = ("agreed", "broken_off")
MOST_OFFERS = 50


class KorNegotiationMoveMixin(models.AbstractModel):
    """What both sides do: propose, counter, withdraw, agree, break off. Each move is one row lock."""

    _name = "kor.negotiation.move.mixin"
    _description = "Moves of a Negotiation"

    def counter(self, offers):
        """Ask for something else than the newest version says; customers do it for themselves, staff for them.

        :param offers: a list of dictionaries with `area`, `reason` and what is asked: `line` (id) with `price_unit`,
            `quantity`, `discount`; `discount` of all lines; `term_months`; `uptime_target`; `support_level` (code or
            id); `features` (codes or ids); `text`
        :return: the ids of the counter-offers
        """
        return self._get_checked("read")._counter(offers, self.env.user.partner_id).ids

    def withdraw(self, offers):
        """Take counter-offers back that are not answered yet.

        :param offers: a list of ids
        :return: True
        """
        self._get_checked("read")._withdraw(offers, self.env.user.partner_id)
        return True

    def agree(self):
        """Accept the newest version, which then goes to signature.

        :return: {"order": id, "url": where it is signed}
        """
        order = self._get_checked("read")._agree(self.env.user.partner_id)
        return {"order": order.id, "url": order.get_portal_url()}

    def break_off(self, reason):
        """End the negotiation without an agreement.

        :param reason: why, for us
        :return: True
        """
        self._get_checked("write")._break_off(reason)
        return True

    def reopen(self):
        """Go on with a closed negotiation of which nothing was signed.

        :return: the status
        """
        negotiation = self._get_checked("write")
        negotiation._lock()
        if negotiation.state not in CLOSED:
            raise UserError(self.env._("%(name)s is not closed.", name=self.name))
        if negotiation.order_id.state == "sale":
            raise UserError(self.env._("%(order)s is signed: amend the contract instead.", order=self.order_id.name))
        state = "waiting_them" if negotiation.round_ids else "open"
        negotiation._move_to(state, date_closed=False, agreed_by_id=False, break_reason=False)
        return negotiation.state

    def _get_checked(self, operation):
        """Return the negotiation with all rights, where the user has those of the operation."""
        self.ensure_one()
        self.check_access(operation)
        return self.sudo()  # customers, who may only read, write by these moves alone; each checks what it writes

    def _lock(self):
        """Let one at a time move; whoever comes later is told, or starts again from what is then."""
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is answering or countering in %(name)s at this moment. Look at it again.",
                    name=self.name,
                )
            ) from error
        self.moves += 1
        self.flush_recordset(["moves"])

    def _move_to(self, state, **values):
        self.write({"state": state, "waiting_since": fields.Datetime.now(), "date_reminded": False, **values})

    def _check_running(self):
        if self.state in CLOSED:
            raise UserError(
                self.env._(
                    "%(name)s is closed: %(state)s. Write to your contact if it should go on.",
                    name=self.name,
                    state=dict(self._fields["state"]._description_selection(self.env))[self.state],
                )
            )

    def _get_round_to_counter(self):
        """Return the round whose version can be countered, or raise."""
        self._check_running()
        last = self._get_last_round()
        if not last:
            raise UserError(self.env._("There is no proposal yet that could be countered."))
        if self._get_prepared():
            raise UserError(
                self.env._("Our answer to your last counter-offer is being prepared. Wait for it, or take yours back.")
            )
        last.order_id._kor_check_can_counter()
        return last

    def _counter(self, offers, partner, from_form=False):
        """Write down what is asked, with its effect, and tell the seller.

        :param from_form: a form also sends what is unchanged
        """
        self._lock()
        last = self._get_round_to_counter()
        asks = [self._read_offer(last.order_id, plain) for plain in self._check_offer_list(offers)]
        asks = [ask for ask in asks if ask or not from_form]
        if not asks or not all(asks):
            raise UserError(self.env._("Nothing is asked: change a value, or say in words what you want otherwise."))
        self._check_asked_once(last, asks)
        if last.offer_ids.filtered(lambda offer: offer.state not in ("open", "withdrawn")):
            last = self._add_round(last.order_id)
        records = self.env["kor.counter.offer"].create(
            [{"round_id": last.id, "author_id": partner.id, **ask} for ask in asks]
        )
        self._note_effects(records)
        self._move_to("waiting_us")
        self._tell_countered(records, partner)
        return records

    def _check_offer_list(self, offers):
        usable = isinstance(offers, list | tuple) and 0 < len(offers) <= MOST_OFFERS
        if not usable or not all(isinstance(plain, dict) for plain in offers):
            raise UserError(
                self.env._(
                    "Counter-offers are a list of 1 to %(most)s dictionaries such as "
                    "{“area”: “pricing”, “line”: 7, “price_unit”: 80, “reason”: “…”}.",
                    most=MOST_OFFERS,
                )
            )
        return offers

    def _read_offer(self, order, plain):
        """Return the values of a counter-offer; empty where nothing is asked."""
        plain = dict(plain)
        area, reason = plain.pop("area", None), plain.pop("reason", "")
        line = self._read_line(order, plain.pop("line", None))
        terms = self.env["kor.counter.offer.terms"]
        area = area or next((key for key, names in AREA_TERMS.items() if set(plain) & (set(names) - {"text"})), None)
        asked = terms._read_terms(area, line, plain)
        self._check_askable(line, asked)
        was = terms._get_current_terms(order, line, asked)
        asked = {name: value for name, value in asked.items() if name not in was or not is_same(was[name], value)}
        reason = terms._read_text(reason or "")
        if not asked and reason:
            raise UserError(
                self.env._("You gave a reason, “%(reason)s”, but changed nothing beside it.", reason=reason)
            )
        return asked and {
            "area": area,
            "line_id": line.id,
            "subject": (line.name or "").split("\n")[0],
            "was": {name: was[name] for name in asked if name in was},
            "asked": asked,
            "reason": reason,
        }

    def _read_line(self, order, line_id):
        lines = order._kor_negotiable_lines()
        line = lines.filtered(lambda one: one.id == line_id)
        if line_id and not line:
            raise UserError(
                self.env._(
                    "%(line)s is no line of %(order)s; use one of: %(lines)s.",
                    line=line_id,
                    order=order.name,
                    lines=", ".join(f"{one.id} ({one.name.splitlines()[0]})" for one in lines),
                )
            )
        return line

    def _check_askable(self, line, asked):
        """Raise where the line has no such value of its own."""
        without = set(asked) & set(LINE_TERMS) - set(line._kor_get_askable()) if line else ()
        for name in without:
            raise UserError(
                self.env._(
                    "%(line)s has no %(what)s of its own: ask for a discount, or in words.",
                    line=line.name.split("\n")[0],
                    what=self.env["kor.counter.offer.terms"]._get_term_labels()[name],
                )
            )

    def _check_asked_once(self, last, asks):
        """Raise where one value would be asked for twice: nobody could say which holds."""
        open_offers = last.offer_ids.filtered(lambda offer: offer.state == "open")
        known = [(offer.line_id.id, offer.area, name) for offer in open_offers for name in offer.asked]
        for ask in asks:
            for name in set(ask["asked"]) - {"text"}:
                key = (ask["line_id"], ask["area"], name)
                if key in known:
                    label = self.env["kor.counter.offer.terms"]._get_term_labels()[name]
                    raise UserError(
                        self.env._(
                            "You have asked for %(what)s already. Take that back before you ask for something else.",
                            what=f"{label} ({ask['subject']})" if ask["subject"] else label,
                        )
                    )
                known.append(key)
        if any(name in LINE_TERMS for _line, _area, name in known if not _line) and any(
            line and name == "discount" for line, _area, name in known
        ):
            raise UserError(self.env._("Ask for a discount on the whole or on single lines, not for both."))

    def _say(self, partner, body):
        """Post what the customer did, in the name of who did it."""
        self.message_post(body=body, author_id=partner.id, message_type="comment", subtype_xmlid="mail.mt_comment")

    def _withdraw_offers(self, offers):
        offers.write({"state": "withdrawn", "date_answered": fields.Datetime.now()})

    def _tell_countered(self, offers, partner):
        self._say(partner, self._get_offers_html(offers))
        if not self.activity_search(["mail.mail_activity_data_todo"], user_id=self._get_seller().id):
            self._plan_activity(self.env._("Answer the counter-offer"))

    def _withdraw(self, offer_ids, partner):
        self._lock()
        self._check_running()
        chosen = self._get_open_offers().filtered(lambda offer: offer.id in offer_ids) if offer_ids else ()
        if not chosen or len(chosen) != len(set(offer_ids)):
            raise UserError(self.env._("Only counter-offers that are not answered yet can be taken back."))
        self._take_back(self._get_prepared())
        self._withdraw_offers(chosen)
        self._note_asked_figures()
        self._say(partner, self.env._("Taken back: %(offers)s", offers=", ".join(chosen.mapped("display_name"))))
        if not self._get_open_offers():
            self._move_to("waiting_them")

    def _agree(self, partner):
        self._lock()
        self._check_running()
        order = self.order_id
        if self._get_open_offers() or not order:
            raise UserError(
                self.env._("A counter-offer of yours waits for our answer. Take it back to accept what we proposed.")
            )
        order._kor_check_can_counter()
        order._kor_check_can_sign()
        self._close("agreed", agreed_by_id=partner.id)
        self._say(partner, self.env._("We accept %(order)s. It goes to signature.", order=order._kor_version_label()))
        self.lead_id._kor_move_to("signing")
        return order

    def _break_off(self, reason):
        self._lock()
        self._check_running()
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why the negotiation is broken off."))
        self._close("broken_off", break_reason=reason.strip())
        self._message_log(body=self.env._("Broken off: %(reason)s", reason=reason.strip()))

    def _close(self, state, **values):
        """Close the negotiation; what nobody has answered is neither accepted nor declined."""
        self._take_back(self._get_prepared())
        self._withdraw_offers(self._get_open_offers())
        self._move_to(state, date_closed=fields.Datetime.now(), **values)
        self.activity_unlink(["mail.mail_activity_data_todo"])

    def _add_round(self, order):
        """Add a round about a version, with its figures."""
        figures = order._kor_figures()
        rounds = self.env["kor.negotiation.round"].create(
            {
                "negotiation_id": self.id,
                "number": (self._get_last_round().number or 0) + 1,
                "order_id": order.id,
                "version": order.kor_version,
                "figures": figures,
            }
        )
        first = self.round_ids.sorted("number")[:1].figures or figures
        kept = ("mrr", "arr", "tcv", "discount_percent", "margin_percent")
        self.write(
            {
                "partner_id": order.partner_id.id,
                "currency_id": order.currency_id.id,
                "arr_change": figures["arr"] - first["arr"],
                **{name: figures[name] for name in kept},
            }
        )
        return rounds
