from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..engine.sync_datasets import DATASETS

# What a plain description may say, by the field that it is for.
TEXTS = {
    "host": ("sync_host", 255),
    "login": ("sync_login", 255),
    "password": ("sync_new_password", 1000),
    "private_key": ("sync_new_private_key", 20_000),
    "host_key": ("sync_host_key", 200),
    "folder": ("sync_folder", 255),
    "import_folder": ("sync_import_folder", 255),
    "url": ("sync_url", 2048),
    "token": ("sync_new_token", 4000),
}
CHOICES = {
    "transport": "sync_transport",
    "method": "sync_method",
    "format": "sync_format",
    "interval": "sync_interval",
}
NUMBERS = {"port": "sync_port", "hour": "sync_hour", "weekday": "sync_weekday", "max_rows": "sync_max_rows"}


class KorIntegrationSyncSpecMixin(models.AbstractModel):
    """Read the plain description of a data sync."""

    _name = "kor.integration.sync.spec.mixin"
    _description = "Plain Descriptions of Data Sync"

    @api.model
    def _get_spec_names_data_sync(self):
        return (*CHOICES, *TEXTS, *NUMBERS, "datasets")

    @api.model
    def _read_spec_data_sync(self, contract, spec):
        """Return the values of a data sync; without datasets, invoices are sent."""
        values = {}
        for name, (field, length) in TEXTS.items():
            if text := self._read_spec_text(spec, name, length):
                values[field] = text
        for name, field in CHOICES.items():
            if text := self._read_spec_text(spec, name, 20):
                values[field] = self._read_spec_choice(name, field, text)
        for name, field in NUMBERS.items():
            if spec.get(name) is not None:
                values[field] = self._read_spec_number(spec, name)
        if "sync_weekday" in values:
            values["sync_weekday"] = self._read_spec_choice("weekday", "sync_weekday", str(values["sync_weekday"]))
        datasets = self._read_spec_texts(spec, "datasets", list(DATASETS)) or ["invoices"]
        return {**values, "sync_stream_ids": [Command.create({"dataset": dataset}) for dataset in datasets]}

    @api.model
    def _read_spec_choice(self, name, field, text):
        known = self._fields[field].get_values(self.env)
        if text not in known:
            raise UserError(
                self.env._(
                    "“%(name)s” cannot be “%(text)s”; use one of: %(known)s.",
                    name=name,
                    text=text,
                    known=", ".join(known),
                )
            )
        return text

    @api.model
    def _read_spec_number(self, spec, name):
        number = spec[name]
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**31:
            raise UserError(self.env._("“%(name)s” must be a whole number, not “%(value)s”.", name=name, value=number))
        return number
