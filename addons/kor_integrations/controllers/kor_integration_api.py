import json
import logging
from contextlib import nullcontext

from werkzeug.exceptions import RequestEntityTooLarge

from odoo.exceptions import AccessError, ConcurrencyError, MissingError, UserError
from odoo.http import Controller, content_disposition, request, route
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..models.kor_integration_key_call_mixin import KeyRefused

_logger = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024
ROUTE = {"type": "http", "auth": "kor_key", "csrf": False, "save_session": False}
TRIED_AGAIN = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)


class KorKeyCalls:
    """Answer what a key asks for: check its scope, count what came of it, and say what is wrong in a sentence."""

    def _answer_key(self, scope, answer, commits=False):
        """Return the response of a call, whose key has been let in.

        :param scope: the code of the scope that it needs, empty for none
        :param answer: a function that returns plain values, or a response
        :param commits: whether the answer ends transactions itself
        """
        key = request.kor_key
        try:
            key._check_scope(scope)
            with nullcontext() if commits else request.env.cr.savepoint():
                result = answer()
            response = result if hasattr(result, "status_code") else request.make_json_response(result)
        except TRIED_AGAIN:
            raise
        except Exception as error:
            response = self._refuse_key_call(error)
        self._count_key_call(key, response)
        response.headers.update(request.kor_limit_headers)
        return response

    def _refuse_key_call(self, error):
        headers, status = {}, 422
        if isinstance(error, KeyRefused):
            status, headers = error.status, error.headers
        elif isinstance(error, MissingError):
            status = 404
        elif isinstance(error, AccessError):
            status = 403
        elif not isinstance(error, UserError):
            _logger.exception("A call of key %s failed", request.kor_key.id)
            status, error = 500, request.env._("Something went wrong here. It is noted; try again in a while.")
        return request.make_json_response({"error": str(error)}, headers=list(headers.items()), status=status)

    def _count_key_call(self, key, response):
        integration, status = key.integration_id, response.status_code
        if status == 404:
            # To ask for what is not there says nothing about how the connection works.
            return
        error = "" if status < 400 else self._read_error(response)
        if status == 403:
            integration._note_refusal(error)
        integration._note_call(status < 400, error)

    def _read_error(self, response):
        data = json.loads(response.get_data())
        return data.get("error") or request.env._("Nothing of a call was of use.")


