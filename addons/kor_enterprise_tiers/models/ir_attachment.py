import contextlib
from pathlib import Path

from odoo import models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _file_write(self, bin_value, checksum):
        """Leave nothing of a file that the disk did not take whole: the same file could never be stored again."""
        path = Path(self._full_path(f"{checksum[:2]}/{checksum}"))
        was_there = path.exists()
        try:
            return super()._file_write(bin_value, checksum)
        except OSError:
            if not was_there:
                with contextlib.suppress(OSError):
                    path.unlink()
            raise
