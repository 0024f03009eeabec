from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.kor_contracts.models.kor_contract import TERM_MONTHS
from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import format_quantity

from ..engine.fingerprint import fingerprint
from ..engine.term_value import Part, lasting_net, percent_off
from ..groups import MANAGERS, SELLERS, STAFF

# The kind of activity by which managers are asked.
ASKING = "mail.mail_activity_data_todo"


class SaleOrder(models.Model):
    """What is off the list, or above a person's limit, is approved by a manager before it is sent."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    kor_decision = fields.Selection(
        [("asked", "Asked"), ("approved", "Approved"), ("refused", "Refused")], readonly=True, copy=False,
        groups=STAFF,
    )  # fmt: skip
    kor_decision_hash = fields.Char(readonly=True, copy=False, groups=STAFF)
    kor_approval_state = fields.Selection(
        [
            ("none", "Not needed"),
            ("needed", "Needed"),
            ("asked", "Asked for"),
            ("approved", "Approved"),
            ("refused", "Refused"),
        ],
        string="Approval",
        compute="_compute_kor_approval",
        store=True,
        compute_sudo=True,
        groups=STAFF,
        help="A decision holds for the terms that were decided on: a change asks anew.",
    )
    kor_approval_reasons = fields.Text(
        string="To be Approved", compute="_compute_kor_approval", store=True, compute_sudo=True, groups=SELLERS
    )
    kor_approval_note = fields.Text(string="Why", copy=False, groups=SELLERS)
    kor_approval_ids = fields.One2many("kor.proposal.approval", "order_id", string="Decisions", groups=SELLERS)

    @api.depends("kor_is_proposal", "order_line.price_unit", "order_line.discount", "order_line.product_uom_qty",
                 "kor_term_months", "kor_uptime_target", "kor_support_level_id", "kor_feature_ids",
                 "kor_decision", "kor_decision_hash",
                 "order_line.kor_terms_ids.quantity", "user_id")  # fmt: skip
    def _compute_kor_approval(self):
        for order in self:
            reasons = order._kor_find_reasons(order.user_id or self.env.user) if order.kor_is_proposal else []
            order.kor_approval_reasons = "\n".join(reasons)
            if not reasons:
                order.kor_approval_state = "none"
            elif order.kor_decision and order.kor_decision_hash == order._kor_get_terms_hash():
                order.kor_approval_state = order.kor_decision
            else:
                order.kor_approval_state = "needed"

    def action_kor_ask_approval(self):
        """Ask a manager to approve what is off the list.

        :return: True
        """
        self.check_access("write")
        for order in self:
            if order.kor_approval_state not in ("needed", "refused") and not order._kor_find_reasons(self.env.user):
                raise UserError(self.env._("Nothing in %(proposal)s needs an approval.", proposal=order.name))
            order._kor_decide("asked")
            for manager in self.env.ref(MANAGERS).all_user_ids.filtered(
                lambda user: user.active and user != self.env.user
            )[:5]:
                order.activity_schedule(
                    ASKING,
                    user_id=manager.id,
                    summary=self.env._("Approve %(proposal)s", proposal=order.name),
                    note=order.kor_approval_reasons,
                )
        return True

    def action_kor_approve(self, note=""):
        """Approve what is off the list.

        :param note: why, in a sentence
        :return: True
        """
        return self._kor_answer("approved", note)

    def action_kor_refuse(self, note=""):
        """Refuse what is off the list.

        :param note: why, in a sentence
        :return: True
        """
        return self._kor_answer("refused", note)

    def _kor_answer(self, decision, note):
        self.check_access("write")
        if not self.env.user.has_group(MANAGERS):
            raise AccessError(self.env._("Only managers of the pipeline approve proposals."))
        for order in self:
            if not order.kor_approval_reasons:
                raise UserError(self.env._("Nothing in %(proposal)s needs an approval.", proposal=order.name))
            order._kor_check_open()
            asked = order.kor_approval_ids.filtered(lambda one: one.decision == "asked").sorted("id")[-1:]
            if order.company_id.kor_four_eyes and asked.user_id == self.env.user:
                raise UserError(self.env._("You asked for this approval yourself: somebody else has to give it."))
            order._kor_decide(decision, note if isinstance(note, str) else "")
            order.activity_feedback([ASKING])
        return True

    def _kor_decide(self, decision, note=""):
        """Note who decided what, when and why."""
        note = note or self.kor_approval_note or ""
        terms_hash = self.sudo()._kor_get_terms_hash()  # in sudo: only the fingerprint
        self.env["kor.proposal.approval"].sudo().create(  # in sudo: facts, which nobody writes by hand
            {
                "order_id": self.id,
                "user_id": self.env.user.id,
                "decision": decision,
                "reasons": self.kor_approval_reasons,
                "note": note,
                "terms_hash": terms_hash,
            }
        )
        self._kor_frozen().write(
            {"kor_decision": decision, "kor_decision_hash": terms_hash, "kor_approval_note": False}
        )
        label = dict(self.env["kor.proposal.approval"]._fields["decision"]._description_selection(self.env))[decision]
        self._message_log(body=self.env._("Approval: %(decision)s. %(note)s", decision=label, note=note))

    def _kor_check_can_send(self):
        """Raise where the proposal cannot be sent. Extensible."""
        for order in self:
            if not order.order_line.filtered("kor_terms_id"):
                raise UserError(self.env._("%(proposal)s offers nothing yet: add lines.", proposal=order.name))
            if order.is_expired:
                raise UserError(
                    self.env._(
                        "%(proposal)s has expired on %(day)s. Set a later day until which it is valid.",
                        proposal=order.name,
                        day=order.validity_date,
                    )
                )
            order._kor_check_approved()

    def _kor_check_approved(self):
        order = self.sudo()  # in sudo: reasons are internal, whether they are dealt with is not
        reasons = order._kor_find_reasons(self.env.user if self.env.user._is_internal() else order.user_id)
        reasons = reasons or (order.kor_approval_reasons or "").splitlines()
        holds = order.kor_decision == "approved" and order.kor_decision_hash == order._kor_get_terms_hash()
        if reasons and not holds:
            raise UserError(
                self.env._(
                    "%(proposal)s needs the approval of a manager before it goes to the customer: %(reasons)s",
                    proposal=order.name,
                    reasons=" ".join(reasons),
                )
            )

    def _kor_find_reasons(self, user):
        """Return in sentences what of the proposal a person cannot send alone. Extensible."""
        self.ensure_one()
        reasons, limit = [], user._kor_get_discount_limit(self.company_id)
        for line in self.order_line.filtered("kor_terms_id"):
            percent = float(self._kor_get_percent_below_plan(line))
            if percent > limit + 0.005:
                reasons.append(
                    self.env._(
                        "“%(line)s” is %(percent)s %% below the plan; the limit of %(person)s is %(limit)s %%.",
                        line=line.kor_terms_id.name,
                        percent=format_quantity(self.env, round(percent, 2)),
                        person=user.name,
                        limit=format_quantity(self.env, limit),
                    )
                )
        return reasons + self._kor_find_service_reasons() + self._kor_find_term_reasons()

    def _kor_get_percent_below_plan(self, line):
        """Return by how many percent a line is cheaper than the plan offers it to everybody."""
        terms, charge = line.kor_terms_id, line.kor_charge_id
        if not charge or charge.currency_id != self.currency_id:
            return to_decimal(line.discount)
        if terms._is_used():
            return self._kor_get_use_percent(line)
        amount = to_decimal(charge._simulate(terms.quantity, terms.events)["total"])
        offered = self.env["kor.proposal.terms"]._prepare_from_charge_values(charge)["discount_ids"]
        discounts = tuple(self.env["kor.discount"].new(one[2])._get_engine_discount() for one in offered)
        full = lasting_net(Part(amount, charge.billing_months, discounts))
        if charge.billing_months != terms.billing_months:
            return to_decimal(line.discount)
        return percent_off(full, lasting_net(line._kor_get_part()))

    def _kor_get_use_percent(self, line):
        """Return the discount on a price for use, measured on one unit price; the plan's own share is left out."""
        terms, charge = line.kor_terms_id, line.kor_charge_id
        before = to_decimal(charge.unit_price) or to_decimal(1)
        after = to_decimal(terms.unit_price) if charge.unit_price else to_decimal(1)
        offered = self.env["kor.proposal.terms"]._prepare_from_charge_values(charge)["discount_ids"]
        discounts = tuple(self.env["kor.discount"].new(one[2])._get_engine_discount() for one in offered)
        own = tuple(line._kor_get_discounts())
        return percent_off(lasting_net(Part(before, 1, discounts)), lasting_net(Part(after, 1, own)))

    def _kor_find_service_reasons(self):
        tier, reasons = self.kor_tier_id, []
        if self.kor_uptime_target > tier.uptime_target:
            reasons.append(
                self.env._(
                    "An uptime of %(asked)s is above the %(listed)s of the tier %(tier)s.",
                    asked=self._kor_describe_uptime(),
                    listed=self.env._("%(target)s %%", target=format_quantity(self.env, tier.uptime_target)),
                    tier=tier.name,
                )
            )
        if self.kor_support_level_id != tier.support_level_id:
            reasons.append(
                self.env._(
                    "The support level %(asked)s is not that of the tier %(tier)s (%(listed)s).",
                    asked=self.kor_support_level_id.name or "–",
                    listed=tier.support_level_id.name or "–",
                    tier=tier.name,
                )
            )
        if self.kor_feature_ids - tier.all_feature_ids:
            reasons.append(
                self.env._(
                    "The tier %(tier)s is without %(features)s.",
                    tier=tier.name,
                    features=", ".join((self.kor_feature_ids - tier.all_feature_ids).mapped("name")),
                )
            )
        return reasons

    def _kor_find_term_reasons(self):
        plans = self.kor_tier_id.plan_ids | self.kor_plan_id
        listed = {TERM_MONTHS[plan.term] for plan in plans if plan.term in TERM_MONTHS}
        if not listed or self.kor_term_months in listed:
            return []
        return [
            self.env._(
                "A term of %(months)s months is not on the list of the tier %(tier)s (%(listed)s).",
                months=self.kor_term_months,
                tier=self.kor_tier_id.name,
                listed=", ".join(map(str, sorted(listed))),
            )
        ]

    def _kor_get_terms_hash(self):
        """Return the fingerprint of what an approval decides on: prices, term and service."""
        self.ensure_one()
        lines = [
            # How many of an option are taken is the customer's choice.
            [line.kor_key or line.id, line.price_unit, line.discount]
            + ([] if line._is_line_optional() else [line.kor_terms_id.quantity])
            for line in self.order_line.filtered("kor_terms_id").sorted("id")
        ]
        service = [self.kor_uptime_target, self.kor_support_level_id.id or 0, self.kor_term_months]
        service += [sorted(self.kor_feature_ids.ids)] if self.kor_feature_ids else []
        return fingerprint([lines, service])
