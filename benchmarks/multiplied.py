"""Make few imported customers many, by copying their rows in SQL: 10,000 contracts, 500,000 lines, 10 million events.

What is copied are rows of an import: those whose number is higher than any in the database before it, in the table of
customers and in each that refers to a copied one: contracts with lines, terms, limits and amendments, invoices and
entries with their lines, reconciliations and taxes, slices of billing and revenue, costs, analytic lines, accounts,
snapshots, signals, renewals, reports, and the messages of all these. Before that, invoices are copied alone, three
years back each time, until there are as many lines as wanted: with them a contract has invoices of years before it
began. Whatever was due two months ago is marked as paid. Events of use are made from nothing, evenly over all
contracts and days and in the order of their time, with the rollups that `ingest` would have kept.

Not copied: users, plans, products and the other settings, billing runs and cost pools (their copies belong to the same
run or pool), the demo's own records, and what is beside contracts: leads, orders, tasks. Numbers inside of JSON still
name what was copied, and sums that are kept in a pool or in a run do not add up any more. So the copies are for
looking at, not for booking anything.
"""

from functools import cache

from psycopg2 import sql

# Their rows belong to all, even where they refer to a customer.
SHARED = (
    r"^(ir_|bus_|mail_|discuss_|res_(users|company|groups|currency)|product_|crm_|sale_|project_|base_|account_tax|"
    r"account_journal|account_account$|kor_(plan|charge|billing_run$|cost_pool$|revenue_close$))"
)
# What is copied with older dates, by so many years each time.
OLDER, YEARS = ("account_move", "account_move_line", "account_move_line_account_tax_rel", "kor_billing_item"), 3
# Columns by which a row is known to be about a contract or a customer, where they refer to what is copied.
OWNERS = ("contract_id", "kor_contract_id", "partner_id", "account_id")
EVENTS_A_DAY = 20
EVENTS = """
    WITH e AS (
        INSERT INTO kor_usage_event (contract_id, partner_id, metric_id, company_id, event_key, time, day, second,
                                     quantity, dimension)
        SELECT c.id, p.commercial_partner_id, m.id, c.company_id, concat_ws('-', 'many', c.id, %(day)s, k),
               %(day)s::date + make_interval(secs => k * 3600), %(day)s, k * 3600, 1 + (c.id + k) %% 9, ''
          FROM generate_series(1, %(count)s) k, kor_contract c
          JOIN res_partner p ON p.id = c.partner_id JOIN kor_metric m ON m.code = 'api_calls'
         WHERE c.date_activated IS NOT NULL AND NOT EXISTS (SELECT FROM kor_usage_rollup r
                WHERE (r.contract_id, r.metric_id, r.day) = (c.id, m.id, %(day)s)) ORDER BY k, c.id
        RETURNING contract_id, partner_id, metric_id, company_id, day, second, quantity
    )
    INSERT INTO kor_usage_rollup (contract_id, partner_id, company_id, tier_id, metric_id, day, dimension, total,
                                  events, readings, highest, latest, first_second, latest_second, area, has_events)
    SELECT e.contract_id, e.partner_id, e.company_id, c.tier_id, e.metric_id, e.day, '', sum(e.quantity), count(*),
           0, max(e.quantity), max(e.quantity), min(e.second), max(e.second), 0, true
      FROM e JOIN kor_contract c ON c.id = e.contract_id
     GROUP BY e.contract_id, e.partner_id, e.company_id, c.tier_id, e.metric_id, e.day
"""
INDEXES = """
    SELECT string_agg(format('DROP INDEX %%s', indexrelid::regclass), ';'),
           string_agg(pg_get_indexdef(indexrelid), ';')
      FROM pg_index WHERE indrelid = 'kor_usage_event'::regclass AND NOT indisprimary
"""
PAID = """
    UPDATE account_move SET payment_state = 'paid', amount_residual = 0, amount_residual_signed = 0
     WHERE kor_contract_id IS NOT NULL AND move_type = 'out_invoice' AND invoice_date_due < now() - interval '2 months'
           AND state = 'posted';
    UPDATE account_move_line l SET amount_residual = 0, amount_residual_currency = 0, reconciled = true
      FROM account_move m WHERE m.id = l.move_id AND m.payment_state = 'paid' AND l.display_type = 'payment_term'
"""
# A journal's entries are numbered from 1 on in each of its years: by another number Odoo takes them for a journal
# without years, and looks through all of them for the highest.
NUMBERS = """
    WITH entry AS (
        SELECT id, journal_id, regexp_replace(sequence_prefix, '20[0-9][0-9]', to_char(date, 'YYYY')) AS prefix
          FROM account_move WHERE id > %s AND state = 'posted'
    ), numbered AS (
        SELECT entry.id, prefix, row_number() OVER (PARTITION BY entry.journal_id, prefix ORDER BY entry.id)
               + COALESCE((SELECT max(sequence_number) FROM account_move before WHERE before.id <= %s
                  AND (before.journal_id, before.sequence_prefix) = (entry.journal_id, prefix)), 0) AS number
          FROM entry
    )
    UPDATE account_move SET sequence_prefix = prefix, sequence_number = number,
           name = prefix || CASE WHEN number < 100000 THEN lpad(number::text, 5, '0') ELSE number::text END
      FROM numbered WHERE numbered.id = account_move.id
"""


