from hmac import compare_digest

from werkzeug.urls import url_encode

from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.kor_enterprise_tiers.tools import is_picture

from .kor_contract_portal import KorContractPortal

CHOICES = ("kind", "line", "quantity", "plan", "date", "last_day", "note")
NOTE_LENGTH = 1000
NAME_LENGTH = 100


class KorRequestPortal(KorContractPortal):
    """What customers ask for, sign and decline. Only their own contracts, and only what the models allow."""

    def _get_own_kor_contract(self, contract_id):
        """Return the customer's own contract as superuser, empty where it is not: a token is not enough to sign."""
        contracts = request.env["kor.contract"]
        if not request.env.user._is_portal() or not contracts.has_access("read"):
            return contracts
        own = contracts.search([("id", "=", contract_id)])
        return own.sudo()  # the rules chose the record, and the models check what is written

    def _get_own_kor_amendment(self, contract_id, amendment_id):
        shared = self._get_own_kor_contract(contract_id)._get_shared_amendments()
        return shared.filtered(lambda one: one.id == amendment_id)

    def _get_kor_choice(self):
        """Return what the customer has chosen, from the address and nothing else."""
        given = request.httprequest.args
        choice = {name: given[name] for name in CHOICES if given.get(name)}
        if "note" in choice:
            choice["note"] = choice["note"][:NOTE_LENGTH]
        return choice

    def _prepare_kor_contract_values(self, contract_sudo):
        own = self._get_own_kor_contract(contract_sudo.id)
        can_request = bool(own) and own._has_request_options()
        return {**super()._prepare_kor_contract_values(contract_sudo), "can_request": can_request}

    @route(["/my/contracts/<int:contract_id>/change"], type="http", auth="user", website=True, readonly=False)
    def portal_kor_contract_change(self, contract_id, **_kwargs):
        """Show what can be asked for, and what a choice would change."""
        contract_sudo = self._get_own_kor_contract(contract_id)
        if not contract_sudo:
            return request.redirect("/my")
        choice = self._get_kor_choice()
        values = {
            **self._prepare_portal_layout_values(),
            "contract": contract_sudo,
            "page_name": "kor_contract_change",
            "options": contract_sudo._get_request_options(),
            "waiting": contract_sudo._get_waiting_request(),
            "choice": choice,
            "today": contract_sudo._get_today(),
        }
        if choice.get("kind") and not values["waiting"]:
            try:
                html, seen = contract_sudo._preview_request(choice)
                address = url_encode({**choice, "seen": seen})
                values |= {"preview_html": html, "sign_url": f"/my/contracts/{contract_id}/change/sign?{address}"}
            except UserError as error:
                values["problem"] = str(error)
        return request.render("kor_contracts.kor_request_portal_page", values)

    @route(["/my/contracts/<int:contract_id>/change/sign"], type="jsonrpc", auth="user", website=True)
    def portal_kor_contract_change_sign(self, contract_id, name=None, signature=None):
        """Ask for the change that is given in the address, signed."""
        contract_sudo = self._get_own_kor_contract(contract_id)
        if not contract_sudo:
            return {"error": request.env._("This contract is not yours to change.")}
        choice = self._get_kor_choice()

        def ask(who):
            self._check_kor_seen(contract_sudo._preview_request(choice)[1])
            contract_sudo._request_change(choice, request.env.user.partner_id, who, signature)

        return self._sign_kor(contract_sudo, name, signature, ask)

    def _check_kor_seen(self, mark):
        """Raise where what would happen is not what the customer has seen."""
        seen = request.httprequest.args.get("seen", "")
        if not compare_digest(mark.encode(), seen.encode()):
            raise UserError(request.env._("What you saw has changed in the meantime. Look at it again, and sign then."))

    def _sign_kor(self, contract_sudo, name, signature, act):
        """Do what was signed for, whole or not at all, and return what the page does next."""
        name = name.strip()[:NAME_LENGTH] if isinstance(name, str) else ""
        if not name or not isinstance(signature, str) or not signature:
            return {"error": request.env._("Enter your name and sign.")}
        if not is_picture(signature):
            return {"error": request.env._("The signature cannot be read. Sign again.")}
        try:
            with request.env.cr.savepoint():
                act(name)
        except UserError as error:
            return {"error": str(error)}
        return {"force_refresh": True, "redirect_url": f"/my/contracts/{contract_sudo.id}#kor_contract_changes"}

    @route(
        ["/my/contracts/<int:contract_id>/amendments/<int:amendment_id>"],
        type="http",
        auth="user",
        website=True,
        readonly=False,
    )
    def portal_kor_amendment(self, contract_id, amendment_id, **_kwargs):
        """Show one amendment; one that waits for the customer can be signed or declined."""
        amendment_sudo = self._get_own_kor_amendment(contract_id, amendment_id)
        if not amendment_sudo:
            return request.redirect("/my")
        html, problem = amendment_sudo._get_preview_html(for_customer=True)
        mark = amendment_sudo._get_seen_mark(html)
        values = {
            **self._prepare_portal_layout_values(),
            "contract": amendment_sudo.contract_id,
            "amendment": amendment_sudo,
            "page_name": "kor_contract_change",
            "preview_html": html,
            "problem": problem,
            "sign_url": f"/my/contracts/{contract_id}/amendments/{amendment_id}/sign?seen={mark}",
        }
        return request.render("kor_contracts.kor_amendment_portal_page", values)

    @route(
        ["/my/contracts/<int:contract_id>/amendments/<int:amendment_id>/sign"],
        type="jsonrpc",
        auth="user",
        website=True,
    )
    def portal_kor_amendment_sign(self, contract_id, amendment_id, name=None, signature=None):
        """Agree to an amendment that was sent for signature."""
        amendment_sudo = self._get_own_kor_amendment(contract_id, amendment_id)
        if not amendment_sudo:
            return {"error": request.env._("This contract is not yours to change.")}

        def agree(who):
            amendment_sudo._check_state("offered")
            html, _problem = amendment_sudo._get_preview_html(for_customer=True)
            self._check_kor_seen(amendment_sudo._get_seen_mark(html))
            amendment_sudo._sign(who, signature)

        return self._sign_kor(amendment_sudo.contract_id, name, signature, agree)

    @route(
        ["/my/contracts/<int:contract_id>/amendments/<int:amendment_id>/decline"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_kor_amendment_decline(self, contract_id, amendment_id, reason="", **_kwargs):
        """Decline what was sent for signature, or take the own request back."""
        amendment_sudo = self._get_own_kor_amendment(contract_id, amendment_id)
        if not amendment_sudo:
            return request.redirect("/my")
        # What has moved on in the meantime stays as it is; the page says how far it is.
        if amendment_sudo.state in ("requested", "offered"):
            amendment_sudo._turn_down(request.env.user.partner_id, str(reason)[:NOTE_LENGTH])
        return request.redirect(f"/my/contracts/{contract_id}#kor_contract_changes")
