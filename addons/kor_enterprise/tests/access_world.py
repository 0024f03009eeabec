"""A customer with a record of every model, so that rights are tried on real rows."""

from odoo import fields
from odoo.tools import SQL

# What a row must say to be seen by those who may see it at all.
VISIBLE = {
    "kor.sla.report": {"state": "frozen"},
    "kor.sla.report.line": {"state": "frozen"},
}
SAMPLES = {
    "boolean": False,
    "float": 1.0,
    "html": "<p>Sample</p>",
    "integer": 1,
    "json": {},
    "monetary": 1.0,
    "text": "Sample",
}
AUTOMATIC = {"id", "create_uid", "create_date", "write_uid", "write_date"}


def get_columns(env):
    """Return by table the columns that take a value, and whether each needs one that it does not have by itself."""
    env.cr.execute(
        """SELECT table_name, column_name, is_nullable = 'NO' AND column_default IS NULL
             FROM information_schema.columns
            WHERE table_schema = current_schema AND is_generated = 'NEVER'"""
    )
    columns = {}
    for table, column, required in env.cr.fetchall():
        columns.setdefault(table, {})[column] = required
    return columns


def drop_checks(env, models):
    """Take the tables' own conditions away until the end of the test: rows with every link there is break some."""
    tables = [env[name]._table for name in models]
    env.cr.execute(
        """SELECT conrelid::regclass::text, conname FROM pg_constraint
            WHERE contype = 'c' AND conrelid IN (SELECT oid FROM pg_class WHERE relname IN %s)""",
        (tuple(tables),),
    )
    for table, name in env.cr.fetchall():
        env.cr.execute(SQL("ALTER TABLE %s DROP CONSTRAINT %s", SQL.identifier(table), SQL.identifier(name)))


def get_floors(env, models):
    """Return the greatest id of each model so far."""
    env.flush_all()
    parts = [
        SQL("SELECT %s, COALESCE(MAX(id), 0) FROM %s", name, SQL.identifier(env[name]._table))
        for name in models
        if "id" in env[name]._fields
    ]
    return dict(env.execute_query(SQL(" UNION ALL ").join(parts)))


