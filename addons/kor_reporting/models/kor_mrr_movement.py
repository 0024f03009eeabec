import logging
from collections import defaultdict
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, split_every

from odoo.addons.kor_enterprise_tiers.tools import open_form

from ..engine.mrr import ledger

_logger = logging.getLogger(__name__)
DAY = timedelta(days=1)
CHUNK = 10_000
KINDS = [
    ("new", "New"),
    ("expansion", "Expansion"),
    ("contraction", "Contraction"),
    ("churn", "Churn"),
    ("reactivation", "Reactivation"),
    ("escalator", "Escalator"),
    ("currency", "Currency"),
]
# By how many customers there are more after the day.
COUNTS = {"new": 1, "reactivation": 1, "churn": -1}
# What says which movement it is, and what it says.
KEY = ("contract_id", "date", "sequence")
VALUES = (
    "kind", "hint", "amount", "local_amount", "customer_count", "cohort_month", "amendment_id", "partner_id",
    "tier_id", "plan_id", "account_manager_id", "country_id", "currency_id", "company_currency_id", "company_id",
)  # fmt: skip


class KorMrrMovement(models.Model):
    """A change of recurring revenue, up to today: of which contract, on which day, why, and by which amendment.

    The ledger is a difference: what contracts say less what is stored. Read anew, it takes in what lacks, lets go what
    is no longer so, and changes what moved.
    """

    _name = "kor.mrr.movement"
    _description = "MRR Movement"
    _order = "date desc, id desc"
    _rec_name = "contract_id"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    tier_id = fields.Many2one("kor.tier", readonly=True, help="Of the contract today.")
    plan_id = fields.Many2one("kor.plan", readonly=True, help="Of the contract today.")
    account_manager_id = fields.Many2one(
        "res.users", string="Account Manager", readonly=True, help="Of the contract today."
    )
    country_id = fields.Many2one("res.country", readonly=True, help="Of the customer today.")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    company_currency_id = fields.Many2one("res.currency", string="Company Currency", required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", string="Contract Currency", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True, index=True, help="The first day on which it holds.")
    sequence = fields.Integer(
        readonly=True, aggregator=False, help="Its place among what moved of the contract on the day."
    )
    kind = fields.Selection(
        KINDS,
        required=True,
        readonly=True,
        help="By the customer before and after the day: new and reactivation begin at nothing, churn ends there. "
        "Escalators are prices that follow an index or a clause; currency is what new rates make of the same.",
    )
    hint = fields.Char(readonly=True, string="Why", help="What kind of change it was, such as pause or discount.")
    amount = fields.Monetary(
        string="MRR",
        currency_field="company_currency_id",
        readonly=True,
        help="In the currency of the company, at the rate of the month. All of them up to a day make the MRR of it.",
    )
    local_amount = fields.Monetary(
        string="In Contract Currency",
        readonly=True,
        aggregator=False,
        help="Nothing where only the rate has changed.",
    )
    customer_count = fields.Integer(
        string="Customers",
        readonly=True,
        help="1 where somebody becomes a customer, −1 where one is lost. All of them make the number of customers.",
    )
    cohort_month = fields.Date(string="First MRR", readonly=True, help="The month in which the customer first had MRR.")
    amendment_id = fields.Many2one(
        "kor.contract.amendment", readonly=True, index="btree_not_null", help="What caused it; nothing for a rate."
    )

    _movement_unique = models.UniqueIndex(
        "(contract_id, date, sequence)", "This movement of the contract is in the ledger already."
    )

    @api.model
    def refresh(self):
        """Read the ledger of the current companies anew; what is in it already is not written again.

        :return: {"inserted", "updated", "deleted"}: how many movements
        """
        if not self.env.su and not self.env.user.has_group("kor_reporting.group_kor_reporting_user"):
            raise AccessError(
                self.env._("Only members of KOR Enterprise › Reporting read the ledger anew. Ask for that access.")
            )
        movements_sudo = self.sudo()  # nobody writes the ledger by hand, and what makes it need not be readable
        found = [movements_sudo._refresh_company(company) for company in self.env.companies]
        return {name: sum(one[name] for one in found) for name in ("inserted", "updated", "deleted")}

    def action_refresh(self):
        """Read the ledger anew, and say what has changed.

        :return: a notification
        """
        found = self.refresh()
        message = (
            self.env._("%(inserted)s movements are new, %(updated)s have changed, %(deleted)s are gone.", **found)
            if any(found.values())
            else self.env._("Nothing has changed.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_contract(self):
        """Open the contract.

        :return: a window action
        """
        return self._open(self.contract_id)

    def action_open_amendment(self):
        """Open the amendment that caused the movement.

        :return: a window action
        """
        return self._open(self.amendment_id)

    def _open(self, record):
        self.ensure_one()
        self.check_access("read")
        return open_form(record)

    @api.model
    def _cron_refresh(self):
        """Keep the ledgers of all companies, each on its own, so that none waits for another."""
        companies = self.env["res.company"].search([])  # pylint: disable=no-search-all  # each has its ledger
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            try:
                with self.env.cr.savepoint():
                    self._refresh_company(company)
            except UserError as error:
                _logger.warning("The MRR ledger of %s stays as it is: %s", company.name, error)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _refresh_company(self, company):
        """Write target less stored of a company; return how many movements that were, by what was done."""
        self.env.flush_all()
        target, stored = self._read_target(company), self._read_stored(company)
        moved = {key: row for key, row in target.items() if key not in stored or stored[key][1] != row}
        gone = [stored[key][0] for key in stored.keys() - target.keys()]
        if gone:
            self.env.cr.execute(SQL("DELETE FROM kor_mrr_movement WHERE id = ANY(%s)", gone))
        for batch in split_every(CHUNK, moved.items(), list):
            self._write_rows([(*key, *row) for key, row in batch])
        if moved or gone:
            self.invalidate_model(flush=False)
        inserted = len(moved.keys() - stored.keys())
        return {"inserted": inserted, "updated": len(moved) - inserted, "deleted": len(gone)}

    @api.model
    def _read_target(self, company):
        """Return {(contract, date, place): values} of all that moved until today, as contracts say it."""
        today = fields.Date.context_today(self.with_context(tz=company.partner_id.tz or "UTC"))
        report = self.env["kor.financial.report"]
        deals = report._read_deals(company)
        facts, _names = report._read_facts(deals)
        first = min((fact.day for fact in facts), default=today + DAY)
        if first > today:
            return {}
        rates = report._read_rates(company, company.currency_id, deals, today)
        moved = report._guard_rates(partial(ledger, facts, rates, first, today + DAY))
        return self._prepare_rows(company, deals, moved.movements)

    @api.model
    def _prepare_rows(self, company, deals, movements):
        cohorts = {one.customer: one.day.replace(day=1) for one in movements if one.kind == "new"}
        places, turned, rows = defaultdict(int), set(), {}
        for one in movements:
            deal, day = deals[one.contract], (one.contract, one.day)
            # Several contracts may begin or end together: the customer turns once.
            turn = (one.customer, one.day, one.kind)
            count = 0 if turn in turned else COUNTS.get(one.kind, 0)
            turned.add(turn)
            rows[*day, places[day]] = (
                one.kind,
                one.hint or None,
                float(one.amount),
                float(one.local),
                count,
                cohorts.get(one.customer),
                one.cause if one.kind != "currency" else None,
                one.customer,
                deal.tier,
                deal.plan,
                deal.account_manager,
                deal.country,
                deal.currency,
                company.currency_id.id,
                company.id,
            )
            places[day] += 1
        return rows

    @api.model
    def _read_stored(self, company):
        """Return {(contract, date, place): (id, values)} of what is in the ledger."""
        columns = SQL(", ").join(SQL.identifier(name) for name in (*KEY, *VALUES))
        rows = self.env.execute_query(
            SQL("SELECT id, %s FROM kor_mrr_movement WHERE company_id = %s", columns, company.id)
        )
        return {row[1:4]: (row[0], row[4:]) for row in rows}

    @api.model
    def _write_rows(self, rows):
        """Insert movements, or change those that are there, in one query: a ledger has tens of thousands."""
        names = (*KEY, *VALUES)
        arrays = [
            SQL("%s::%s[]", [*column], SQL(self._fields[name].column_type[1]))
            for name, column in zip(names, zip(*rows, strict=True), strict=True)
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO kor_mrr_movement (%(names)s, create_uid, create_date, write_uid, write_date)
                SELECT *, %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC' FROM unnest(%(arrays)s)
                ON CONFLICT (%(key)s) DO UPDATE SET %(changes)s,
                    write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                """,
                names=_join(SQL.identifier(name) for name in names),
                uid=self.env.uid,
                arrays=_join(arrays),
                key=_join(SQL.identifier(name) for name in KEY),
                changes=_join(SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name)) for name in VALUES),
            )
        )


def _join(parts):
    return SQL(", ").join(parts)
