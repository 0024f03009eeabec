from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize, plaintext2html

SUPPORTED = ("active", "paused")
INPUTS = ("name", "description", "priority", "requester", "channel")
NAME_LENGTH = 200
TEXT_LENGTH = 100_000


class KorContractTicketMixin(models.AbstractModel):
    """Take tickets of a contract: who may open them, and how."""

    _name = "kor.contract.ticket.mixin"
    _description = "Tickets of Contracts"

    ticket_ids = fields.One2many("project.task", "kor_contract_id", string="Tickets")
    ticket_count = fields.Integer(string="Open Tickets", compute="_compute_ticket_count")

    def _compute_ticket_count(self):
        counts = dict(
            self.env["project.task"]._read_group(
                [("kor_contract_id", "in", self.ids), ("ticket_state", "!=", "resolved")],
                ["kor_contract_id"],
                ["__count"],
            )
        )
        for contract in self:
            contract.ticket_count = counts.get(contract, 0)

    def open_ticket(self, values):
        """Open a support ticket of the contract.

        :param values: `name` (what it is about), and as needed `description` (plain text), `priority` (0 to 3, or low,
            medium, high, urgent; medium by default), `requester` (id or e-mail address of a contact; the customer by
            default) and `channel` (portal, email, phone, api, chat; api by default)
        :return: the id of the ticket, a task
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_open()
        values = self._read_ticket_input(values)
        if self.env.user._is_portal():
            # A ticket in the name of a named contact does not make whoever asks for it one.
            self._check_requester(self.env.user.partner_id)
        ticket = self._open_ticket(values)
        return ticket.id

    def action_open_tickets(self):
        """Open the tickets of the contracts.

        :return: a window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.ticket_action")
        context = {"default_kor_contract_id": self.id} if len(self) == 1 else {}
        return {**action, "domain": [("kor_contract_id", "in", self.ids)], "context": context}

    def _check_may_open(self):
        user = self.env.user
        if not (self.env.su or user._is_portal() or user.has_group("kor_sla.group_kor_support_user")):
            raise AccessError(self.env._("Only support agents and the customer open tickets of a contract."))

    def _open_ticket(self, values):
        """Create the ticket, as whoever asks for it."""
        tasks_sudo = self.env["project.task"].sudo()  # customers open tickets, and may create no tasks by themselves
        return tasks_sudo.create({"kor_contract_id": self.id, **values})

    def _read_ticket_input(self, values):
        """Return the values of a task from plain input, or raise with what would be right."""
        if not isinstance(values, dict):
            raise UserError(self.env._("A ticket is given by its name and more, such as {“name”: “Cannot log in”}."))
        for name in values:
            if name not in INPUTS:
                raise UserError(
                    self.env._("A ticket has no “%(name)s”; there are: %(names)s.", name=name, names=", ".join(INPUTS))
                )
        texts = {"name": NAME_LENGTH, "description": TEXT_LENGTH}
        name, description = (self._parse_text(values.get(key, ""), key, texts[key]) for key in texts)
        if not name:
            raise UserError(self.env._("Say in a few words what the ticket is about: its “name” is empty."))
        return {
            "name": name,
            "description": plaintext2html(description) if description else False,
            "priority": self.env["project.task"]._parse_priority(values.get("priority", "1")),
            "partner_id": self._find_requester(values.get("requester")).id,
            "ticket_channel": self._read_channel(values.get("channel", "api")),
        }

    @api.model
    def _read_channel(self, channel):
        channels = self.env["project.task"]._fields["ticket_channel"].get_values(self.env)
        if channel not in channels:
            raise UserError(
                self.env._(
                    "A ticket does not come by “%(channel)s”; use one of: %(channels)s.",
                    channel=channel,
                    channels=", ".join(channels),
                )
            )
        return channel

    def _find_requester(self, requester):
        """Return the contact of the customer that is meant by an id or an e-mail address; by default who asks."""
        if requester in (None, False, ""):
            return self.env.user.partner_id if self.env.user._is_portal() else self.partner_id
        found = self._find_customer_contact(requester)
        if not found:
            raise UserError(
                self.env._(
                    "“%(requester)s” is no contact of %(customer)s. Give the id or the e-mail address of one.",
                    requester=requester,
                    customer=self.partner_id.sudo().commercial_partner_id.name,  # the name of their own company
                )
            )
        return found

    def _find_customer_contact(self, given):
        """Return as superuser the customer's contact with an id or an e-mail address, an empty one where none is."""
        partners_sudo = self.env["res.partner"].sudo()  # contacts of the contract's own customer only
        family = [("commercial_partner_id", "=", self.partner_id.sudo().commercial_partner_id.id)]  # likewise
        if isinstance(given, int) and not isinstance(given, bool):
            return partners_sudo.search([*family, ("id", "=", given)], limit=1)
        if isinstance(given, str) and (email := email_normalize(given)):
            return partners_sudo.search([*family, ("email_normalized", "=", email)], order="is_company, id", limit=1)
        return partners_sudo

    def _check_requester(self, requester):
        """Raise where the contract names who may open tickets, and this one is not among them."""
        self.ensure_one()
        contract_sudo = self.sudo()  # the customer's own contacts
        named = contract_sudo.support_contact_ids
        if contract_sudo.named_contacts_only and requester.id not in named.ids:
            raise UserError(
                self.env._(
                    "By contract %(contract)s tickets are opened by its named contacts only: %(contacts)s. "
                    "%(person)s is none of them.",
                    contract=contract_sudo.name,
                    contacts=", ".join(named.mapped("name")) or self.env._("nobody is named yet"),
                    person=requester.sudo().name or self.env._("The sender"),  # likewise
                )
            )

    def _is_supported(self):
        return self.state in SUPPORTED

    def _check_supported(self):
        self.ensure_one()
        if not self._is_supported():
            state = dict(self._fields["state"]._description_selection(self.env))[self.state]
            raise UserError(
                self.env._(
                    "Contract %(contract)s is “%(state)s”: tickets are opened on contracts that are active or paused.",
                    contract=self.name,
                    state=state,
                )
            )

    @api.model
    def _get_supported_contract(self, customers):
        """Return the contract of one of these customers that support is asked for: the newest that runs."""
        return self._get_supported_contracts(customers)[:1]

    @api.model
    def _get_supported_contracts(self, customers):
        if not customers:
            return self.browse()
        domain = [("partner_id", "in", customers._get_kor_family_ids()), ("state", "in", SUPPORTED)]
        contracts_sudo = self.sudo()  # mail is sorted by all contracts, whoever fetches it
        found = contracts_sudo.search(domain, order="date_start desc, id desc")
        return found.sorted(lambda contract: contract.state != "active")
