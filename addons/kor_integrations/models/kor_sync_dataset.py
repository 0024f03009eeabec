from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..engine.sync_columns import TYPES
from ..engine.sync_datasets import DATASETS, EXPORTS


class KorSyncDataset(models.AbstractModel):
    """What can be sent to customers, as queries: for each dataset of the registry one `_select_CODE`.

    A query has the columns of its dataset in their order, the key first. It chooses by the contract alone: nobody
    reads it but the files of this contract's customer.
    """

    _name = "kor.sync.dataset"
    _description = "Datasets of Data Sync"

    @api.model
    def describe(self):
        """Say what files can be sent or read, and what their columns hold.

        :return: {code: {name, help, direction, columns: [{name, type, help}]}}
        """
        if not (self.env.user._is_internal() or self.env.user._is_portal()):
            raise AccessError(self.env._("Log in to read what the datasets hold."))
        return {
            code: {
                "name": dataset.name,
                "help": dataset.help,
                "direction": "export" if code in EXPORTS else "import",
                "columns": [
                    {"name": column.name, "type": TYPES[column.type], "help": column.help}
                    for column in (dataset.all_columns if code in EXPORTS else dataset.columns)
                ],
            }
            for code, dataset in DATASETS.items()
        }

    @api.model
    def _get_query(self, code, contract):
        """Return the query of a dataset for a contract, its columns named as the dataset does."""
        contract.ensure_one()
        values, rest = getattr(self, f"_select_{code}")(contract)
        # Decimals as text: the driver would make floats of them.
        columns = (
            SQL("(%s)%s AS %s", SQL(values[one.name]), SQL("::text" if one.type == "decimal" else ""),
                SQL.identifier(one.name))
            for one in DATASETS[code].columns
        )  # fmt: skip
        return SQL("SELECT %s %s", SQL(", ").join(columns), rest)

    @api.model
    def _get_move_domain_sql(self, contract):
        return SQL(
            """m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_refund') AND (
                   m.kor_contract_id = %(contract)s
                   OR m.id IN (SELECT i.move_id FROM kor_billing_item i WHERE i.contract_id = %(contract)s))""",
            contract=contract.id,
        )

    @api.model
    def _select_invoices(self, contract):
        untaxed, total = "m.amount_untaxed_in_currency_signed", "m.amount_total_in_currency_signed"
        sign = "(CASE m.move_type WHEN 'out_refund' THEN -1 ELSE 1 END)"
        values = {
            "id": "m.id",
            "number": "m.name",
            "type": "CASE m.move_type WHEN 'out_refund' THEN 'credit_note' ELSE 'invoice' END",
            "contract": "c.name",
            "invoice_date": "m.invoice_date",
            "due_date": "m.invoice_date_due",
            "period_from": "m.kor_date_from",
            "period_to": "m.kor_date_to",
            "currency": "cur.name",
            "untaxed": f"round({untaxed}, cur.decimal_places)",
            "tax": f"round({total} - {untaxed}, cur.decimal_places)",
            "total": f"round({total}, cur.decimal_places)",
            "open": f"round({sign} * m.amount_residual, cur.decimal_places)",
            "payment_state": "m.payment_state",
            "reference": "m.ref",
        }
        rest = SQL(
            """FROM account_move m JOIN res_currency cur ON cur.id = m.currency_id
               JOIN kor_contract c ON c.id = %s WHERE %s""",
            contract.id,
            self._get_move_domain_sql(contract),
        )
        return values, rest

    @api.model
    def _select_invoice_lines(self, contract):
        sign = "(CASE m.move_type WHEN 'out_refund' THEN -1 ELSE 1 END)"
        values = {
            "id": "l.id",
            "invoice_id": "m.id",
            "invoice_number": "m.name",
            "sequence": "l.sequence",
            "description": "l.name",
            "product": "p.default_code",
            "quantity": f"trim_scale({sign} * l.quantity)",
            "unit_price": "trim_scale(l.price_unit)",
            "discount_percent": "trim_scale(l.discount)",
            "currency": "cur.name",
            "untaxed": f"round({sign} * l.price_subtotal, cur.decimal_places)",
            "total": f"round({sign} * l.price_total, cur.decimal_places)",
        }
        # An invoice of several contracts names on each line the one that it bills.
        rest = SQL(
            """FROM account_move_line l JOIN account_move m ON m.id = l.move_id
               JOIN res_currency cur ON cur.id = l.currency_id
               LEFT JOIN product_product p ON p.id = l.product_id
               WHERE l.display_type = 'product' AND coalesce(l.kor_contract_id, m.kor_contract_id, %s) = %s AND %s""",
            contract.id,
            contract.id,
            self._get_move_domain_sql(contract),
        )
        return values, rest

    @api.model
    def _select_usage_days(self, contract):
        values = {
            "id": "r.id",
            "contract": "c.name",
            "day": "r.day",
            "metric": "k.code",
            "unit": "k.unit ->> 'en_US'",
            "aggregation": "k.aggregation",
            "dimension": "r.dimension",
            "quantity": """trim_scale(CASE k.aggregation WHEN 'sum' THEN r.total WHEN 'max' THEN r.highest
                WHEN 'unique_count' THEN (SELECT count(*) FROM kor_usage_value v WHERE v.rollup_id = r.id)
                ELSE r.latest END)""",
            "events": "r.events",
        }
        # Days that are not over would come again with each file.
        rest = SQL(
            """FROM kor_usage_rollup r JOIN kor_metric k ON k.id = r.metric_id JOIN kor_contract c
               ON c.id = r.contract_id WHERE r.contract_id = %s AND r.day < %s""",
            contract.id,
            contract._get_today(),
        )
        return values, rest

    @api.model
    def _select_sla_reports(self, contract):
        values = {
            "id": "r.id",
            "contract": "c.name",
            "month": "r.month",
            "revision": "r.revision",
            "is_current": "coalesce(r.is_current, false)",
            "date_from": "r.date_from",
            "date_to": "r.date_to",
            "uptime_percent": "trim_scale(r.uptime)",
            "uptime_target_percent": "trim_scale(r.uptime_target)",
            "down_seconds": "trim_scale(r.down_seconds::numeric)",
            "targets": "r.target_count",
            "missed": "r.missed_count",
            "is_met": "coalesce(r.is_met, false)",
            "currency": "cur.name",
            "fees": "round(r.base_amount, cur.decimal_places)",
            "credit": "round(r.credit_amount, cur.decimal_places)",
        }
        rest = SQL(
            """FROM kor_sla_report r JOIN kor_contract c ON c.id = r.contract_id
               JOIN res_currency cur ON cur.id = c.currency_id WHERE r.contract_id = %s AND r.state != 'draft'""",
            contract.id,
        )
        return values, rest

    @api.model
    def _select_tickets(self, contract):
        values = {
            "id": "t.id",
            "number": "t.ticket_number",
            "contract": "c.name",
            "title": "t.name",
            "channel": "t.ticket_channel",
            "state": "t.ticket_state",
            "priority": "t.ticket_priority::int",
            "opened": "date_trunc('second', t.create_date)",
            "closed": "date_trunc('second', t.date_end)",
            "next_deadline": "date_trunc('second', t.sla_deadline)",
        }
        rest = SQL(
            """FROM project_task t JOIN kor_contract c ON c.id = t.kor_contract_id
               WHERE t.kor_contract_id = %s AND t.active""",
            contract.id,
        )
        return values, rest
