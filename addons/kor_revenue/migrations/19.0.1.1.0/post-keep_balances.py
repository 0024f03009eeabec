from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Contract balances are kept from now on: write those of the contracts that there are."""
    api.Environment(cr, SUPERUSER_ID, {})["kor.revenue.balance"]._keep_all()
