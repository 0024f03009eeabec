from odoo import api, models
from odoo.exceptions import UserError

NAME_LENGTH = 100
COMMON = ("kind", "name", "owner")


class KorIntegrationSpecMixin(models.AbstractModel):
    """Read the plain description of an integration that other systems and customers give."""

    _name = "kor.integration.spec.mixin"
    _description = "Plain Descriptions of Integrations"

    @api.model
    def _read_spec(self, contract, spec):
        """Return the values of an integration from a plain description, or raise with what would be right."""
        if not isinstance(spec, dict):
            raise UserError(
                self.env._("An integration is given by its kind and more, such as {“kind”: “api”, “name”: “Reports”}.")
            )
        kinds = self._fields["kind"].get_values(self.env)
        kind = spec.get("kind")
        if kind not in kinds:
            raise UserError(
                self.env._(
                    "There is no integration of kind “%(kind)s”; use one of: %(kinds)s.",
                    kind=kind,
                    kinds=", ".join(kinds),
                )
            )
        contract._check_integration_allowed(kind)
        self._check_spec_names(kind, spec)
        return {
            "contract_id": contract.id,
            "kind": kind,
            "name": self._read_spec_text(spec, "name", NAME_LENGTH) or self._get_kind_label(kind),
            "owner_id": self._read_owner(contract, spec.get("owner")),
            **getattr(self, f"_read_spec_{kind}")(contract, spec),
        }

    @api.model
    def _check_spec_names(self, kind, spec):
        known = (*COMMON, *getattr(self, f"_get_spec_names_{kind}")())
        for name in spec:
            if name not in known:
                raise UserError(
                    self.env._(
                        "An integration of kind %(kind)s has no “%(name)s”; there are: %(names)s.",
                        kind=kind,
                        name=name,
                        names=", ".join(known),
                    )
                )

    @api.model
    def _get_kind_label(self, kind):
        return dict(self._fields["kind"]._description_selection(self.env))[kind]

    @api.model
    def _read_spec_text(self, spec, name, length, default=""):
        """Return a text of the description, stripped, or raise where it is none or too long."""
        text = spec.get(name, default)
        if text in (None, False):
            return default
        return self.env["kor.contract"]._parse_text(text, name, length)

    @api.model
    def _read_spec_texts(self, spec, name, known):
        """Return a list of texts of the description, each of which must be known; raise otherwise."""
        texts = spec.get(name)
        texts = [] if texts is None or texts is False else texts
        if not isinstance(texts, list | tuple) or any(not isinstance(text, str) for text in texts):
            raise UserError(self.env._("“%(name)s” must be a list of texts, not “%(value)s”.", name=name, value=texts))
        for text in texts:
            if text not in known:
                raise UserError(
                    self.env._(
                        "“%(name)s” cannot have “%(text)s”; there are: %(known)s.",
                        name=name,
                        text=text,
                        known=", ".join(known),
                    )
                )
        return list(dict.fromkeys(texts))

    @api.model
    def _read_owner(self, contract, owner):
        """Return the id of the customer's contact meant by an id or an e-mail address, or False."""
        if owner in (None, False, ""):
            return False
        found = contract._find_customer_contact(owner)
        if not found:
            raise UserError(
                self.env._(
                    "“%(owner)s” is no contact of the customer. Give the id or the e-mail address of one.", owner=owner
                )
            )
        return found.id
