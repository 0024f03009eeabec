from odoo import fields, models


class KorPlaybookRun(models.Model):
    """The start of a playbook on a signal. Written by the daily job only."""

    _name = "kor.playbook.run"
    _description = "Started Playbook"
    _order = "date desc, id desc"
    _rec_name = "playbook_id"

    playbook_id = fields.Many2one("kor.playbook", required=True, index=True, ondelete="cascade")
    signal_id = fields.Many2one("kor.signal", required=True, index=True, ondelete="cascade")
    account_id = fields.Many2one(related="signal_id.account_id", store=True, index=True)
    user_id = fields.Many2one(related="account_id.user_id", string="Account Manager")
    date = fields.Datetime(required=True, default=fields.Datetime.now)

    _newest_idx = models.Index("(date DESC, id DESC)")
    _signal_unique = models.UniqueIndex("(playbook_id, signal_id)", "A playbook starts once on a signal.")
