from odoo import api, fields, models
from odoo.tools import SQL, split_every

CHUNK = 1000
# The columns that follow from contracts, tickets, entries and messages.
AGGREGATES = ("tier_id", "mrr", "contract_count", "date_renewal", "amount_due", "ticket_count", "date_contact")
# Accounts follow from contracts: nobody subscribes to them, and their beginning is no news.
QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}


class KorAccountRefreshMixin(models.AbstractModel):
    """Make accounts from agreed contracts, and keep what they sum up; any number of accounts takes as many queries."""

    _name = "kor.account.refresh.mixin"
    _description = "Accounts from Contracts"

    @api.model
    def _open_accounts(self, partners=None):
        """Make the accounts of customers with a running contract, archive those that have none any more.

        :param partners: only of these customers
        :return: the new accounts
        """
        lacking = self._find_customers_without_account(partners)
        accounts = self.browse().concat(*(self._open_for(batch) for batch in split_every(CHUNK, lacking, list)))
        self._sync_active(partners)
        return accounts

    @api.model
    def _open_for(self, customers):
        """Make accounts of customers, which are rows of partner, company and manager."""
        names = ("partner_id", "company_id", "user_id")
        vals_list = [dict(zip(names, customer, strict=True)) for customer in customers]
        accounts = self.with_context(**QUIET).create(vals_list)
        accounts._align_contracts()
        return accounts.with_env(self.env)

    @api.model
    def _find_customers_without_account(self, partners=None):
        self.env.flush_all()
        return self.env.execute_query(self._select_customers_without_account(partners))

    @api.model
    def _select_customers_without_account(self, partners):
        """Return the query of customers and companies with a running contract, and who looks after the latest one."""
        return SQL(
            """
            SELECT p.commercial_partner_id, c.company_id,
                   (array_agg(c.account_manager_id ORDER BY c.date_start DESC, c.id DESC)
                       FILTER (WHERE c.account_manager_id IS NOT NULL))[1]
              FROM kor_contract c
              JOIN res_partner p ON p.id = c.partner_id
             WHERE c.state IN ('active', 'paused') AND %s
               AND NOT EXISTS (SELECT FROM kor_account a
                                WHERE a.partner_id = p.commercial_partner_id AND a.company_id = c.company_id)
             GROUP BY p.commercial_partner_id, c.company_id
             ORDER BY p.commercial_partner_id, c.company_id
            """,
            self._sql_of_customers("p.commercial_partner_id", partners),
        )

    @api.model
    def _sql_of_customers(self, column, partners):
        if partners is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", SQL(column), partners.commercial_partner_id.ids)

    @api.model
    def _sync_active(self, partners=None):
        """Archive accounts without a running contract, bring those back that have one again; return both."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE kor_account a
                   SET active = NOT active
                 WHERE %s
                   AND a.active IS DISTINCT FROM EXISTS (
                       SELECT FROM res_partner p
                         JOIN kor_contract c ON c.partner_id = p.id AND c.company_id = a.company_id
                        WHERE p.commercial_partner_id = a.partner_id AND c.state IN ('active', 'paused'))
                RETURNING a.id
                """,
                self._sql_of_customers("a.partner_id", partners),
            )
        )
        self.invalidate_model(["active"])
        return self.browse(id_ for (id_,) in rows)

    def _refresh_aggregates(self):
        """Bring what the accounts sum up to date."""
        if not self:
            return
        self.env.flush_all()
        days, rates = self._get_company_days(), self._get_rates_to_company()
        for batch in split_every(CHUNK, self.ids, list):
            self.env.cr.execute(self._update_aggregates(batch, days, rates))
        self.invalidate_recordset(list(AGGREGATES))

    def _align_contracts(self):
        """Let the contracts that run, or are to, have the manager of their account."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.user_id, array_agg(c.id)
                  FROM kor_account a
                  JOIN res_partner p ON p.commercial_partner_id = a.partner_id
                  JOIN kor_contract c ON c.partner_id = p.id AND c.company_id = a.company_id
                                     AND c.state IN ('draft', 'active', 'paused')
                                     AND c.account_manager_id IS DISTINCT FROM a.user_id
                 WHERE a.id = ANY(%s)
                 GROUP BY a.user_id
                """,
                self.ids,
            )
        )
        contracts_sudo = self.env["kor.contract"].sudo()  # who gives an account away need not change contracts
        for manager, ids in rows:
            contracts_sudo.browse(ids).account_manager_id = manager

    @api.model
    def _get_company_days(self):
        """Return the date that it is now where each company is, by its id."""
        companies_sudo = self.env["res.company"].sudo()  # accounts of all companies are refreshed alike
        companies = companies_sudo.search([])  # pylint: disable=no-search-all  # each has its day
        return {
            company.id: fields.Date.context_today(self.with_context(tz=company.partner_id.tz or "UTC"))
            for company in companies
        }

    @api.model
    def _get_rates_to_company(self):
        """Return today's rates as (company, currency, rate to the company's currency, its rounding)."""
        # Those of contracts only: a table of all makes the planner take detours.
        used = self.env.execute_query(SQL("SELECT DISTINCT currency_id FROM kor_contract"))
        currencies = self.env["res.currency"].browse(currency for (currency,) in used)
        companies_sudo = self.env["res.company"].sudo()  # as above
        companies = companies_sudo.search([])  # pylint: disable=no-search-all  # each has its rates
        rows = []
        for company in companies:
            own = company.currency_id
            rates = (currencies | own)._get_rates(company, fields.Date.today())
            rows += [(company.id, key, rates[own.id] / rate, own.rounding) for key, rate in rates.items()]
        return rows

    @api.model
    def _update_aggregates(self, ids, days, rates):
        """Return the statement that brings the columns of accounts up to date, where they have changed.

        It is one, though long, so that a chunk of accounts is read once and written once.
        """
        return SQL(
            """
            WITH chosen AS (
                SELECT a.id, a.partner_id, a.company_id, y.today
                  FROM kor_account a
                  JOIN unnest(%(companies)s::int[], %(days)s::date[]) AS y(company_id, today)
                    ON y.company_id = a.company_id
                 WHERE a.id = ANY(%(ids)s)),
            rates AS (%(rates)s),
            running AS (%(contracts)s),
            due AS (%(due)s),
            tickets AS (%(tickets)s),
            contact AS (%(contact)s)
            UPDATE kor_account a
               SET (tier_id, mrr, contract_count, date_renewal, amount_due, ticket_count, date_contact) =
                   (r.tier_id, COALESCE(r.mrr, 0), COALESCE(r.number, 0), r.renewal, COALESCE(d.amount, 0),
                    COALESCE(t.number, 0), k.moment)
              FROM chosen c
              LEFT JOIN running r ON r.id = c.id
              LEFT JOIN due d ON d.id = c.id
              LEFT JOIN tickets t ON t.id = c.id
              LEFT JOIN contact k ON k.id = c.id
             WHERE a.id = c.id
               AND (a.tier_id, a.mrr, a.contract_count, a.date_renewal, a.amount_due, a.ticket_count, a.date_contact)
                   IS DISTINCT FROM
                   (r.tier_id, COALESCE(r.mrr, 0), COALESCE(r.number, 0), r.renewal, COALESCE(d.amount, 0),
                    COALESCE(t.number, 0), k.moment)
            """,
            ids=list(ids),
            companies=list(days),
            days=list(days.values()),
            rates=self._select_rates(rates),
            contracts=self._select_running(),
            due=self._select_due(),
            tickets=self._select_tickets(),
            contact=self._select_contact(fields.Datetime.now()),
        )

    @api.model
    def _select_rates(self, rates):
        return SQL(
            "SELECT * FROM unnest(%s::int[], %s::int[], %s::numeric[], %s::numeric[]) "
            "AS f(company_id, currency_id, rate, rounding)",
            *(list(column) for column in zip(*rates, strict=True)),
        )

    @api.model
    def _select_running(self):
        """Return the query of what running contracts make: the tier, the MRR in the company's currency, the next end.

        Of each contract the MRR is rounded by itself, as it is told on it; one that is left has nothing to renew.
        """
        return SQL(
            """
            SELECT x.id, count(*) AS number,
                   (array_agg(c.tier_id ORDER BY t.sequence DESC, t.id DESC))[1] AS tier_id,
                   sum(round((c.mrr * f.rate / f.rounding)::numeric) * f.rounding::numeric)
                       FILTER (WHERE c.date_start <= x.today) AS mrr,
                   min(c.date_end) FILTER (WHERE c.date_leaving IS NULL OR c.date_leaving > c.date_end) AS renewal
              FROM chosen x
              JOIN res_partner p ON p.commercial_partner_id = x.partner_id
              JOIN kor_contract c ON c.partner_id = p.id AND c.company_id = x.company_id
                                 AND c.state IN ('active', 'paused')
              JOIN kor_tier t ON t.id = c.tier_id
              JOIN rates f ON f.company_id = c.company_id AND f.currency_id = c.currency_id
             GROUP BY x.id
            """
        )

    @api.model
    def _select_due(self):
        """Return the query of what is overdue in the company's currency, less what is paid but not matched yet."""
        return SQL(
            """
            SELECT x.id, greatest(sum(l.amount_residual), 0) AS amount
              FROM chosen x
              JOIN account_move_line l ON l.partner_id = x.partner_id AND l.company_id = x.company_id
                                      AND l.parent_state = 'posted' AND l.reconciled IS NOT TRUE
              JOIN account_account o ON o.id = l.account_id AND o.account_type = 'asset_receivable'
             WHERE l.date_maturity < x.today
             GROUP BY x.id
            """
        )

    @api.model
    def _select_tickets(self):
        """Return the query of how many tickets are open."""
        return SQL(
            """
            SELECT x.id, count(*) AS number
              FROM chosen x
              JOIN res_partner p ON p.commercial_partner_id = x.partner_id
              JOIN kor_contract c ON c.partner_id = p.id AND c.company_id = x.company_id
              JOIN project_task t ON t.kor_contract_id = c.id AND t.active
                                 AND t.state NOT IN ('1_done', '1_canceled')
             GROUP BY x.id
            """
        )

    @api.model
    def _select_contact(self, now):
        """Return the query of when a person of ours and one of the customer last wrote, spoke or met.

        That is: what the customer wrote; what a member of staff wrote to the customer, invoices apart; activities of
        calling, meeting or mailing that are done; meetings. What jobs send is no contact. It is one query, though long:
        the latest of all of these is looked for.
        """
        return SQL(
            """
            WITH people AS (
                SELECT x.id, x.company_id, p.id AS partner_id FROM chosen x
                  JOIN res_partner p ON p.commercial_partner_id = x.partner_id)
            SELECT k.id, max(k.moment) AS moment
              FROM (SELECT p.id, m.date AS moment
                      FROM people p
                      JOIN mail_message m ON m.author_id = p.partner_id AND m.message_type IN ('comment', 'email')
                     UNION ALL
                    SELECT p.id, m.date
                      FROM people p
                      JOIN mail_notification n ON n.res_partner_id = p.partner_id
                      JOIN mail_message m ON m.id = n.mail_message_id AND m.message_type = 'comment'
                                         AND m.model != 'account.move' AND m.is_internal IS NOT TRUE
                      JOIN res_users u ON u.partner_id = m.author_id AND u.share IS NOT TRUE AND u.id != %(robot)s
                     UNION ALL
                    SELECT p.id, e.start
                      FROM people p
                      JOIN calendar_event_res_partner_rel g ON g.res_partner_id = p.partner_id
                      JOIN calendar_event e ON e.id = g.calendar_event_id AND e.active AND e.stop <= %(now)s
                     UNION ALL
                    %(done)s) k
             GROUP BY k.id
            """,
            robot=self.env.ref("base.user_root").id,
            now=now,
            done=self._select_done_activities(),
        )

    @api.model
    def _select_done_activities(self):
        """Return the query of the talks that were noted as done on the customer, its account, a lead or a contract."""
        types = self.env["mail.activity.type"].with_context(active_test=False).sudo()  # set up for all users
        talks = types.search([("category", "in", ("phonecall", "meeting"))])
        talks |= self.env.ref("mail.mail_activity_data_email", raise_if_not_found=False) or types
        return SQL(
            """
            SELECT o.id, m.date
              FROM (SELECT p.id, 'res.partner' AS model, p.partner_id AS res_id FROM people p
                     UNION ALL SELECT x.id, 'kor.account', x.id FROM chosen x
                     UNION ALL SELECT p.id, 'kor.contract', c.id FROM people p
                                 JOIN kor_contract c ON c.partner_id = p.partner_id AND c.company_id = p.company_id
                     UNION ALL SELECT p.id, 'crm.lead', l.id FROM people p
                                 JOIN crm_lead l ON l.partner_id = p.partner_id) o
              JOIN mail_message m ON m.model = o.model AND m.res_id = o.res_id AND m.mail_activity_type_id = ANY(%s)
            """,
            talks.ids,
        )
