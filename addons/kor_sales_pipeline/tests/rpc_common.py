from odoo.exceptions import UserError
from odoo.tests import HttpCase


class RpcCase(HttpCase):
    def _call(self, user, model, method, *arguments, **options):
        """Call a method as a program outside does, with login and password and plain values only."""
        arguments = [self.env.cr.dbname, user.id, user.login, model, method, list(arguments), options]
        params = {"service": "object", "method": "execute_kw", "args": arguments}
        request = {"jsonrpc": "2.0", "id": 0, "method": "call", "params": params}
        answer = self.url_open("/jsonrpc", json=request, timeout=120).json()
        if "error" in answer:
            raise UserError(answer["error"]["data"]["message"])
        return answer.get("result")
