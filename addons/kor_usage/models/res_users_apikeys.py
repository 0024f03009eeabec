from hashlib import sha256

from odoo import models
from odoo.tools import SQL

# Of each process its own. What is kept of a key is no more than a hash: a key is too random to be guessed from it.
_proven = {}
_PROVEN_LIMIT = 1000


class ResUsersApikeys(models.Model):
    """Check a key slowly once: to hash it as a password costs more than to count a hundred events.

    Passwords are hashed slowly lest they are guessed from a stolen database, which still is so. What a process has
    proven lets it find the key's row only; whether that row still is there and may be used is asked each time.
    """

    _inherit = "res.users.apikeys"

    def _check_credentials(self, *, scope, key):
        mark = sha256("\0".join((self.env.cr.dbname, scope, key)).encode(errors="surrogatepass")).digest()
        if mark in _proven:
            rows = self._read_usable(scope, SQL("k.id = %s AND k.key = %s", *_proven[mark]))
            if rows:
                return rows[0][2]
        user_id = super()._check_credentials(scope=scope, key=key)
        if user_id:
            self._remember(mark, scope, key)
        return user_id

    def _remember(self, mark, scope, key):
        rows = self._read_usable(scope, SQL("k.index = %s", key[:8]))
        # Of several keys that begin alike it is not known which one was proven.
        if len(rows) == 1:
            if len(_proven) >= _PROVEN_LIMIT:
                _proven.clear()
            _proven[mark] = rows[0][:2]

    def _read_usable(self, scope, condition):
        """Return id, hash and user of the keys under this condition that may be used for the scope."""
        return self.env.execute_query(
            SQL(
                """
                SELECT k.id, k.key, k.user_id FROM res_users_apikeys k JOIN res_users u ON u.id = k.user_id
                 WHERE %s AND u.active AND (k.scope IS NULL OR k.scope = %s)
                   AND (k.expiration_date IS NULL OR k.expiration_date >= now() AT TIME ZONE 'utc')
                """,
                condition,
                scope,
            )
        )
