from odoo import api, models

# Different from the keys of users, which are hexadecimal, and from those of monitors.
PREFIX = "kor_"
SUPPORTED = ("active", "paused")


class KeyRefused(Exception):
    """Say with a status of HTTP why a call is not answered."""

    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status = status
        self.headers = dict(headers)


class KeyContract:
    """The contract that a call is bound to. Nothing that comes over a wire can be one."""

    def __init__(self, contract):
        self.id = contract.id


class KorIntegrationKeyCallMixin(models.AbstractModel):
    """Let keys in: who may call now, how often, and for what."""

    _name = "kor.integration.key.call.mixin"
    _description = "Calls by Keys"

    @api.model
    def _open(self, token):
        """Return the key as superuser that may call now, or raise KeyRefused."""
        key = self._find(token)
        if not key:
            raise KeyRefused(
                401,
                self.env._(
                    "This key is unknown: send “Authorization: Bearer KEY” with a key of one of your integrations."
                ),
                {"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        if reason := key._get_refusal():
            key.integration_id._note_refusal(reason)
            raise KeyRefused(401, reason, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return key

    def _get_refusal(self):
        """Return in a sentence why the key opens nothing now, empty where it does. Whoever asks has the key."""
        self.ensure_one()
        # Of rows with many columns, those that each call needs.
        integration = self.integration_id
        integration.fetch(["name", "state", "kind", "contract_id", "owner_id", "rate_limit"])
        contract = integration.contract_id
        contract.fetch(["name", "state", "api_rate_limit"])
        if self.state == "revoked":
            return self.env._("This key was revoked: issue another one.")
        if self.state not in ("active", "replaced"):
            return self.env._("This key has expired: issue another one.")
        if integration.state not in ("active", "failing"):
            label = dict(integration._fields["state"]._description_selection(self.env))[integration.state]
            return self.env._(
                "The integration “%(name)s” is “%(state)s”: activate or resume it first.",
                name=integration.name,
                state=label,
            )
        if contract.state not in SUPPORTED:
            return self.env._(
                "Contract %(contract)s is neither active nor paused: its keys open nothing.", contract=contract.name
            )
        if not contract._includes_integration(integration.kind):
            return self.env._(
                "Contract %(contract)s does not include this any more: its keys open nothing.", contract=contract.name
            )
        return ""

    def _get_scopes(self):
        """Return the scopes that hold now: never more than the integration has and the contract includes."""
        self.ensure_one()
        integration = self.integration_id
        return (self.scope_ids & integration.scope_ids)._allowed_by(integration.contract_id)

    def _check_scope(self, code):
        """Raise KeyRefused where the key does not have the scope."""
        if not code or code in self._get_scopes().mapped("code"):
            return
        raise KeyRefused(
            403,
            self.env._(
                "This key may not do that: it needs the scope “%(scope)s”. Issue a key that has it.", scope=code
            ),
            {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{code}"'},
        )

    def _admit(self):
        """Count a call and return the headers about the limit, or raise KeyRefused where it is one too many."""
        self.ensure_one()
        integration = self.integration_id
        left, seconds, limit = self.env["kor.integration.window"]._take(self)
        if not limit:
            return {}
        headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(left, 0)),
            "RateLimit-Reset": str(seconds),
        }
        if left >= 0:
            return headers
        reason = self.env._(
            "These are more than %(limit)s calls in a minute: call again in %(seconds)s seconds.",
            limit=limit,
            seconds=seconds,
        )
        integration._note_refusal(reason)
        integration._note_call(False, reason)
        raise KeyRefused(429, reason, {**headers, "Retry-After": str(seconds)})
