from odoo import api, fields, models

from .kor_revenue_ledger_mixin import LIMIT, STRICT

# What the schedules say of an account is the sum of these.
SAID = ("billed", "recognized", "reclassified")


class KorRevenueControl(models.TransientModel):  # pylint: disable=no-wizard-in-models  # a report
    """Say to the cent whether schedules and ledger agree, by account, and which entries they disagree about."""

    _name = "kor.revenue.control"
    _inherit = ["kor.revenue.ledger.mixin"]
    _description = "Revenue Control"

    date = fields.Date(string="As of", required=True, default=fields.Date.context_today)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )
    is_checked = fields.Boolean()
    is_clean = fields.Boolean()
    offender_count = fields.Integer()
    account_ids = fields.One2many("kor.revenue.control.account", "control_id", string="Accounts", readonly=True)
    offender_ids = fields.One2many("kor.revenue.control.offender", "control_id", string="Entries", readonly=True)

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for control in self:
            control.display_name = self.env._("Ledger Control")

    @api.model
    def check_ledger(self, date, company_id=False):
        """Compare ledger and schedules as of a day, for all companies of the user, or one.

        Balances are debits less credits, in company currency.

        :param date: the day, as YYYY-MM-DD
        :param company_id: a company; else all that the user works in
        :return: {"date", "is_clean", "accounts": [{"company", "account", "role", "ledger", "billed", "recognized",
            "reclassified", "other", "expected", "difference"}], "offenders": [{"company", "kind", "move", "move_id",
            "account", "difference", "sentence"}], "offender_count": how many there are, also beyond those listed}
        """
        report = self.env["kor.revenue.report"]
        companies = report._check_reader(company_id) if company_id else report._check_reader() | self.env.companies
        day = report._parse_day(date, "date")
        own_sudo = self.sudo()  # entries are named also to who reads no journal; companies are those of the user
        found = [own_sudo.with_company(company)._check_company_ledger(company, day) for company in companies]
        accounts = [row for one in found for row in one["accounts"]]
        return {
            "date": str(day),
            "is_clean": not any(one["offender_count"] for one in found)
            and not any(row["difference"] for row in accounts),
            "accounts": accounts,
            "offenders": [row for one in found for row in one["offenders"]],
            "offender_count": sum(one["offender_count"] for one in found),
        }

    def action_check(self):
        """Compare, and show what was found.

        :return: True
        """
        self.ensure_one()
        found = self.check_ledger(str(self.date), self.company_id.id)
        self.write(
            {
                "is_checked": True,
                "is_clean": found["is_clean"],
                "offender_count": found["offender_count"],
                "account_ids": self._prepare_rows("account_ids", found["accounts"]),
                "offender_ids": self._prepare_rows("offender_ids", found["offenders"]),
            }
        )
        return True

    def _prepare_rows(self, name, rows):
        """Return commands that put rows in the place of those of a field: what of them its records show."""
        known = self[name]._fields
        values = [{key: value for key, value in row.items() if key in known} for row in rows]
        return [fields.Command.clear(), *(fields.Command.create(one) for one in values)]

    @api.model
    def _check_company_ledger(self, company, day):
        roles = self._get_roles(company)
        accounts = self._get_account_rows(company, day, roles)
        offenders = self.env["kor.revenue.control.offender"]
        found = [
            *offenders._describe_lines(company, self._get_foreign_lines(company, day, roles, LIMIT)),
            *offenders._describe_entries(company, self._get_changed_entries(company, day, roles, LIMIT)),
            *offenders._describe_facts(company, self._get_facts_without_entry(company, day, LIMIT)),
            *offenders._describe_misplaced(company, self._get_misplaced_lines(company, day, LIMIT)),
        ]
        listed = [row for row, _count in found]
        # Each kind says how many there are of it.
        counts = {row["source"]: count for row, count in found}
        return {"accounts": accounts, "offenders": listed[:LIMIT], "offender_count": sum(counts.values())}

    @api.model
    def _get_account_rows(self, company, day, roles):
        figures = self._get_account_figures(company, day, roles)
        accounts = self.env["account.account"].with_company(company).browse(roles)
        labels = dict(self.env["kor.revenue.control.account"]._fields["role"]._description_selection(self.env))
        rounded = company.currency_id.round
        rows = []
        for account in [*accounts.sorted("code"), accounts.browse()]:
            found, role = figures[account.id or 0], roles.get(account.id, "exchange")
            if role == "exchange" and not any(found.values()):
                continue
            is_strict = role in STRICT
            said = {name: rounded(found[name]) for name in SAID}
            # Where others may post as well, what they did is no difference.
            other = 0.0 if is_strict else rounded(found["other"])
            ledger = rounded(found["billed"] + found["close"] + found["other"])
            expected = rounded(sum(said.values()) + other)
            rows.append(
                {
                    "company": company.name,
                    "account_id": account.id,
                    "account": f"{account.code} {account.name}" if account else labels["exchange"],
                    "role": role,
                    "ledger": ledger,
                    **said,
                    "other": other,
                    "expected": expected,
                    "difference": rounded(ledger - expected),
                }
            )
        return rows
