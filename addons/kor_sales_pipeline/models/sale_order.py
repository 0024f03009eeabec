from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_contracts.models.kor_contract import TERM_MONTHS
from odoo.addons.kor_enterprise_tiers.tools import put_in_sentence

from ..groups import SELLERS, STAFF
from .sale_order_line import SHOWING

# In the context of what sending, signing and making versions write. An object: no caller from outside can send one.
FREEZING = object()
FROZEN = {
    "partner_id",
    "company_id",
    "currency_id",
    "pricelist_id",
    "fiscal_position_id",
    "payment_term_id",
    "note",
    "kor_is_proposal",
    "kor_plan_id",
    "kor_tier_id",
    "kor_term_months",
    "kor_date_start",
    "kor_uptime_target",
    "kor_support_level_id",
    "kor_feature_ids",
    "kor_amends_contract_id",
    "kor_amend_kind",
}
# Written by what happens to a proposal, and by nobody by hand.
EVIDENCE = {
    "kor_version",
    "kor_previous_id",
    "kor_next_id",
    "kor_snapshot",
    "kor_snapshot_hash",
    "kor_sent_on",
    "kor_decision",
    "kor_decision_hash",
    "kor_contract_id",
}


class SaleOrder(models.Model):
    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    kor_is_proposal = fields.Boolean(string="Proposal", copy=True, index=True)
    kor_plan_id = fields.Many2one("kor.plan", string="Plan", index="btree_not_null", ondelete="restrict", tracking=True)
    kor_tier_id = fields.Many2one(
        "kor.tier", compute="_compute_kor_service", store=True, precompute=True, ondelete="restrict",
        index="btree_not_null", string="Tier",
    )  # fmt: skip
    kor_uptime_target = fields.Float(
        string="Uptime (%)", digits=(16, 4), min_display_digits=0, compute="_compute_kor_service", store=True,
        readonly=False, precompute=True, tracking=True, help="0: as agreed.",
    )  # fmt: skip
    kor_support_level_id = fields.Many2one(
        "kor.support.level", string="Support", compute="_compute_kor_service", store=True, readonly=False,
        precompute=True, ondelete="restrict", tracking=True,
    )  # fmt: skip
    kor_term_months = fields.Integer(string="Term (months)", tracking=True)
    kor_date_start = fields.Date(string="Contract Start", tracking=True)
    kor_version = fields.Integer(string="Version", default=1, readonly=True, copy=False)
    kor_previous_id = fields.Many2one(
        "sale.order", string="Previous Version", readonly=True, copy=False, index="btree_not_null"
    )
    kor_next_id = fields.Many2one(
        "sale.order", string="Superseded by", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    kor_section_ids = fields.One2many("kor.proposal.section", "order_id", string="Sections", copy=True, groups=STAFF)
    kor_clause_ids = fields.One2many("kor.proposal.clause", "order_id", string="Clauses", copy=True, groups=STAFF)
    kor_discount_ids = fields.One2many(
        "kor.discount", "proposal_id", string="Discounts on the Whole", copy=False, groups=SELLERS
    )
    kor_feature_ids = fields.Many2many(
        "kor.feature",
        "kor_proposal_feature_rel",
        "order_id",
        "feature_id",
        string="Further Features",
        copy=False,
        groups=SELLERS,
        domain="[('id', 'not in', kor_tier_feature_ids)]",
        help="Agreed beside those of the tier. They are in the contract once the proposal is signed.",
    )
    kor_tier_feature_ids = fields.Many2many(related="kor_tier_id.all_feature_ids", groups=SELLERS)
    kor_terms_ids = fields.One2many("kor.proposal.terms", "order_id", string="Terms", groups=STAFF)
    kor_snapshot = fields.Json(readonly=True, copy=False, groups=STAFF)
    kor_snapshot_hash = fields.Char(string="Fingerprint", readonly=True, copy=False)
    kor_sent_on = fields.Datetime(string="Sent on", readonly=True, copy=False)
    kor_contract_id = fields.Many2one(
        "kor.contract", string="Contract", readonly=True, copy=False, index="btree_not_null", ondelete="restrict",
        groups=STAFF,
    )  # fmt: skip
    kor_amends_contract_id = fields.Many2one(
        "kor.contract", string="Changes Contract", index="btree_not_null", ondelete="restrict",
        groups=STAFF,
        help="The running contract of the customer that this proposal changes or renews, once it is signed.",
    )  # fmt: skip
    kor_amend_kind = fields.Selection(
        [("amendment", "Amendment"), ("renewal", "Renewal")],
        string="As",
        default="amendment",
        groups=STAFF,
    )

    _kor_next_unique = models.UniqueIndex(
        "(kor_previous_id) WHERE kor_previous_id IS NOT NULL AND state != 'cancel'",
        "This version has been followed by another one already.",
    )
    _kor_uptime = models.Constraint(
        "CHECK (kor_uptime_target IS NULL OR kor_uptime_target BETWEEN 0 AND 100)",
        "An uptime is a percentage from 0 to 100.",
    )

    @api.depends("kor_plan_id")
    def _compute_kor_service(self):
        for order in self:
            tier = order.kor_plan_id.tier_id
            order.kor_tier_id = tier
            order.kor_uptime_target = tier.uptime_target
            order.kor_support_level_id = tier.support_level_id

    @api.depends("kor_plan_id")
    def _compute_currency_id(self):
        result = super()._compute_currency_id()
        for order in self.filtered("kor_plan_id"):
            order.currency_id = order.kor_plan_id.currency_id
        return result

    def _compute_invoice_status(self):
        """Leave the invoices of a proposal to its contract."""
        result = super()._compute_invoice_status()
        self.filtered("kor_is_proposal").invoice_status = "no"
        return result

    @api.depends_context("lang")
    def _compute_type_name(self):
        result = super()._compute_type_name()
        self.filtered(lambda one: one.kor_is_proposal and one.state != "sale").type_name = self.env._("Proposal")
        return result

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._kor_check_no_evidence(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._kor_check_no_evidence(vals)
        if FROZEN & set(vals):
            self._kor_check_open()
        if vals.get("state") == "draft":
            self._kor_check_open()
        sending = self.browse()
        if vals.get("state") == "sent":
            sending = self.filtered(lambda order: order.kor_is_proposal and order.state == "draft")
            sending._kor_check_can_send()
        result = super().write(vals)
        sending._kor_freeze()
        return result

    def copy(self, default=None):
        proposals = self.filtered("kor_is_proposal")
        if not proposals:
            return super().copy(default)
        self.check_access("read")
        self.browse().check_access("create")
        orders_sudo = self.sudo()  # sellers copy the discounts of a plan with the proposal, but may not make any
        copies = super(SaleOrder, orders_sudo).copy(default)
        for order, new in zip(orders_sudo, copies, strict=True):
            # By hand: others who copy orders may not read these fields.
            order.kor_discount_ids.copy({"proposal_id": new.id})
            new.kor_feature_ids = order.kor_feature_ids
        return copies.with_env(self.env)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kor_sent(self):
        if self.filtered("kor_snapshot_hash"):
            raise UserError(self.env._("A proposal that was sent is kept. Cancel it instead."))

    def _get_invoiceable_lines(self, final=False):
        lines = super()._get_invoiceable_lines(final)
        return lines.browse() if self.filtered("kor_is_proposal") else lines

    def _get_update_prices_lines(self):
        return super()._get_update_prices_lines().filtered(lambda line: not line._kor_has_terms())

    @api.model
    def _kor_get_list_months(self, plan):
        """Return the term for which a plan is listed."""
        return TERM_MONTHS.get(plan.term, 12)

    def _kor_frozen(self, **values):
        """Return the orders for what may write on a frozen proposal."""
        return self.with_context(kor_freezing=FREEZING, **values)

    def _kor_check_no_evidence(self, vals):
        written = sorted(EVIDENCE & set(vals))
        if written and self.env.context.get("kor_freezing") is not FREEZING:
            raise UserError(
                self.env._(
                    "%(fields)s of a proposal follows from what happens to it and is not written by hand.",
                    fields=", ".join(self._fields[name]._description_string(self.env) for name in written),
                )
            )

    def _kor_check_open(self):
        """Raise where a proposal has been sent: from then on a change makes the next version."""
        if self.env.context.get("kor_freezing") is FREEZING:
            return
        frozen = self.filtered("kor_snapshot_hash")[:1]
        if frozen:
            raise UserError(
                self.env._(
                    "%(proposal)s, version %(version)s, has been sent and stays as it is. Make the next version for "
                    "the change.",
                    proposal=frozen.name,
                    version=frozen.kor_version,
                )
            )

    def _kor_fill(self):
        """Write what a new proposal starts with: lines, discounts, sections, clauses."""
        self.ensure_one()
        order = self.sudo()  # sellers offer the discounts of a plan, but may not make any
        order = order.with_context(lang=self._get_lang(), sale_no_log_for_new_lines=True)
        plan = order.kor_plan_id
        expected = self.opportunity_id._kor_get_expected_quantities() if self.opportunity_id else {}
        order._kor_add_charges(plan.charge_ids, expected)
        order.kor_discount_ids = plan.discount_ids.filtered(lambda one: one.kind == "amount")._prepare_copy_commands()
        order._kor_add_amount_lines()
        order._kor_add_sections()
        order._kor_add_clauses()

    def _kor_add_charges(self, charges, expected):
        """Add an order line for each charge, grouped by how often it is due; options come last."""
        line_model = self.env["sale.order.line"]
        sequence = max(self.order_line.mapped("sequence"), default=0)
        groups = {}
        for charge in charges.sorted(lambda one: self._kor_get_group(one)[0]):
            groups.setdefault(self._kor_get_group(charge), []).append(charge)
        for (order_key, title, optional), members in groups.items():
            sequence += 10
            line_model.create(
                {
                    "order_id": self.id,
                    "display_type": "line_section",
                    "name": title,
                    "sequence": sequence,
                    "is_optional": optional,
                    "kor_key": f"section-{'-'.join(map(str, order_key))}",
                }
            )
            for charge in members:
                sequence += 10
                self._kor_add_charge(charge, expected.get(charge.metric_id.code), sequence, optional)

    def _kor_add_charge(self, charge, quantity, sequence, optional):
        terms_model = self.env["kor.proposal.terms"]
        if charge.charge_type == "usage":
            quantity = quantity or 0
        elif charge.charge_type != "per_unit":
            quantity = None
        values = terms_model._prepare_from_charge_values(charge, quantity)
        line = self.env["sale.order.line"].create(
            {
                "order_id": self.id,
                "product_id": charge.product_id.id,
                "name": charge.name,
                "sequence": sequence,
                "price_unit": 0,
                "product_uom_qty": 0,
                "kor_charge_id": charge.id,
                "kor_key": uuid4().hex,
            }
        )
        terms = terms_model.create({**values, "order_line_id": line.id})
        percent = terms._move_percents()
        native = terms._prepare_native_values()
        if optional:
            native["product_uom_qty"] = 0
        line.with_context(kor_showing=SHOWING).write(
            {**native, "technical_price_unit": native["price_unit"], "discount": percent}
        )
        line.name = f"{charge.name}\n{terms._describe_price()}"
        return line

    def _kor_get_group(self, charge):
        """Return the sort key, title and whether it is optional of the section that a charge stands in."""
        months, used = charge.billing_months, charge.charge_type in ("usage", "commitment")
        if charge.charge_type == "one_time":
            key, title = (2, 0), self.env._("Once, at the start")
        elif used:
            key, title = (3, months), self.env._("By use, each %(period)s", period=charge._describe_period())
        else:
            key, title = (1, months), self.env._("Each %(period)s", period=charge._describe_period())
        # Terms of a proposal are no option by themselves: the section is.
        if charge._name == "kor.charge" and charge.optional:
            return (4, *key), self.env._("Options – %(title)s", title=put_in_sentence(self.env, title)), True
        return (0, *key), title, False

    def _kor_add_amount_lines(self):
        """Show amounts off the whole as lines of their own, one for each period that recurs."""
        product = self.env.ref("kor_sales_pipeline.product_proposal_discount")
        for months, lines in (
            self.order_line.filtered("kor_monthly").grouped(lambda line: line.kor_terms_id.billing_months).items()
        ):
            for discount in self.kor_discount_ids._filter_lasting():
                self.env["sale.order.line"].create(
                    {
                        "order_id": self.id,
                        "product_id": product.id,
                        "name": discount.summary,
                        "sequence": lines[-1].sequence + 1,
                        "product_uom_qty": 1,
                        "price_unit": -discount.value,
                        "tax_ids": [fields.Command.set(lines[0].tax_ids.ids)],
                        "kor_key": f"discount-{months}-{discount.id}",
                    }
                )

    def _kor_add_sections(self):
        templates = self.env["kor.proposal.section.template"]._get_for(self.kor_tier_id, self.company_id)
        self.env["kor.proposal.section"].create(
            [
                {
                    "order_id": self.id,
                    "part": template.part,
                    "title": template.name,
                    "body": template.body,
                    "sequence": template.sequence,
                }
                for template in templates.with_context(lang=self._get_lang())
            ]
        )

    def _kor_add_clauses(self):
        library = self.env["kor.clause"].search([("is_default", "=", True)]).with_context(lang=self._get_lang())
        own = library.filtered(
            lambda one: (
                (not one.tier_ids or self.kor_tier_id in one.tier_ids)
                and (not one.company_id or one.company_id == self.company_id)
            )
        )
        self.env["kor.proposal.clause"].create(
            [
                {"order_id": self.id, "clause_id": one.id, "name": one.name, "body": one.body, "sequence": one.sequence}
                for one in own
            ]
        )
