import logging
from contextlib import contextmanager
from datetime import timedelta

from werkzeug.urls import url_encode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.sql import column_exists, create_column

from odoo.addons.kor_enterprise_tiers.tools import open_form

from .kor_move_builder import BUILDING

_logger = logging.getLogger(__name__)


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = [
        "account.move",
        "kor.invoice.payment.mixin",
        "kor.move.collection.mixin",
        "kor.move.dunning.mixin",
        "kor.move.hold.mixin",
    ]

    kor_contract_id = fields.Many2one(
        "kor.contract", string="Contract", index="btree_not_null", readonly=True, ondelete="restrict"
    )
    kor_contract_ids = fields.Many2many(
        "kor.contract",
        string="Contracts",
        compute="_compute_kor_contract_ids",
        compute_sudo=True,  # who posts an invoice need not be allowed to read contracts
        search="_search_kor_contract_ids",
        help="All contracts that the invoice bills.",
    )
    kor_date_from = fields.Date(string="Period from", readonly=True, copy=False)
    kor_date_to = fields.Date(string="Period to", readonly=True, copy=False)
    kor_draw_ids = fields.One2many("kor.prepaid.draw", "move_id", string="Drawn Credit")
    kor_item_ids = fields.One2many("kor.billing.item", "move_id", string="Billed Periods")

    # Odoo's form of a customer asks what was invoiced to it, without an index of its own for that.
    _kor_customer_idx = models.Index("(commercial_partner_id, invoice_date)")
    # Odoo's lists and forms of invoices look for those of the same day and amount, which may be there twice.
    _kor_twin_idx = models.Index("(invoice_date, amount_total) WHERE invoice_date IS NOT NULL")

    def _auto_init(self):
        if not column_exists(self.env.cr, self._table, "kor_contract_id"):
            # No invoice is from a contract yet: there is nothing to compute, in journals of any size.
            for name, kind in (
                ("kor_collection_state", "varchar"),
                ("kor_next_attempt_date", "date"),
                ("kor_service_effect", "varchar"),
                ("kor_hold_reason", "varchar"),
            ):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    @api.depends("kor_contract_id", "kor_item_ids.contract_id")
    def _compute_kor_contract_ids(self):
        for move in self:
            move.kor_contract_ids = move.kor_contract_id | move.kor_item_ids.contract_id

    def _search_kor_contract_ids(self, operator, value):
        if operator != "in":
            return NotImplemented
        items_sudo = self.env["kor.billing.item"].sudo()  # who may read an invoice may find it by what it bills
        moves = items_sudo._search([("contract_id", "in", value), ("move_id", "!=", False)]).subselect("move_id")
        return Domain("kor_contract_id", "in", value) | Domain("id", "in", moves)

    # EXTENDS account
    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._get_kor_items()._claim()
        posted._get_kor_draws()._claim()
        return posted

    # EXTENDS account
    @contextmanager
    def _sync_dynamic_lines(self, container):
        """Look for nothing to add to new invoices that come with all lines; that they balance is checked as ever."""
        if self.env.context.get("kor_move_is_whole") is BUILDING:
            yield
            return
        with super()._sync_dynamic_lines(container):
            yield

    # EXTENDS base
    def _check_company(self, fnames=None):
        """Check new invoices together; where one does not agree, core finds which, and says so."""
        if not fnames and self.env.context.get("kor_move_builder") is BUILDING and self._is_kor_consistent():
            return None
        return super()._check_company(fnames)

    def _is_kor_consistent(self):
        names = [name for name, field in self._fields.items() if field.relational and field.check_company]
        return not any(self._fields[name].company_dependent for name in names) and all(
            self._is_kor_of_company(moves.sudo()[name], company)  # as core checks
            for company, moves in self.grouped("company_id").items()
            for name in names
        )

    @api.model
    def _is_kor_of_company(self, records, company):
        domain = records._check_company_domain(company)
        return not domain or records == records.with_context(active_test=False).filtered_domain(domain)

    # EXTENDS base
    def _add_precomputed_values(self, vals_list):
        """Show core one line of each new whole invoice, and not all: lines decide nothing that comes before them."""
        if self.env.context.get("kor_lines_are_whole") is not BUILDING:
            return super()._add_precomputed_values(vals_list)
        lines = [vals.pop("line_ids") for vals in vals_list]
        for vals, own in zip(vals_list, lines, strict=True):
            vals["line_ids"] = own[:1]
        super()._add_precomputed_values(vals_list)
        for vals, own in zip(vals_list, lines, strict=True):
            vals["line_ids"] = own

    # EXTENDS account
    @api.onchange("partner_id")
    def _inverse_partner_id(self):
        """Leave out new invoices on whose lines the customer stands already.

        Core reads the lines of each again to look; for that, half-made rows would have to be written.
        """
        if self.env.context.get("kor_move_builder") is BUILDING:
            self = self.filtered(
                lambda move: any(line.partner_id != move.commercial_partner_id for line in move.line_ids)
            )
        return super()._inverse_partner_id()

    # EXTENDS account
    @api.onchange("currency_id")
    def _inverse_currency_id(self):
        """Leave out new invoices whose lines have their currency; to look, core would read the lines of all again."""
        if self.env.context.get("kor_move_builder") is BUILDING:
            self = self.filtered(lambda move: any(line.currency_id != move.currency_id for line in move.line_ids))
        return super()._inverse_currency_id()

    # EXTENDS account
    def _get_next_sequence_format(self):
        """Look once for the last number of a journal's day, where invoices are posted together.

        The answer is kept beside the numbers in core's own cache, which ends with the transaction, or as soon as a
        number is written by hand.
        """
        journal = self.journal_id
        if self.env.context.get("kor_move_builder") is not BUILDING or journal.is_self_billing:
            return super()._get_next_sequence_format()
        key = ("kor_format", journal, self.date, self.move_type, bool(self.origin_payment_id))
        memo = self._get_sequence_cache()
        if key not in memo:
            memo[key] = super()._get_next_sequence_format()
        format_string, format_values = memo[key]
        # A copy: core takes the number out of it.
        return format_string, dict(format_values)

    # EXTENDS account
    def button_draft(self):
        result = super().button_draft()
        self._release_kor()
        return result

    # EXTENDS account
    def button_cancel(self):
        result = super().button_cancel()
        self._release_kor()
        return result

    # EXTENDS account
    def _reverse_moves(self, default_values_list=None, cancel=False):
        reversals = super()._reverse_moves(default_values_list, cancel)
        for move in reversals.reversed_entry_id.filtered("kor_item_ids"):
            move.message_post(
                body=self.env._(
                    "A credit note was made. The periods of this invoice stay billed; "
                    "reset or cancel the invoice instead to bill them again."
                )
            )
        return reversals

    def _is_kor_posted_at_once(self):
        """Tell whether billing posts the invoice, or leaves it as a draft."""
        self.ensure_one()
        return self._get_kor_posting() == "post" and not self._is_kor_held()

    def _get_kor_posting(self):
        company = self.company_id.sudo()  # the setting holds for everybody who bills
        return self.kor_contract_id.invoice_posting or company.kor_invoice_posting

    def _cron_kor_post_drafts(self):
        """Post the drafts of billing whose grace time is over. One that cannot be posted waits for its next try."""
        cron = self.env["ir.cron"]
        drafts = self._get_kor_over_grace()
        cron._commit_progress(remaining=len(drafts))
        for draft in drafts:
            try:
                with self.env.cr.savepoint():
                    draft.try_lock_for_update()._post()
            except UserError as error:
                _logger.info("Draft %s of billing cannot be posted: %s", draft.id, error)
                draft._note_kor_not_posted(str(error))
            if not cron._commit_progress(1):
                return

    def _get_kor_over_grace(self):
        """Return the drafts as billing left them that have stayed so for the grace time."""
        found = self.search(
            [("kor_contract_id", "!=", False), ("state", "=", "draft"), ("posted_before", "=", False)], order="id"
        )
        now = fields.Datetime.now()
        return found.filtered(
            lambda move: (
                move._get_kor_posting() == "grace"
                and move.auto_post == "no"
                and not move.kor_hold_reason
                and move.create_date + timedelta(days=move.company_id.kor_grace_days) <= now
            )
        )

    def _note_kor_not_posted(self, reason):
        self.ensure_one()
        if not self.activity_search(["mail.mail_activity_data_warning"]):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("The grace time is over, but the invoice cannot be posted"),
                note=reason,
                user_id=(self.invoice_user_id or self.env.user).id,
            )

    def action_open_kor_contract(self):
        """Open the contract that the invoice bills.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.kor_contract_id)

    def _get_kor_portal_url(self, suffix="", access_token=None):
        """Return an address of the customer's invoice pages with the visitor's own token: making one would write."""
        arguments = f"?{url_encode({'access_token': access_token})}" if access_token else ""
        return f"/my/invoices/{self.id}{suffix}{arguments}"

    def _get_kor_portal_lines(self):
        """Return the lines that the customer reads, each with what explains it."""
        self.ensure_one()
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        return [(line, line._get_kor_explained()) for line in lines.sorted(lambda line: (line.sequence, line.id))]

    def _release_kor(self):
        self._get_kor_items()._release()
        self._get_kor_draws()._release()

    def _get_kor_draws(self):
        return self.sudo().kor_draw_ids  # drawn credit follows the invoice, whoever may post or cancel it

    def _get_kor_items(self):
        return self.sudo().kor_item_ids  # billed periods follow the invoice, whoever may post or cancel it