class Copier:
    """Copy rows of one database whose numbers are higher than those given for their tables."""

    def __init__(self, cursor, first):
        self.cursor, self.first, self.strides = cursor, first, {}
        # Nothing is checked row by row: the copies refer to each other as their originals do.
        cursor.execute("SET session_replication_role = replica")
        self.first["res_partner"] = self.query("SELECT max(partner_id) FROM res_users")[0][0]
        self.read_columns = cache(self.read_columns)

    def query(self, statement, *values):
        """Return the rows of a query."""
        self.cursor.execute(statement, values)
        return self.cursor.fetchall() if self.cursor.description else []

    def find_tables(self):
        """Return the tables that are about customers, directly or by what is."""
        found, size = {"res_partner", "account_move"}, 0
        while size < len(found):
            size = len(found)
            found |= {
                table
                for (table,) in self.query(
                    """SELECT DISTINCT c.relname FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
                        WHERE f.contype = 'f' AND f.confrelid::regclass::text = ANY(%s) AND c.relname !~ %s""",
                    list(found),
                    SHARED,
                )
            }
        return sorted(found)

    def read_columns(self, table):
        """Return the columns of a table with their types, and the tables that they refer to."""
        return self.query(
            """SELECT a.attname, a.atttypid::regtype::text, f.confrelid::regclass::text
                 FROM pg_attribute a
                 LEFT JOIN pg_constraint f ON f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
                WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                ORDER BY a.attnum""",
            table,
        )

    def has_id(self, table):
        return any(name == "id" for name, _type, _other in self.read_columns(table))

    def find_names(self, table):
        """Return the columns of text that no two rows may share, whatever else they refer to."""
        referring = {name for name, _type, other in self.read_columns(table) if other in self.strides} | {"id"}
        names = {"access_token"}
        for (columns,) in self.query(
            """SELECT array_agg(a.attname::text) FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey::smallint[])
                WHERE i.indrelid = %s::regclass AND i.indisunique GROUP BY i.indexrelid""",
            table,
        ):
            if not referring & set(columns):
                names |= set(columns)
        return names

    def multiply(self, tables, times, years=0):
        """Copy the new rows of all tables so many times, and return how many were added to which."""
        self.strides = {}
        for table in filter(self.has_id, tables):
            [(last,)] = self.query(sql.SQL("SELECT max(id) FROM {}").format(sql.Identifier(table)))
            if (last or 0) > self.first[table]:
                self.strides[table] = last - self.first[table]
        self.choose(" AND kor_contract_id IS NOT NULL" if years else "")
        added = {table: self.copy(table, times, years) for table in tables if self.get_condition(table)}
        for table in self.strides:
            statement = sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {}; DROP TABLE {}")
            self.query(statement.format(sql.Literal(table), sql.Identifier(table), get_chosen(table)))
        return {table: rows for table, rows in added.items() if rows}

    def choose(self, invoices):
        """Note the new rows that are not about the demo's contracts and customers, nor about any that are."""
        for table in self.strides:
            own = {name for name, _type, other in self.read_columns(table) if other in self.strides}
            text = "CREATE TEMP TABLE {0} AS SELECT id FROM {1} o WHERE id > {2}"
            text += "".join(
                f" AND (o.{name} IS NULL OR o.{name} > {self.first[other]})"
                for name, _type, other in self.read_columns(table)
                if name in OWNERS and name in own
            )
            text += invoices if table == "account_move" else ""
            values = (get_chosen(table), sql.Identifier(table), sql.Literal(self.first[table]))
            self.query(sql.SQL(text + "; CREATE UNIQUE INDEX ON {0} (id)").format(*values))
        references = [
            (table, name, other)
            for table in self.strides
            for name, _type, other in self.read_columns(table)
            if other in self.strides
        ]
        while sum(self.drop_lonely(*reference) for reference in references):
            pass

    def drop_lonely(self, table, name, other):
        """Forget rows that refer to a new one which is not copied; return how many."""
        text = """DELETE FROM {0} c USING {1} o WHERE o.id = c.id AND o.{2} > {3}
                     AND NOT EXISTS (SELECT FROM {4} d WHERE d.id = o.{2})"""
        values = (get_chosen(table), sql.Identifier(table), sql.Identifier(name), sql.Literal(self.first[other]))
        self.query(sql.SQL(text).format(*values, get_chosen(other)))
        return self.cursor.rowcount

    def get_condition(self, table):
        """Return the condition of the rows that are copied, relations of such included; None where there are none."""
        if self.has_id(table):
            text = "o.id IN (SELECT id FROM {})"
            return sql.SQL(text).format(get_chosen(table)) if table in self.strides else None
        sides = [(name, other) for name, _type, other in self.read_columns(table) if other in self.strides]
        both, one = "(o.{0} <= {1} OR o.{0} IN (SELECT id FROM {2}))", "o.{0} > {1}"
        parts = [
            sql.SQL(mark).join(
                sql.SQL(text).format(sql.Identifier(name), sql.Literal(self.first[other]), get_chosen(other))
                for name, other in sides
            )
            for text, mark in ((both, " AND "), (one, " OR "))
        ]
        return sql.SQL("{} AND ({})").format(*parts) if sides else None

    def copy(self, table, times, years):
        names, columns, expressions = self.find_names(table), [], []
        for name, kind, other in self.read_columns(table):
            column = sql.Identifier(name)
            columns.append(column)
            owner = table if name == "id" else other
            if owner in self.strides:
                text = "CASE WHEN o.{0} > {1} THEN o.{0} + k * {2} ELSE o.{0} END"
                values = (column, sql.Literal(self.first[owner]), sql.Literal(self.strides[owner]))
            elif name in names and kind in ("character varying", "text"):
                text, values = "o.{} || '-' || {} || k", (column, sql.Literal("y" if years else ""))
            elif years and kind == "date":
                text, values = "(o.{} - make_interval(years => k * {}))::date", (column, sql.Literal(years))
            else:
                text, values = "o.{}", (column,)
            expressions.append(sql.SQL(text).format(*values))
        statement = "INSERT INTO {0} ({1}) SELECT {2} FROM {0} o, generate_series(1, {3}) k WHERE {4}"
        lists = (sql.SQL(", ").join(part) for part in (columns, expressions))
        where = self.get_condition(table)
        self.query(sql.SQL(statement).format(sql.Identifier(table), *lists, sql.Literal(times), where))
        return self.cursor.rowcount

    def copy_messages(self, tables, times):
        """Copy what was said about the copied, without who was told."""
        for table in tables:
            if table in self.strides:
                self.query(
                    """INSERT INTO mail_message (model, res_id, author_id, body, subject, date, message_type,
                                                 subtype_id, is_internal, create_uid, create_date, write_date)
                       SELECT model, res_id + k * %s, author_id, body, subject, date, message_type,
                              subtype_id, is_internal, create_uid, create_date, write_date
                         FROM mail_message, generate_series(1, %s) k WHERE model = %s AND res_id > %s""",
                    self.strides[table],
                    times,
                    table.replace("_", "."),
                    self.first[table],
                )

    def count(self, statement):
        return self.query(f"SELECT count(*) FROM {statement}")[0][0]


