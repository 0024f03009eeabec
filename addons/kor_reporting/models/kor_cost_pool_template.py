from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from odoo.addons.kor_enterprise_tiers.tools import parse_day


class KorCostPoolTemplate(models.Model):
    """A cost that comes back each month: its pools are made from it."""

    _name = "kor.cost.pool.template"
    _inherit = ["kor.cost.setup.mixin"]
    _description = "Recurring Cost"
    _order = "category, name, id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    month_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.context_today(self).replace(day=1),
        help="The first month of which a pool is made.",
    )
    month_to = fields.Date(string="Until", help="The last month. Empty: on and on.")
    pool_ids = fields.One2many("kor.cost.pool", "template_id", string="Pools", readonly=True)
    share_ids = fields.One2many("kor.cost.share", "template_id", string="Contracts", copy=True)
    use_ids = fields.One2many("kor.cost.use", "template_id", string="Used by", copy=False)

    _name_unique = models.UniqueIndex(
        "(company_id, name) WHERE active", "There is a recurring cost of this name already: choose another name."
    )

    def make_pools(self, month):
        """Make the pools of a month, of those that have none yet.

        :param month: any day of the month, as YYYY-MM-DD
        :return: the ids of all pools that the recurring costs have in the month
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("kor_reporting.group_kor_reporting_user"):
            raise AccessError(self.env._("Only members of KOR Enterprise › Reporting make cost pools."))
        day = parse_day(month)
        if not day:
            raise UserError(self.env._("The month must be a date written as YYYY-MM-DD, not “%(value)s”.", value=month))
        first = day.replace(day=1)
        self.sudo()._make_pools([first])  # the link to the recurring cost is written by nobody else
        return self.env["kor.cost.pool"].search([("template_id", "in", self.ids), ("month", "=", first)]).ids

    @api.model
    def _cron_make_pools(self):
        """Make the pools of each month up to the next one that have not been made yet."""
        templates = self.search([])  # pylint: disable=no-search-all  # one for each kind of cost
        if not templates:
            return
        until = fields.Date.context_today(self).replace(day=1) + relativedelta(months=1)
        month, months = min(templates.mapped("month_from")).replace(day=1), []
        while month <= until:
            months.append(month)
            month += relativedelta(months=1)
        templates._make_pools(months)

    def _make_pools(self, months):
        """Make the pools of months that are lacking, with what they use of each other."""
        model = self.env["kor.cost.pool"]
        domain = [("company_id", "in", self.company_id.ids), ("month", "in", months)]
        known = model.search_fetch(domain, ["template_id", "month", "name", "company_id"])
        found = {(pool.template_id, pool.month): pool for pool in known}
        # One that was made by hand under the name is taken for the cost of that month.
        names = {(pool.company_id, pool.month, pool.name) for pool in known}
        lacking = [
            (template, month)
            for template in self
            for month in months
            if template._runs_in(month)
            and (template, month) not in found
            and (template.company_id, month, template.name) not in names
        ]
        made = model.create([template._prepare_pool(month) for template, month in lacking])
        found.update(zip(lacking, made, strict=True))
        self._make_uses(found, made)

    def _make_uses(self, found, made):
        """Let new pools use each other, and those that were there, as their recurring costs do."""
        uses = self.env["kor.cost.use"].search(
            ["|", ("template_id", "in", self.ids), ("target_template_id", "in", self.ids)]
        )
        pairs = [
            (found[use.template_id, month], found[use.target_template_id, month], use.quantity)
            for use in uses
            for month in set(made.mapped("month"))
            if found.keys() >= {(use.template_id, month), (use.target_template_id, month)}
        ]
        uses.create(
            [
                {"pool_id": service.id, "target_pool_id": user.id, "quantity": quantity}
                for service, user, quantity in pairs
                if service in made or user in made
            ]
        )

    def _runs_in(self, month):
        self.ensure_one()
        last = fields.Date.end_of(month, "month")
        return self.month_from <= last and (not self.month_to or self.month_to >= month)

    def _prepare_pool(self, month):
        return {
            **self._prepare_setup(),
            "template_id": self.id,
            "month": month,
            "share_ids": [
                Command.create({"contract_id": share.contract_id.id, "percent": share.percent, "amount": share.amount})
                for share in self.share_ids
            ],
        }
