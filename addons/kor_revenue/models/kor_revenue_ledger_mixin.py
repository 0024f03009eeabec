from odoo import api, models
from odoo.tools import SQL

# Roles of accounts, the strictest first: where an account has several, the first one counts.
STRICT = ("liability", "asset", "unbilled")
ROLES = (*STRICT, "cost", "prepaid", "income", "expense")
DOCUMENTS = SQL("('out_invoice', 'out_refund', 'out_receipt')")
LIMIT = 1000
# What an entry books on an account beside what its facts say; 0 stands for the account of exchange differences.
CHANGED_ENTRIES = """
    WITH booked AS (
        SELECT line.move_id, CASE WHEN line.account_id = ANY(%(accounts)s) THEN line.account_id ELSE 0 END
                AS account_id,
            sum(line.balance) AS balance, sum(line.amount_currency) AS amount
        FROM account_move_line line JOIN account_move move ON move.id = line.move_id
        WHERE move.kor_revenue_month IS NOT NULL AND line.company_id = %(company)s
            AND line.parent_state = 'posted' AND line.date <= %(day)s
        GROUP BY 1, 2
    ), said AS (
        SELECT move_id, account_id, sum(balance) AS balance, sum(amount) AS amount
        FROM (%(facts)s) fact WHERE move_id IS NOT NULL GROUP BY 1, 2
    )
    SELECT move_id, account_id, COALESCE(booked.balance, 0) AS booked, COALESCE(said.balance, 0) AS said,
        COALESCE(booked.balance, 0) - COALESCE(said.balance, 0) AS difference,
        count(*) OVER () AS found
    FROM booked FULL JOIN said USING (move_id, account_id)
    WHERE COALESCE(booked.balance, 0) != COALESCE(said.balance, 0)
        OR COALESCE(booked.amount, 0) != COALESCE(said.amount, 0)
    ORDER BY move_id, account_id LIMIT %(limit)s
"""