def get_chosen(table):
    return sql.Identifier(f"chosen_{table}"[:63])


INVOICED = """account_move_line l JOIN account_move m ON m.id = l.move_id
               WHERE l.display_type = 'product' AND m.kor_contract_id IS NOT NULL AND m.id > """


def multiply(connection, first, contracts, lines, events):
    """Copy the imported customers until there are so many contracts, lines of invoices and events of use.

    :param first: the highest number of each table before the import
    """
    connection.autocommit = False
    with connection.cursor() as cursor:
        copier = Copier(cursor, first)
        own = copier.count(f"kor_contract WHERE id > {first['kor_contract']}")
        times = max(0, round((contracts - first["kor_contract"]) / own) - 1)
        wanted = lines / (times + 1) / copier.count(INVOICED + str(first["account_move"]))
        print(f"  {own} contracts are copied {times} times, their invoices before that {round(wanted) - 1} times",
              flush=True)  # fmt: skip
        copier.multiply([table for table in OLDER if round(wanted) > 1], round(wanted) - 1, YEARS)
        copier.query(PAID)
        tables = copier.find_tables()
        added = copier.multiply(tables, times)
        copier.copy_messages(tables, times)
        copied = first["account_move"]
        # No two have the same at any time.
        copier.query("UPDATE account_move SET name = 'n' || id WHERE id > %s AND state = 'posted'", copied)
        copier.query(NUMBERS, copied, copied)
        connection.commit()
        print("  rows added: " + ", ".join(f"{table} {rows:,}" for table, rows in sorted(added.items())), flush=True)
        make_events(connection, copier, events)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    connection.autocommit = False


def make_events(connection, copier, events):
    """Let each contract use something on as many days as are needed, and commit after each."""
    contracts = copier.count("kor_contract WHERE date_activated IS NOT NULL")
    # Millions of rows are sorted once in less time than each is put in its place.
    [(drop, create)] = copier.query(INDEXES)
    copier.query(drop)
    for number in range(round(events / contracts / EVENTS_A_DAY), 0, -1):
        [(day,)] = copier.query("SELECT current_date - %s", number)
        copier.cursor.execute(EVENTS, {"day": day, "count": EVENTS_A_DAY})
    copier.query(create)
    connection.commit()
