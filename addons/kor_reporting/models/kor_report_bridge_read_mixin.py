from odoo import api, models
from odoo.tools import SQL

# What changes the position beside what is billed ahead, as it is read.
POSITION = ("credit_notes", "by_hand", "accrued", "exchange")
EVERYWHERE, NOWHERE = SQL("TRUE"), SQL("FALSE")


class KorReportBridgeReadMixin(models.AbstractModel):
    """Read what leads from recurring fees to cash, by contract and month: one query for each kind of record.

    Months stand under their first day in the period, what was before or is after it under the day beside it.
    Where neither a rate nor a row tells months apart, those of the period may stand under its first day together.
    Money comes in whole units of the currency's rounding.
    """

    _name = "kor.report.bridge.read.mixin"
    _description = "Figures of the Bridge from MRR to Cash"

    @api.model
    def _get_bucket(self, day, request, apart=EVERYWHERE):
        """Return the SQL of the month that a day counts to.

        :param apart: the SQL of where months count by themselves though no row of the report tells them apart
        """
        month = SQL("GREATEST(date_trunc('month', %s::timestamp)::date, %s::date)", day, request.first)
        if not request.is_monthly and request.currency == request.company.currency_id:
            month = SQL("CASE WHEN %s THEN %s ELSE %s::date END", apart, month, request.first)
        return SQL(
            """CASE WHEN %(day)s < %(first)s THEN %(first)s::date - 1 WHEN %(day)s > %(last)s THEN %(last)s::date + 1
                ELSE %(month)s END""",
            day=day,
            first=request.first,
            last=request.last,
            month=month,
        )

    @api.model
    def _read_earned(self, request, cells):
        """Return [((cell, what it was charged as, month earned), month booked, units)] of closes.

        `breakage` is prepaid credit that expired, `other` what has no line.
        """
        query = SQL(
            """
            SELECT item.contract_id, CASE WHEN item.kind = 'breakage' THEN 'breakage'
                    WHEN line.charge_type IN ('fixed', 'per_unit') THEN 'recurring'
                    ELSE COALESCE(line.charge_type, 'other') END AS what,
                %(earned)s AS earned, %(booked)s AS booked, item.balance
            FROM kor_revenue_item item
            JOIN kor_revenue_schedule schedule ON schedule.id = item.schedule_id
            LEFT JOIN kor_contract_line line ON line.id = schedule.contract_line_id
            WHERE item.company_id = %(company)s AND item.kind != 'cost'
                AND (item.date BETWEEN %(first)s AND %(last)s OR item.month BETWEEN %(start)s AND %(last)s)
            """,
            company=request.company.id,
            start=request.first.replace(day=1),
            first=request.first,
            last=request.last,
            earned=self._get_bucket(self._get_month_earned(request), request, NOWHERE),
            booked=self._get_bucket(SQL("item.date"), request, NOWHERE),
        )
        units = self._in_units(SQL("sum(balance)"), request.company.currency_id.rounding)
        rows = self._read_by_cell(cells, query, ("what", "earned", "booked"), (units,))
        return [((cell, what, earned), booked, units) for cell, what, earned, booked, units in rows]

    @api.model
    def _get_month_earned(self, request):
        """Return the SQL of the day in the period that stands for the month in which revenue was earned."""
        start = request.first.replace(day=1)
        return SQL("CASE WHEN item.month < %s THEN item.month ELSE GREATEST(item.month, %s) END", start, request.first)

    @api.model
    def _read_currency_effects(self, request, cells, rates):
        """Return [(cell, month, units of the report's currency)]: what the rates of its invoices make of revenue.

        That is recurring revenue of contracts in another currency as it is booked, less the same as it was agreed at
        the rate of the month; both rounded by contract and month, in the one query that adds them up.

        :param rates: four lists: currencies of contracts, months, their rates, and those of the company's currency
        """
        rounding = request.currency.rounding
        query = SQL(
            """
            SELECT contract_id, booked, %(booked_as)s - %(agreed)s AS units
            FROM (
                SELECT item.contract_id, item.currency_id, %(booked)s AS booked, %(earned)s AS earned,
                    sum(item.balance) AS balance, sum(item.amount) AS amount
                FROM kor_revenue_item item
                JOIN kor_revenue_schedule schedule ON schedule.id = item.schedule_id
                JOIN kor_contract_line line ON line.id = schedule.contract_line_id
                WHERE item.company_id = %(company)s AND item.kind NOT IN ('cost', 'breakage')
                    AND item.currency_id != item.company_currency_id AND line.charge_type IN ('fixed', 'per_unit')
                    AND item.date BETWEEN %(first)s AND %(last)s
                GROUP BY 1, 2, 3, 4
            ) earned
            JOIN %(rates)s AS rate(currency_id, booked, of_contract, of_company) USING (currency_id, booked)
            """,
            company=request.company.id,
            rates=SQL("unnest(%s::int[], %s::date[], %s::numeric[], %s::numeric[])", *rates),
            first=request.first,
            last=request.last,
            booked=self._get_bucket(SQL("item.date"), request),
            earned=self._get_bucket(self._get_month_earned(request), request),
            booked_as=self._in_units(SQL("balance * of_company"), rounding),
            agreed=self._in_units(SQL("amount * of_contract"), rounding),
        )
        return self._read_by_cell(cells, query, ("booked",), (SQL("sum(units)::bigint"),))

    @api.model
    def _read_invoiced(self, request, cells):
        """Return [((cell, what it was charged as), month booked, month invoiced, units)] of invoice lines.

        Lines that a close recognises are `deferred`. What is no revenue either is `prepaid` where it is credit, else
        `elsewhere`. It is one query, though long: what a line is follows from all that is joined.
        """
        query = SQL(
            """
            SELECT contract_id, booked, invoiced, amount, CASE
                    WHEN is_deferred THEN 'deferred'
                    WHEN draw_id IS NOT NULL AND account_type NOT IN ('income', 'income_other')
                        OR account_id IN (SELECT account_id FROM kor_prepaid_credit
                            WHERE account_id IS NOT NULL) THEN 'prepaid'
                    WHEN account_type NOT IN ('income', 'income_other') THEN 'elsewhere'
                    WHEN move_type = 'out_refund' OR draw_id IS NOT NULL THEN 'credits'
                    ELSE COALESCE((SELECT CASE WHEN charge_type IN ('fixed', 'per_unit') THEN 'recurring'
                        ELSE charge_type END FROM kor_billing_item WHERE move_line_id = line.id ORDER BY id LIMIT 1),
                        'one_time') END AS what
            FROM (
                SELECT line.id, COALESCE(line.kor_contract_id, move.kor_contract_id) AS contract_id, line.account_id,
                    account.account_type, move.move_type, draw.id AS draw_id,
                    own.contract_id IS NOT NULL AS is_deferred, %(booked)s AS booked, %(invoiced)s AS invoiced,
                    -line.balance AS amount
                FROM account_move_line line
                JOIN account_move move ON move.id = line.move_id
                JOIN account_account account ON account.id = line.account_id
                LEFT JOIN kor_prepaid_draw draw ON draw.move_line_id = line.id
                LEFT JOIN (%(deferring)s) own
                    ON own.contract_id = COALESCE(line.kor_contract_id, move.kor_contract_id)
                    AND own.deferral_account_id = line.account_id
                WHERE line.company_id = %(company)s AND line.parent_state = 'posted' AND line.display_type = 'product'
                    AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                    AND (line.date BETWEEN %(first)s AND %(last)s OR move.invoice_date BETWEEN %(first)s AND %(last)s)
            ) line
            """,
            company=request.company.id,
            first=request.first,
            last=request.last,
            deferring=self._get_deferring(request),
            booked=self._get_bucket(SQL("line.date"), request, NOWHERE),
            invoiced=self._get_bucket(SQL("move.invoice_date"), request, NOWHERE),
        )
        units = self._in_units(SQL("sum(amount)"), request.company.currency_id.rounding)
        rows = self._read_by_cell(cells, query, ("what", "booked", "invoiced"), (units,))
        return [((cell, what), booked, invoiced, units) for cell, what, booked, invoiced, units in rows]

    @api.model
    def _get_deferring(self, request):
        """Return the SQL of the accounts on which invoices of a contract wait for closes."""
        return SQL(
            """
            SELECT DISTINCT contract_id, deferral_account_id FROM kor_revenue_schedule
            WHERE kind = 'revenue' AND company_id = %s
            """,
            request.company.id,
        )

    @api.model
    def _read_position(self, request):
        """Return [(contract, month, units billed ahead, then those of each of POSITION)] of what changed in the period.

        The position is what was billed and not earned yet; below zero it is what was earned and not billed.
        """
        return self.env.execute_query(self._get_change_query(request))

    @api.model
    def _read_position_by_month(self, request, contracts):
        """Return [(month, units by which what is billed ahead grew, and shrank, then those of each of POSITION)].

        One row, which has no month, says by how much it grew and shrank over the whole period: of contract by contract.

        :param contracts: those that may be seen
        """
        return self.env.execute_query(
            SQL(
                """
                WITH change AS MATERIALIZED (
                    SELECT * FROM (%(changes)s) of_any WHERE contract_id = ANY(%(contracts)s)
                )
                SELECT month, sum(GREATEST(ahead, 0))::bigint, sum(LEAST(ahead, 0))::bigint, sum(noted)::bigint,
                    sum(by_hand)::bigint, sum(accrued)::bigint, sum(exchanged)::bigint FROM change GROUP BY month
                UNION ALL
                SELECT NULL, sum(GREATEST(ahead, 0))::bigint, sum(LEAST(ahead, 0))::bigint, 0, 0, 0, 0
                FROM (SELECT sum(ahead) AS ahead FROM change GROUP BY contract_id) of_contract
                """,
                changes=self._get_change_query(request),
                contracts=contracts,
            )
        )

    @api.model
    def _get_change_query(self, request):
        """Return the SQL of how the position of each contract changed in each month of the period."""
        rounding = request.company.currency_id.rounding
        return SQL(
            """
            SELECT contract_id, month, more - noted - by_hand - accrued AS ahead, noted, by_hand, accrued, exchanged
            FROM (
                SELECT *, GREATEST(held - more, 0) - GREATEST(held, 0) + more AS accrued
                FROM (
                    SELECT *, (sum(more) OVER (PARTITION BY contract_id ORDER BY month))::bigint AS held
                    FROM (
                        SELECT contract_id, %(month)s AS month, %(more)s AS more, %(noted)s AS noted,
                            %(by_hand)s AS by_hand, %(exchanged)s AS exchanged
                        FROM (%(facts)s) fact GROUP BY 1, 2
                    ) of_month
                ) position
            ) change
            WHERE month >= %(first)s
            """,
            first=request.first,
            month=self._get_bucket(SQL("date"), request, NOWHERE),
            more=self._in_units(SQL("sum(amount)"), rounding),
            noted=self._in_units(SQL("sum(amount) FILTER (WHERE what = 'credit_notes')"), rounding),
            by_hand=self._in_units(SQL("sum(amount) FILTER (WHERE what = 'by_hand')"), rounding),
            exchanged=self._in_units(SQL("-sum(amount) FILTER (WHERE what = 'exchange')"), rounding),
            facts=self._get_position_query(request),
        )

    @api.model
    def _get_position_query(self, request):
        """Return the SQL of all that was billed, given back, earned or exchanged until the end of the period."""
        return SQL(
            """
            SELECT COALESCE(line.kor_contract_id, move.kor_contract_id) AS contract_id, line.date,
                CASE WHEN move.move_type = 'out_refund' THEN 'credit_notes'
                    WHEN EXISTS (SELECT 1 FROM kor_billing_item
                        WHERE move_line_id = line.id AND move_line_id IS NOT NULL) THEN 'billed'
                    ELSE 'by_hand' END AS what, -line.balance AS amount
            FROM account_move_line line
            JOIN account_move move ON move.id = line.move_id
            JOIN (%(deferring)s) own
                ON own.contract_id = COALESCE(line.kor_contract_id, move.kor_contract_id)
                AND own.deferral_account_id = line.account_id
            WHERE line.company_id = %(company)s AND line.parent_state = 'posted' AND line.date <= %(last)s
                AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
            UNION ALL
            SELECT contract_id, date, 'earned', -balance FROM kor_revenue_item
            WHERE company_id = %(company)s AND kind = 'revenue' AND date <= %(last)s
            UNION ALL
            SELECT contract_id, date, 'exchange', -exchange FROM kor_revenue_reclass
            WHERE company_id = %(company)s AND date <= %(last)s AND exchange != 0
            """,
            company=request.company.id,
            last=request.last,
            deferring=self._get_deferring(request),
        )

    @api.model
    def _read_scheduled(self, request):
        """Return the contracts whose revenue is recognised by closes."""
        query = SQL(
            "SELECT DISTINCT contract_id FROM kor_revenue_schedule WHERE company_id = %s AND kind = 'revenue'",
            request.company.id,
        )
        return {contract for (contract,) in self.env.execute_query(query)}

    @api.model
    def _get_shares(self):
        """Return the SQL of which part of an invoice is whose: those over several contracts by their lines."""
        return SQL(
            """
            SELECT move.id AS move_id, COALESCE(own.contract_id, move.kor_contract_id) AS contract_id,
                move.invoice_date, move.move_type = 'out_refund' AS is_refund, COALESCE(own.weight, 1) AS weight
            FROM account_move move LEFT JOIN (
                SELECT line.move_id, line.kor_contract_id AS contract_id,
                    sum(line.price_total) / NULLIF(sum(sum(line.price_total)) OVER (PARTITION BY line.move_id), 0)
                        AS weight
                FROM account_move_line line
                WHERE line.kor_contract_id IS NOT NULL AND line.display_type = 'product'
                    AND line.move_id IN (SELECT part.move_id FROM account_move_line part
                        JOIN account_move document ON document.id = part.move_id
                        WHERE part.kor_contract_id != document.kor_contract_id AND part.display_type = 'product')
                GROUP BY 1, 2
            ) own ON own.move_id = move.id
            WHERE move.kor_contract_id IS NOT NULL AND move.state = 'posted'
                AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
            """
        )

    @api.model
    def _read_asked(self, request, cells):
        """Return [((cell, asked or beside), month, units)] of the invoices of the period."""
        rounding, part = request.company.currency_id.rounding, SQL("line.balance * share.weight")
        query = SQL(
            """
            SELECT share.contract_id, %(bucket)s AS month, %(asked)s AS asked, %(beside)s AS beside
            FROM (%(shares)s) share JOIN account_move_line line ON line.move_id = share.move_id
            WHERE line.company_id = %(company)s AND share.invoice_date BETWEEN %(first)s AND %(last)s
                AND line.display_type NOT IN ('tax', 'product')
            GROUP BY 1, 2
            """,
            company=request.company.id,
            shares=self._get_shares(),
            first=request.first,
            last=request.last,
            bucket=self._get_bucket(SQL("share.invoice_date"), request),
            asked=self._in_units(SQL("sum(%s) FILTER (WHERE line.display_type = 'payment_term')", part), rounding),
            beside=self._in_units(SQL("-sum(%s) FILTER (WHERE line.display_type != 'payment_term')", part), rounding),
        )
        # Parts of invoices are rounded by contract: all rows come to the same, whatever they stand under.
        rows = self._read_by_cell(cells, query, ("month",), (SQL("sum(asked)::bigint"), SQL("sum(beside)::bigint")))
        return [
            ((cell, what), month, units)
            for cell, month, *found in rows
            for what, units in zip(("asked", "beside"), found, strict=True)
            if units
        ]

    @api.model
    def _read_settled(self, request, cells):
        """Return [((cell, month of the invoice, whether a refund, by what), month, units)] of what was settled.

        Of payments that wrote something off, that is no cash. It is one query, though long: what settled an invoice
        is told apart where it is added up.
        """
        rounding = request.company.currency_id.rounding
        query = SQL(
            """
            SELECT share.contract_id, %(invoiced)s AS invoiced, share.is_refund,
                CASE WHEN other_move.origin_payment_id IS NOT NULL OR other_move.statement_line_id IS NOT NULL
                        THEN 'payment'
                    WHEN other_move.move_type != 'entry' OR EXISTS (SELECT 1 FROM account_partial_reconcile
                        WHERE exchange_move_id = other_move.id) THEN 'other'
                    ELSE 'write_off' END AS kind,
                %(settled)s AS settled, %(by_kind)s AS by_kind, %(written)s AS written_off
            FROM (%(debits)s UNION ALL %(credits)s) part
            JOIN (%(shares)s) share ON share.move_id = part.own_id
            JOIN account_move other_move ON other_move.id = part.other_id
            LEFT JOIN (%(parts)s) written ON written.move_id = other_move.id
            WHERE part.date >= %(first)s OR share.invoice_date BETWEEN %(first)s AND %(last)s
            GROUP BY 1, 2, 3, 4, 5
            """,
            parts=self._get_written_off(request),
            shares=self._get_shares(),
            first=request.first,
            last=request.last,
            invoiced=self._get_bucket(SQL("share.invoice_date"), request),
            settled=self._get_bucket(SQL("part.date"), request),
            debits=self._get_settled_query(request, 1, "debit_move_id", "credit_move_id"),
            credits=self._get_settled_query(request, -1, "credit_move_id", "debit_move_id"),
            by_kind=self._in_units(SQL("sum(part.amount * share.weight * (1 - COALESCE(written.part, 0)))"), rounding),
            written=self._in_units(SQL("sum(part.amount * share.weight * written.part)"), rounding),
        )
        names = ("invoiced", "is_refund", "kind", "settled")
        sums = (SQL("sum(by_kind)::bigint"), SQL("sum(written_off)::bigint"))
        return [
            ((cell, invoiced, is_refund, name), month, units)
            for cell, invoiced, is_refund, kind, month, *found in self._read_by_cell(cells, query, names, sums)
            for name, units in zip((kind, "write_off"), found, strict=True)
            if units
        ]

    @api.model
    def _get_written_off(self, request):
        """Return the SQL of the part of each payment that wrote something off."""
        return SQL(
            """
            SELECT line.move_id, sum(line.balance) FILTER (WHERE account.account_type IN
                    ('income', 'income_other', 'expense', 'expense_other'))
                / NULLIF(-sum(line.balance) FILTER (WHERE account.account_type = 'asset_receivable'), 0) AS part
            FROM account_move_line line
            JOIN account_account account ON account.id = line.account_id
            JOIN account_move move ON move.id = line.move_id
            WHERE line.company_id = %s AND move.origin_payment_id IS NOT NULL GROUP BY 1
            """,
            request.company.id,
        )

    @api.model
    def _get_settled_query(self, request, sign, own, other):
        """Return the SQL of what settled invoices on one of the two sides, by which moves, and when."""
        return SQL(
            """
            SELECT own.move_id AS own_id, other.move_id AS other_id, other.date, %(sign)s * partial.amount AS amount
            FROM account_partial_reconcile partial
            JOIN account_move_line own ON own.id = %(own)s AND own.display_type = 'payment_term'
            JOIN account_move_line other ON other.id = %(other)s
            WHERE partial.company_id = %(company)s AND partial.max_date >= %(first)s AND other.date <= %(last)s
            """,
            sign=sign,
            own=SQL.identifier("partial", own),
            other=SQL.identifier("partial", other),
            company=request.company.id,
            first=request.first,
            last=request.last,
        )