class KorRevenueLedgerMixin(models.AbstractModel):
    """Set the ledger beside what schedules, slices and contract invoices say, for a company as of a day.

    Contract liability, contract asset and unbilled receivable hold nothing else: whatever stands there and is neither
    a contract's invoice nor an entry of a close is an offender. On all other accounts others may post as well, and
    only the entries of closes are compared.
    """

    _name = "kor.revenue.ledger.mixin"
    _description = "Ledger and Schedules"

    @api.model
    def _get_roles(self, company):
        """Return what each account is used for in the company: {account id: role}."""
        company_sudo = company.sudo()  # which accounts are looked at is no secret to who may read revenue
        found = [
            ("liability", company_sudo.kor_liability_account_id.id),
            ("asset", company_sudo.kor_asset_account_id.id),
            ("unbilled", company_sudo.kor_unbilled_account_id.id),
            *self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT CASE kind WHEN 'cost' THEN 'cost' WHEN 'breakage' THEN 'prepaid'
                        ELSE 'liability' END, deferral_account_id
                    FROM kor_revenue_schedule WHERE company_id = %(company)s
                    UNION SELECT DISTINCT CASE kind WHEN 'cost' THEN 'expense' ELSE 'income' END, account_id
                    FROM kor_revenue_schedule WHERE company_id = %(company)s
                    UNION SELECT DISTINCT CASE position_group WHEN 'usage' THEN 'unbilled' ELSE 'asset' END, account_id
                    FROM kor_revenue_reclass WHERE company_id = %(company)s
                    UNION SELECT DISTINCT 'liability', deferral_account_id
                    FROM kor_revenue_reclass WHERE company_id = %(company)s
                    """,
                    company=company.id,
                )
            ),
        ]
        roles = {}
        for role, account in sorted(found, key=lambda one: ROLES.index(one[0])):
            if account:
                roles.setdefault(account, role)
        return roles

    @api.model
    def _get_lines_query(self, company, day, accounts):
        """Return the posted lines on accounts, and what each of them is: of a close, of a contract, or other."""
        return SQL(
            """
            SELECT line.id, line.account_id, line.move_id, line.balance, line.amount_currency,
                COALESCE(line.kor_contract_id, move.kor_contract_id) AS contract_id,
                CASE WHEN move.kor_revenue_month IS NOT NULL THEN 'close'
                    WHEN move.move_type IN %(documents)s AND own.contract_id IS NOT NULL THEN 'billed'
                    ELSE 'other' END AS source
            FROM account_move_line line
            JOIN account_move move ON move.id = line.move_id
            LEFT JOIN (SELECT DISTINCT contract_id, deferral_account_id FROM kor_revenue_schedule
                WHERE kind = 'revenue' AND company_id = %(company)s) own
                ON own.contract_id = COALESCE(line.kor_contract_id, move.kor_contract_id)
                AND own.deferral_account_id = line.account_id
            WHERE line.company_id = %(company)s AND line.account_id = ANY(%(accounts)s)
                AND line.parent_state = 'posted' AND line.date <= %(day)s
            """,
            company=company.id,
            day=day,
            accounts=list(accounts),
            documents=DOCUMENTS,
        )

    @api.model
    def _get_facts_query(self, company, day):
        """Return what closes say they have booked, as debits by account; 0 is the account of exchange differences."""
        return SQL(
            """
            SELECT 'recognized' AS source, item.move_id, item.date, item.currency_id, part.account_id,
                part.sign * item.amount AS amount, part.sign * item.balance AS balance
            FROM kor_revenue_item item
            JOIN kor_revenue_schedule own ON own.id = item.schedule_id
            CROSS JOIN LATERAL (VALUES
                (own.deferral_account_id, CASE own.kind WHEN 'cost' THEN -1 ELSE 1 END),
                (own.account_id, CASE own.kind WHEN 'cost' THEN 1 ELSE -1 END)
            ) part (account_id, sign)
            WHERE item.company_id = %(company)s AND item.date <= %(day)s
            UNION ALL
            SELECT 'reclassified', moved.move_id, moved.date, moved.currency_id, part.account_id, part.amount,
                part.balance
            FROM kor_revenue_reclass moved
            CROSS JOIN LATERAL (VALUES
                (moved.account_id, moved.amount, moved.balance),
                (moved.deferral_account_id, -moved.amount, COALESCE(moved.exchange, 0) - moved.balance),
                (0, 0, -COALESCE(moved.exchange, 0))
            ) part (account_id, amount, balance)
            WHERE moved.company_id = %(company)s AND moved.date <= %(day)s
            """,
            company=company.id,
            day=day,
        )

    @api.model
    def _get_account_figures(self, company, day, roles):
        """Return for each account what the ledger holds and what the facts say, by source, as debits."""
        self.env.flush_all()
        found = {account: dict.fromkeys(("billed", "close", "other", "recognized", "reclassified"), 0.0)
                 for account in [*roles, 0]}  # fmt: skip
        for query in (
            SQL(
                "SELECT account_id, source, sum(balance) FROM (%s) line GROUP BY 1, 2",
                self._get_lines_query(company, day, roles),
            ),
            SQL(
                "SELECT account_id, source, sum(balance) FROM (%s) fact GROUP BY 1, 2",
                self._get_facts_query(company, day),
            ),
            SQL(
                """
                SELECT 0, 'close', sum(line.balance) FROM account_move_line line
                JOIN account_move move ON move.id = line.move_id
                WHERE move.kor_revenue_month IS NOT NULL AND line.company_id = %s AND line.parent_state = 'posted'
                    AND line.date <= %s AND line.account_id != ALL(%s)
                """,
                company.id,
                day,
                list(roles),
            ),
        ):
            for account, source, balance in self.env.execute_query(query):
                found[account][source] += float(balance or 0)
        return found

    @api.model
    def _get_changed_entries(self, company, day, roles, limit):
        """Return the entries of closes that say on an account what their facts do not, and by how much."""
        return self.env.execute_query_dict(
            SQL(
                CHANGED_ENTRIES,
                accounts=list(roles),
                company=company.id,
                day=day,
                facts=self._get_facts_query(company, day),
                limit=limit,
            )
        )

    @api.model
    def _get_facts_without_entry(self, company, day, limit):
        """Return what closes recognised without an entry, where it does not come to nothing by itself."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT date, currency_id, account_id, sum(balance) AS said, -sum(balance) AS difference,
                    count(*) OVER () AS found
                FROM (%s) fact WHERE move_id IS NULL
                GROUP BY date, currency_id, account_id HAVING sum(balance) != 0 OR sum(amount) != 0
                ORDER BY date LIMIT %s
                """,
                self._get_facts_query(company, day),
                limit,
            )
        )

    @api.model
    def _get_foreign_lines(self, company, day, roles, limit):
        """Return the lines on the accounts of contracts that no contract and no close stands behind."""
        accounts = [account for account, role in roles.items() if role in STRICT]
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT line.id AS line_id, line.move_id, line.account_id, line.contract_id, line.balance AS difference,
                    move.move_type, reversed.id AS reversed_id, count(*) OVER () AS found
                FROM (%s) line
                JOIN account_move move ON move.id = line.move_id
                LEFT JOIN account_move reversed
                    ON reversed.id = move.reversed_entry_id AND reversed.kor_revenue_month IS NOT NULL
                WHERE line.source = 'other' ORDER BY line.id LIMIT %s
                """,
                self._get_lines_query(company, day, accounts),
                limit,
            )
        )

    @api.model
    def _get_misplaced_lines(self, company, day, limit):
        """Return invoice lines over periods that have a schedule, on another account than their schedule's."""
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT line.id AS line_id, line.move_id, line.account_id, item.contract_id, line.balance,
                    schedule.deferral_account_id, count(*) OVER () AS found
                FROM kor_billing_item item
                JOIN kor_contract_line own ON own.id = item.contract_line_id
                JOIN kor_contract contract ON contract.id = item.contract_id
                JOIN kor_revenue_schedule schedule ON schedule.kind = 'revenue'
                    AND schedule.contract_line_id = COALESCE(own.root_id, own.id)
                JOIN account_move_line line ON line.id = item.move_line_id
                WHERE item.company_id = %s AND item.state = 'booked' AND item.date_start >= contract.revenue_since
                    AND line.parent_state = 'posted' AND line.date <= %s
                    AND line.account_id != schedule.deferral_account_id
                ORDER BY line.id LIMIT %s
                """,
                company.id,
                day,
                limit,
            )
        )

    @api.model
    def _get_ledger_totals(self, company, day):
        """Return what the accounts of contracts hold in the ledger, the liability as a credit."""
        roles = self._get_roles(company)
        sums = {role: 0.0 for role in STRICT}
        figures = self._get_account_figures(company, day, roles)
        for account, role in roles.items():
            if role in STRICT:
                sums[role] += sum(figures[account][source] for source in ("billed", "close", "other"))
        rounded = company.currency_id.round
        asset = rounded(sums["asset"] + sums["unbilled"])
        return {"liability": rounded(-sums["liability"]), "asset": asset, "net": rounded(-sum(sums.values()))}
