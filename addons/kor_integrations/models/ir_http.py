import re

from werkzeug.exceptions import abort

from odoo import models
from odoo.http import request

from .kor_integration_key_call_mixin import PREFIX, KeyContract, KeyRefused


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_kor_key(cls):
        """Let in a key of an integration, and nothing else: neither a session nor a key of a user."""
        cls._auth_method_public()
        request.session.can_save = False
        try:
            # A transaction that has to be tried again is the same call.
            if not hasattr(request, "kor_limit_headers"):
                key = request.env["kor.integration.key"]._open(cls._get_kor_token())
                request.kor_key_id, request.kor_limit_headers = key.id, key._admit()
        except KeyRefused as refused:
            abort(cls._refuse_kor_key(refused))
        key_sudo = request.env["kor.integration.key"].sudo().browse(request.kor_key_id)  # it has proved itself
        request.update_context(kor_key_contract=KeyContract(key_sudo.integration_id.contract_id))
        request.kor_key = key_sudo

    @classmethod
    def _auth_method_kor_key_or_user(cls):
        """Let in a key of an integration, else whom `bearer` lets in."""
        if cls._get_kor_token().startswith(PREFIX):
            cls._auth_method_kor_key()
        else:
            cls._auth_method_bearer()

    @classmethod
    def _get_kor_token(cls):
        header = request.httprequest.headers.get("Authorization") or ""
        found = re.fullmatch(r"bearer\s+(\S+)\s*", header, re.IGNORECASE)
        return found[1] if found else ""

    @classmethod
    def _refuse_kor_key(cls, refused):
        return request.make_json_response(
            {"error": str(refused)}, headers=list(refused.headers.items()), status=refused.status
        )
