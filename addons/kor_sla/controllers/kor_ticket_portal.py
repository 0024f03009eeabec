from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.kor_ticket_event_mixin import OPEN_STATES

FILES = 10
FILE_SIZE = 10 * 1024 * 1024


class KorTicketPortal(CustomerPortal):
    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kor_ticket_count" in counters:
            # With a contract the card is there before the first ticket: that is where one is opened.
            tickets = self._get_own_kor_tickets_count(Domain.TRUE)
            values["kor_ticket_count"] = tickets or len(self._get_own_kor_contracts())
        return values

    def _get_kor_customer(self):
        return request.env.user.partner_id.commercial_partner_id

    def _get_own_kor_tickets_domain(self):
        """Return which tickets are the visitor's: those of the own company's support projects, nobody else's."""
        return Domain("ticket_number", "!=", False) & Domain(
            "project_id.kor_support_partner_id", "=", self._get_kor_customer().id
        )

    def _get_own_kor_tickets_count(self, domain):
        tickets_sudo = request.env["project.task"].sudo()  # the domain chooses the own ones
        return tickets_sudo.search_count(self._get_own_kor_tickets_domain() & domain)

    def _get_own_kor_contracts(self):
        """Return the own contracts that tickets can be opened on."""
        return request.env["kor.contract"]._get_supported_contracts(self._get_kor_customer())

    def _get_own_kor_ticket(self, ticket_id):
        """Return the own ticket as superuser, empty where it is not: a token is not enough to act."""
        tickets_sudo = request.env["project.task"].sudo()  # the domain chooses the own ones
        return tickets_sudo.search(self._get_own_kor_tickets_domain() & Domain("id", "=", ticket_id))

    def _get_kor_ticket_filters(self):
        return {
            "open": {"label": request.env._("Open"), "domain": Domain("ticket_state", "in", OPEN_STATES)},
            "waiting": {"label": request.env._("Waiting for you"), "domain": Domain("ticket_state", "=", "waiting")},
            "resolved": {"label": request.env._("Resolved"), "domain": Domain("ticket_state", "=", "resolved")},
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
        }

    def _get_kor_ticket_sortings(self):
        return {
            "date": {"label": request.env._("Newest"), "order": "id desc"},
            "priority": {"label": request.env._("Priority"), "order": "ticket_priority desc, id desc"},
            "name": {"label": request.env._("Subject"), "order": "name, id desc"},
        }

    def _get_kor_ticket_searchbar(self):
        return {
            "searchbar_sortings": self._get_kor_ticket_sortings(),
            "searchbar_filters": self._get_kor_ticket_filters(),
            "searchbar_inputs": {"all": {"input": "all", "label": request.env._("Subject or number")}},
            "search_in": "all",
        }

    @route(["/my/tickets", "/my/tickets/page/<int:page>"], type="http", auth="user", website=True, readonly=True)
    def portal_my_kor_tickets(self, page=1, sortby=None, filterby=None, search=None, **_kwargs):
        """List the customer's tickets."""
        sortings, filters = self._get_kor_ticket_sortings(), self._get_kor_ticket_filters()
        step = self._items_per_page
        sortby = sortby if sortby in sortings else "date"
        filterby = filterby if filterby in filters else "open"
        domain = filters[filterby]["domain"]
        if search:
            domain &= Domain("name", "ilike", search) | Domain("ticket_number", "ilike", search)
        chosen = {"sortby": sortby, "filterby": filterby, "search": search}
        total = self._get_own_kor_tickets_count(domain)
        pager = portal_pager(url="/my/tickets", url_args=chosen, total=total, page=page, step=step)
        tickets_sudo = request.env["project.task"].sudo()  # the domain chooses the own ones
        own = self._get_own_kor_tickets_domain() & domain
        values = {
            **self._prepare_portal_layout_values(),
            "tickets": tickets_sudo.search(own, order=sortings[sortby]["order"], limit=step, offset=pager["offset"]),
            "can_open": bool(self._get_own_kor_contracts()),
            "page_name": "kor_tickets",
            "pager": pager,
            "default_url": "/my/tickets",
            **self._get_kor_ticket_searchbar(),
            **chosen,
        }
        return request.render("kor_sla.kor_ticket_portal_list", values)

    @route(["/my/tickets/new"], type="http", auth="user", website=True, methods=["GET", "POST"])
    def portal_kor_ticket_new(self, **given):
        """Show the form of a new ticket, and open it."""
        contracts_sudo = self._get_own_kor_contracts()
        problem = ""
        if request.httprequest.method == "GET":
            # A link must not put words into the customer's mouth.
            given = {}
        else:
            try:
                with request.env.cr.savepoint():
                    ticket = self._open_kor_ticket(contracts_sudo, given)
                return request.redirect(f"/my/tickets/{ticket.id}")
            except UserError as error:
                problem = str(error)
        values = {
            **self._prepare_portal_layout_values(),
            "contracts": contracts_sudo,
            "priorities": self._get_kor_priorities(),
            "given": {key: text for key, text in given.items() if isinstance(text, str)},
            "problem": problem,
            "page_name": "kor_ticket_new",
        }
        return request.render("kor_sla.kor_ticket_portal_new", values)

    def _get_kor_priorities(self):
        return request.env["kor.sla.target"]._fields["priority"]._description_selection(request.env)

    def _open_kor_ticket(self, contracts_sudo, given):
        wanted = str(given.get("contract") or "")
        contract = contracts_sudo.filtered(lambda one: str(one.id) == wanted) if wanted else contracts_sudo[:1]
        if not contract:
            raise UserError(request.env._("Choose one of your contracts."))
        texts = {key: given.get(key) or "" for key in ("name", "description")}
        values = contract._read_ticket_input(
            {
                **texts,
                "priority": given.get("priority") or "1",
                "channel": "portal",
                "requester": request.env.user.partner_id.id,
            }
        )
        files = self._read_kor_files()
        ticket = contract._open_ticket(values)
        attachments_sudo = request.env["ir.attachment"].sudo()  # customers add files to their new ticket
        attachments_sudo.create([{**file, "res_model": "project.task", "res_id": ticket.id} for file in files])
        return ticket

    def _read_kor_files(self):
        """Return the values of the files that were sent along, or raise where they are too many or too large."""
        sent = [file for file in request.httprequest.files.getlist("attachments") if file.filename]
        if len(sent) > FILES:
            raise UserError(request.env._("Attach %(most)s files at most.", most=FILES))
        files = []
        for file in sent:
            content = file.read(FILE_SIZE + 1)
            if len(content) > FILE_SIZE:
                raise UserError(
                    request.env._(
                        "“%(name)s” is larger than %(most)s MB.", name=file.filename, most=FILE_SIZE // 1024**2
                    )
                )
            files.append({"name": file.filename, "raw": content})
        return files

    @route(["/my/tickets/<int:ticket_id>"], type="http", auth="public", website=True)
    def portal_kor_ticket(self, ticket_id, access_token=None, **_kwargs):
        """Show one ticket: how it stands, what was promised, and the messages."""
        try:
            ticket_sudo = self._document_check_access("project.task", ticket_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if not ticket_sudo.ticket_number:
            return request.redirect("/my")
        values = {
            "ticket": ticket_sudo,
            "page_name": "kor_ticket",
            "can_act": bool(self._get_own_kor_ticket(ticket_id)) if not request.env.user._is_public() else False,
            "promises": ticket_sudo._get_promises_in_words(),
            "problem": request.session.pop("kor_ticket_problem", ""),
            "files": ticket_sudo.attachment_ids,
        }
        # No history: the links to neighbours would give each of them a token.
        values = self._get_page_view_values(ticket_sudo, access_token, values, "", False)
        return request.render("kor_sla.kor_ticket_portal_page", values)

    @route(
        ["/my/tickets/<int:ticket_id>/<any(resolve,reopen):act>"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_kor_ticket_act(self, ticket_id, act, **_kwargs):
        """Let the customer say that the ticket is solved, or that it is not."""
        ticket_sudo = self._get_own_kor_ticket(ticket_id)
        if not ticket_sudo:
            return request.redirect("/my/tickets")
        try:
            if act == "resolve":
                ticket_sudo._resolve()
            else:
                ticket_sudo._reopen(request.env._("By the customer, in the portal."))
        except UserError as error:
            request.session["kor_ticket_problem"] = str(error)
        return request.redirect(f"/my/tickets/{ticket_id}")