class KorIntegrationApi(KorKeyCalls, Controller):
    """What the keys of customers open. All of it is of the key's own contract."""

    def _read(self, scope, method, given, **arguments):
        rest = request.env["kor.integration.rest"].sudo()  # keys read what is of their contract, and nothing else
        return self._answer_key(scope, lambda: getattr(rest, method)(self._get_contract(), given, **arguments))

    def _read_whole(self, scope, find, describe, id_, given):
        """Answer with one record, as a describing method of the model puts it."""
        return self._read_key(lambda rest: describe(rest, getattr(rest, find)(self._get_contract(), id_)), scope, given)

    def _get_contract(self):
        return request.kor_key.integration_id.contract_id

    @route("/kor/api/v1/key", methods=["GET"], **ROUTE)
    def key(self, **given):
        """Say what the key may do."""
        return self._read_key(lambda rest: rest._describe_key(request.kor_key), "", given)

    def _read_key(self, describe, scope, given):
        rest = request.env["kor.integration.rest"].sudo()  # as above

        def answer():
            rest._check_names(given)
            return describe(rest)

        return self._answer_key(scope, answer)

    @route("/kor/api/v1/contracts", methods=["GET"], **ROUTE)
    def contracts(self, **given):
        """List the contracts of the key: there is one."""
        return self._read_key(
            lambda rest: {"data": [rest._describe_contract(self._get_contract())], "next": ""}, "read:contracts", given
        )

    @route("/kor/api/v1/contracts/<int:contract_id>", methods=["GET"], **ROUTE)
    def contract(self, contract_id, **given):
        """Show the contract."""
        return self._read_key(
            lambda rest: rest._describe_contract(self._check_own(contract_id)), "read:contracts", given
        )

    @route("/kor/api/v1/contracts/<int:contract_id>/entitlements", methods=["GET"], **ROUTE)
    def entitlements(self, contract_id, **given):
        """Show what the contract allows, with the use so far."""
        return self._read_key(lambda _rest: self._check_own(contract_id).entitlements(), "read:contracts", given)

    def _check_own(self, contract_id):
        contract = self._get_contract()
        if contract.id != contract_id:
            raise MissingError(request.env._("There is no such contract for this key."))
        return contract

    @route("/kor/api/v1/invoices", methods=["GET"], **ROUTE)
    def invoices(self, **given):
        """List posted invoices and credit notes."""
        return self._read("read:invoices", "_read_invoices", given)

    @route("/kor/api/v1/invoices/<int:invoice_id>", methods=["GET"], **ROUTE)
    def invoice(self, invoice_id, **given):
        """Show one invoice with its lines and why they are what they are."""
        return self._read_whole(
            "read:invoices", "_read_invoice", lambda rest, one: rest._describe_whole_invoice(one), invoice_id, given
        )

    @route("/kor/api/v1/invoices/<int:invoice_id>/pdf", methods=["GET"], **ROUTE)
    def invoice_pdf(self, invoice_id, **given):
        """Send the PDF of one invoice."""

        def describe(rest, invoice):
            name, content = rest._render_invoice(invoice)
            headers = [("Content-Type", "application/pdf"), ("Content-Disposition", content_disposition(name))]
            return request.make_response(content, headers)

        return self._read_whole("read:invoices", "_read_invoice", describe, invoice_id, given)

    @route("/kor/api/v1/usage", methods=["GET"], **ROUTE)
    def usage(self, **given):
        """Show what was used, day by day."""
        return self._read("read:usage", "_read_usage", given)

    @route("/kor/api/v1/tickets", methods=["GET"], **ROUTE)
    def tickets(self, **given):
        """List tickets."""
        return self._read("read:tickets", "_read_tickets", given)

    @route("/kor/api/v1/tickets/<int:ticket_id>", methods=["GET"], **ROUTE)
    def ticket(self, ticket_id, **given):
        """Show one ticket with the times that are promised."""
        return self._read_whole(
            "read:tickets", "_read_ticket", lambda rest, one: rest._describe_whole_ticket(one), ticket_id, given
        )

    @route("/kor/api/v1/tickets", methods=["POST"], **ROUTE)
    def open_ticket(self, **_given):
        """Open a ticket."""
        rest = request.env["kor.integration.rest"].sudo()  # as above

        def answer():
            ticket = rest._open_ticket(request.kor_key, self._read_body())
            return request.make_json_response(rest._describe_ticket(ticket), status=201)

        return self._answer_key("write:tickets", answer)

    def _read_body(self):
        http = request.httprequest
        too_large = request.env._("The body is too large: send at most 1 MB at once.")
        if (http.content_length or 0) > BODY_LIMIT:
            raise KeyRefused(413, too_large)
        http.max_content_length = BODY_LIMIT
        try:
            return json.loads(http.get_data())
        except RequestEntityTooLarge:
            raise KeyRefused(413, too_large) from None
        except (ValueError, RecursionError):
            raise UserError(
                request.env._("The body is no JSON: send an object with “Content-Type: application/json”.")
            ) from None

    @route("/kor/api/v1/sla-reports", methods=["GET"], **ROUTE)
    def reports(self, **given):
        """List the monthly reports."""
        return self._read("read:sla", "_read_reports", given)

    @route("/kor/api/v1/sla-reports/<int:report_id>", methods=["GET"], **ROUTE)
    def report(self, report_id, **given):
        """Show one report with all its figures."""
        return self._read_whole(
            "read:sla", "_read_report", lambda rest, one: rest._describe_whole_report(one), report_id, given
        )