class World:
    """One customer of one company.

    What people do is done by the suite's own calls. Rows of all other models, which engines write, go straight to the
    database with every link inside this world, for that is what rights go by.
    """

    def __init__(self, env, name, company, someone):
        """Make the customer.

        :param someone: the employee who is responsible for everything, and has none of the roles that are tried
        """
        self.env = env(
            context={"allowed_company_ids": company.ids, "tracking_disable": True, "no_reset_password": True}
        )
        self.name = name
        company = company.with_env(self.env)
        self.text = f"Customer-{name}"
        values = {"name": self.text, "is_company": True, "email": f"{name.lower()}@customer.example"}
        customer = self.env["res.partner"].create(values)
        self.user = self._create_user(company, customer)
        self.records = {
            "res.company": company,
            "res.currency": company.currency_id,
            "res.partner": customer,
            "res.users": someone.with_env(self.env),
        }
        self._open, self._later = set(), []

    def _create_user(self, company, customer):
        login = f"customer_{self.name.lower()}"
        values = {
            "name": login,
            "login": login,
            "email": f"{login}@customer.example",
            "company_id": company.id,
            "company_ids": [fields.Command.set(company.ids)],
            "group_ids": [fields.Command.set(self.env.ref("base.group_portal").ids)],
        }
        user = self.env["res.users"].create(values)
        user.partner_id.parent_id = customer
        return user

    def live(self):
        """Sign a contract, use it, ask for help, connect a program, and negotiate another deal."""
        someone, customer = self.records["res.users"], self.records["res.partner"]
        contract = self._sign(customer, someone)
        contract.with_user(self.user).open_ticket({"name": "Help"})
        api = {"kind": "api", "name": "Program"}
        integration = self.env["kor.integration"].browse(contract.with_user(self.user).create_integration(api))
        integration.manage_integration("activate")
        self.env["kor.usage.event"].ingest(
            [
                {
                    "id": f"matrix-{self.name}",
                    "contract": contract.name,
                    "metric": "api_calls",
                    "time": "2026-01-05T10:00:00Z",
                    "quantity": 5,
                }
            ]
        )
        [invoice] = contract.generate_invoice("2026-01-01", "2026-01-31")
        self._negotiate(customer, someone)
        self.secrets = [self.text, contract.name, self.env["account.move"].browse(invoice).name]

    def _sign(self, customer, someone):
        product = self.env.ref("kor_enterprise_tiers.product_base_fee")
        fee = {"name": "Platform", "charge_type": "fixed", "product_id": product.id, "unit_price": 1000}
        tiers = [fields.Command.create({"up_to": 0, "unit_price": 2})]
        calls = {
            "name": "Calls",
            "charge_type": "usage",
            "price_model": "graduated",
            "metric_id": self.env.ref("kor_enterprise_tiers.metric_api_calls").id,
            "product_id": product.id,
            "price_tier_ids": tiers,
        }
        contract = self.env["kor.contract"].create(
            {
                "partner_id": customer.id,
                "tier_id": self.env.ref("kor_enterprise_tiers.tier_enterprise").id,
                "term": "annual",
                "date_start": "2026-01-01",
                "user_id": someone.id,
                "account_manager_id": someone.id,
                "line_ids": [fields.Command.create(line) for line in (fee, calls)],
            }
        )
        contract.action_activate()
        return contract

    def _negotiate(self, customer, someone):
        lead = self.env["crm.lead"].create(
            {
                "name": self.text,
                "type": "opportunity",
                "partner_id": customer.id,
                "user_id": someone.id,
                "kor_plan_id": self.env.ref("kor_enterprise_tiers.plan_enterprise_annual").id,
            }
        )
        order = self.env["sale.order"].browse(lead.generate_proposal())
        order.action_quotation_sent()
        negotiation = self.env["kor.negotiation"].browse(lead.start_negotiation())
        negotiation.with_user(self.user).counter([{"discount": 20, "reason": "Please."}])

    def fill(self, models, columns, floors):
        """Have a record of each model: what was made in this world, or a row.

        :param columns: columns by table, as get_columns returns them
        :param floors: the greatest id of each model before this world
        """
        self.columns, self.floors = columns, floors
        self.env.flush_all()
        for name in models:
            self._get(name)
        self._link_late()
        self._link_many(models)
        self.env.invalidate_all()

    def _get(self, name):
        """Return the record of a model, or None while it is being made."""
        if name not in self.records and name not in self._open:
            self._open.add(name)
            self.records[name] = self._find(name) or self._insert(name)
            self._open.discard(name)
        return self.records.get(name)

    def _find(self, name):
        model = self.env[name].sudo().with_context(active_test=False)
        if model._abstract:
            return model
        if name in self.floors:
            return model.search([("id", ">", self.floors[name])], order="id", limit=1)
        return self._find_linked(model)

    def _find_linked(self, model):
        """Return a record of this world's contract or opportunity, or else of its company."""
        found = model
        for field, comodel in (("contract_id", "kor.contract"), ("lead_id", "crm.lead"), ("company_id", "res.company")):
            if field in model._fields and not found:
                found = model.search([(field, "=", self._get(comodel).id)], limit=1)
        return found

    def _insert(self, name):
        model = self.env[name].sudo()
        columns = self.columns.get(model._table)
        if not columns or not model._auto:
            return model
        values = {}
        for field in model._fields.values():
            if field.name in columns and field.name not in AUTOMATIC and not field.company_dependent:
                value = self._make_value(model, field, columns[field.name])
                if value is not None:
                    values[field.name] = field.convert_to_column_insert(value, model)
        names = SQL(", ").join(map(SQL.identifier, values))
        table = SQL.identifier(model._table)
        insert = SQL("INSERT INTO %s (%s) VALUES %s", table, names, tuple(values.values()))
        # Of some there is one in a company, or one at all.
        rows = self.env.execute_query(SQL("%s ON CONFLICT DO NOTHING RETURNING id", insert))
        return model.browse(rows[0]) if rows else self._find_linked(model)

    def _make_value(self, model, field, required):
        if field.name in VISIBLE.get(model._name, ()):
            return VISIBLE[model._name][field.name]
        if field.type == "many2one":
            return self._make_link(model, field, required)
        if field.type == "many2one_reference":
            return self._get("kor.contract").id
        if field.name == getattr(field, "model_field", None) or field.name == "res_model":
            return "kor.contract"
        if field.name == "active":
            return True
        return self._make_plain(model, field, required)

    def _make_plain(self, model, field, required):
        if field.default:
            value = field.default(model)
            return value if value is not False or field.type == "boolean" else None
        if field.type == "selection" and (required or field.name == "state"):
            return field.get_values(self.env)[0]
        if field.type in ("date", "datetime"):
            return fields.Datetime.now() if required else None
        if field.type == "char" and (required or field.name in ("name", "code")):
            return self.text
        return SAMPLES.get(field.type) if required else None

    def _make_link(self, model, field, required):
        comodel = field.comodel_name
        if comodel in self.records or comodel in self.floors:
            if target := self._get(comodel):
                return target.id
            if comodel != model._name:
                self._later.append((model._name, field.name, comodel))
        if required:
            return self.env[comodel].sudo().with_context(active_test=False).search([], limit=1).id
        return None

    def _link_late(self):
        """Set the links of rows to records that were being made when the rows were."""
        for name, column, comodel in self._later:
            row, target = self.records[name], self.records[comodel]
            if row and target:
                table, column = SQL.identifier(row._table), SQL.identifier(column)
                self.env.cr.execute(SQL("UPDATE %s SET %s = %s WHERE id = %s", table, column, target.id, row.id))

    def _link_many(self, models):
        for name in models:
            for field in self.env[name]._fields.values():
                if field.type != "many2many" or not field.store or field.comodel_name not in self.records:
                    continue
                row, target = self.records[name], self.records[field.comodel_name]
                if row and target and field._module.startswith("kor_"):
                    relation, *ends = map(SQL.identifier, (field.relation, field.column1, field.column2))
                    self.env.cr.execute(
                        SQL(
                            "INSERT INTO %s (%s, %s) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                            relation,
                            *ends,
                            row.id,
                            target.id,
                        )
                    )
