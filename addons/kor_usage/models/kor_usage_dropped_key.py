from odoo import fields, models


class KorUsageDroppedKey(models.Model):
    """Remember for ever which ids of a customer have been counted whose events are not kept any more, and where.

    As long as an event is kept, it remembers its id itself.
    """

    _name = "kor.usage.dropped.key"
    _description = "Id of a Dropped Usage Event"
    _auto = False
    _log_access = False
    _rec_name = "event_key"
    _order = "id desc"

    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    event_key = fields.Char(string="Event ID", readonly=True)
    contract_id = fields.Many2one("kor.contract", readonly=True)
    metric_id = fields.Many2one("kor.metric", readonly=True)
    day = fields.Date(readonly=True)
    is_reversed = fields.Boolean(string="Reversed", readonly=True)

    def init(self):
        # By hand: a foreign key on each of millions of rows costs more than the row; the rollups hold them. Keys are
        # looked up by customer and id only: an index of their own ids would serve nobody. The single row of the
        # second table changes whenever events are dropped, so that what runs at the same time can notice.
        self.env.cr.execute(
            """
            CREATE TABLE IF NOT EXISTS kor_usage_dropped_key (
                id bigint NOT NULL,
                partner_id integer NOT NULL,
                event_key varchar COLLATE "C" NOT NULL,
                contract_id integer NOT NULL,
                metric_id integer NOT NULL,
                day date NOT NULL,
                is_reversed boolean NOT NULL,
                PRIMARY KEY (partner_id, event_key)
            );
            CREATE TABLE IF NOT EXISTS kor_usage_retention (ran_at timestamp);
            INSERT INTO kor_usage_retention SELECT NULL WHERE NOT EXISTS (SELECT FROM kor_usage_retention)
            """
        )
