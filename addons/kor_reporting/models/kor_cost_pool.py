from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.kor_enterprise_tiers.tools import parse_day

from .kor_cost_setup_mixin import SOURCE_FIELDS

# What must stay as it is once something is booked.
IDENTITY_FIELDS = {"company_id", "month", "category", "role"}


class KorCostPool(models.Model):
    """What one kind of cost came to in a month, whom it falls to, and what of it is booked."""

    _name = "kor.cost.pool"
    _inherit = [
        "kor.engine.fields.mixin",
        "kor.cost.setup.mixin",
        "kor.cost.allocate.mixin",
        "kor.revenue.calendar.month",
    ]
    _description = "Cost Pool"
    _order = "month desc, category, name, id"
    _check_company_auto = True

    month = fields.Date(
        required=True,
        index=True,
        default=lambda self: fields.Date.context_today(self).replace(day=1),
        help="Any day of the month that it cost; the first one is kept.",
    )
    template_id = fields.Many2one(
        "kor.cost.pool.template",
        string="Recurring Cost",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    amount = fields.Monetary(
        string="Cost",
        currency_field="company_currency_id",
        readonly=True,
        copy=False,
        help="What the source says. Once allocated it stays, until it is read anew.",
    )
    received_amount = fields.Monetary(
        string="From Services",
        currency_field="company_currency_id",
        readonly=True,
        copy=False,
        help="What service departments of the month have handed on.",
    )
    received = fields.Json(readonly=True, copy=False)
    total_amount = fields.Monetary(
        string="Total", currency_field="company_currency_id", compute="_compute_totals", store=True
    )
    booked_amount = fields.Monetary(string="Allocated", currency_field="company_currency_id", readonly=True, copy=False)
    open_amount = fields.Monetary(
        string="Open",
        currency_field="company_currency_id",
        compute="_compute_totals",
        store=True,
        help="Not allocated yet, or changed since.",
    )
    facts = fields.Json(readonly=True, copy=False)
    facts_html = fields.Html(compute="_compute_facts_html", sanitize=False, string="What it is made of")
    date_refreshed = fields.Datetime(string="Read on", readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "To allocate"), ("blocked", "Cannot be allocated"), ("allocated", "Allocated")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        group_expand=True,
    )
    reason = fields.Char(string="Why not", readonly=True, copy=False)
    share_ids = fields.One2many("kor.cost.share", "pool_id", string="Contracts", copy=True)
    use_ids = fields.One2many("kor.cost.use", "pool_id", string="Used by", copy=False)
    allocation_ids = fields.One2many("kor.cost.allocation", "pool_id", string="Shares", readonly=True)

    _name_unique = models.UniqueIndex(
        "(company_id, month, name)", "There is a pool of this name in the month already: choose another name."
    )
    _template_unique = models.UniqueIndex(
        "(template_id, month) WHERE template_id IS NOT NULL", "The recurring cost has a pool of this month already."
    )

    @api.depends("name", "month")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for pool in self:
            pool.display_name = f"{pool.name} · {pool.month_name}" if pool.name and pool.month else pool.name

    @api.depends("amount", "received_amount", "booked_amount")
    def _compute_totals(self):
        for pool in self:
            currency = pool.company_currency_id
            pool.total_amount = currency.round(pool.amount + pool.received_amount)
            pool.open_amount = currency.round(pool.total_amount - pool.booked_amount)

    @api.depends("facts", "received")
    @api.depends_context("lang")
    def _compute_facts_html(self):
        qweb = self.env["ir.qweb"]
        for pool in self:
            pool.facts_html = qweb._render("kor_reporting.kor_cost_explanation_pool", pool._get_facts_values())

    def _get_facts_values(self):
        """Return what the template shows: what the pool is made of, that of the same name together."""
        self.ensure_one()
        rows = {}
        for fact in self.facts or []:
            row = rows.setdefault(fact["name"], {"name": fact["name"], "amount": 0, "count": 0, "hours": 0})
            row["amount"] += fact["amount"]
            row["count"] += fact.get("count") or 0
            row["hours"] += fact.get("quantity") or 0
        return {
            "pool": self,
            "rows": list(rows.values()),
            "received": self.received or {},
            "money": {"widget": "monetary", "display_currency": self.company_currency_id},
        }

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._normalise_month(vals)
        pools = super().create(vals_list)
        pools.sudo()._refresh()  # who may make a pool reads what it is made of
        return pools

    def write(self, vals):
        self._normalise_month(vals)
        if IDENTITY_FIELDS & vals.keys():
            self._refuse_booked(vals)
        result = super().write(vals)
        if (self._get_source_fields() | {"month", "company_id"}) & vals.keys():
            # A typed amount is meant; of all else an allocated pool keeps what was read.
            moved = self.filtered(lambda pool: pool.state != "allocated" or pool.source == "typed")
            moved.sudo()._refresh()  # as in create
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_booked(self):
        for pool in self.sudo().filtered("allocation_ids")[:1]:  # whatever of them may be read
            raise UserError(
                self.env._(
                    "“%(pool)s” is allocated and is kept as evidence. Set its amount to 0 and allocate it again to "
                    "take it back.",
                    pool=pool.display_name,
                )
            )

    def action_allocate(self):
        """Allocate the pools, and say of those that could not be why not.

        :return: a notification
        """
        results = self.allocate()
        failed = [result for result in results if result["reason"]]
        message = self.env._("%(count)s pools are allocated.", count=len(results) - len(failed))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if failed else "success",
                "message": "\n".join([message, *(f"{one['name']}: {one['reason']}" for one in failed)]),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_refresh(self):
        """Read the amounts anew.

        :return: True
        """
        self.refresh()
        return True

    def action_open_source(self):
        """Open the records that the pool is made of.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("read")
        model, domain = self._get_source_records()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What “%(pool)s” is made of", pool=self.name),
            "res_model": model,
            "views": [(False, "list"), (False, "form")],
            "domain": list(domain),
            "context": {"create": False},
        }

    def _get_source_fields(self):
        """Return what moves what a pool is made of. Extensible."""
        return SOURCE_FIELDS

    def _get_source_records(self):
        """Return the model and the domain of what the pool is made of. Extensible by source."""
        if self.source == "journal":
            if self.analytic_account_ids:
                return "account.analytic.line", self._get_part_domain()
            return "account.move.line", self._get_item_domain()
        if self.source == "infrastructure":
            return "kor.infrastructure", Domain("company_id", "=", self.company_id.id)
        raise UserError(self.env._("“%(pool)s” is typed in: there are no records behind it.", pool=self.name))

    def action_open_allocations(self):
        """Open the shares of contracts.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_reporting.kor_cost_allocation_action")
        context = {"create": False, "pivot_row_groupby": ["partner_id"]}
        return {**action, "domain": [("pool_id", "=", self.id)], "context": context}

    @api.model
    def _cron_refresh(self):
        """Keep the amounts of pools that are not allocated as their sources are."""
        pools = self.search([("state", "!=", "allocated"), ("source", "!=", "typed")])
        pools._refresh()

    @api.model
    def _explain_engine_field(self, name):
        return self.env._("It follows from source and allocation. Type an amount into “typed_amount”.")

    @api.model
    def _normalise_month(self, vals):
        day = parse_day(vals.get("month"))
        if day:
            vals["month"] = day.replace(day=1)

    def _refuse_booked(self, vals):
        for pool in self.sudo().filtered("allocation_ids"):  # whatever of them may be read
            kept = {
                "company_id": pool.company_id.id,
                "month": pool.month,
                "category": pool.category,
                "role": pool.role,
            }
            if any(kept[name] != vals[name] for name in IDENTITY_FIELDS & vals.keys()):
                raise UserError(
                    self.env._(
                        "“%(pool)s” is allocated: its company, month, category and way stay. Make a new pool.",
                        pool=pool.display_name,
                    )
                )
