import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.misc import file_path

_logger = logging.getLogger(__name__)

# What they tell at INFO is each step of each document.
for _name in ("weasyprint", "weasyprint.progress", "fontTools"):
    logging.getLogger(_name).setLevel(logging.WARNING)

try:
    import weasyprint
    from weasyprint.urls import URLFetcher, URLFetcherResponse
except (ImportError, OSError):  # OSError: the library is there, Pango is not
    weasyprint, URLFetcher = None, object

FONT_SCHEME = "kor-font:"
FONT_FOLDER = "web/static/fonts/"


class KorPdf(models.AbstractModel):
    """Turn HTML into a PDF with contents, page numbers and running headers.

    WeasyPrint where it is installed; else wkhtmltopdf, which knows no page margin boxes: the document is whole,
    but has no running headers and no page numbers.
    """

    _name = "kor.pdf"
    _description = "PDF"

    @api.model
    def _has_page_boxes(self):
        """Tell whether PDFs get headers, footers and page numbers."""
        return weasyprint is not None

    @api.model
    def _render(self, html):
        """Return the PDF of a whole HTML document as bytes. It may use nothing but data: images and own fonts."""
        if weasyprint is None:
            _logger.warning("WeasyPrint or Pango is missing: the PDF has no page numbers, headers and footers.")
            return self.env["ir.actions.report"]._run_wkhtmltopdf([html])
        try:
            return weasyprint.HTML(string=str(html), url_fetcher=_Fetcher(allowed_protocols=("data",))).write_pdf()
        except (ValueError, OSError) as error:
            raise UserError(self.env._("The PDF could not be made: %(reason)s", reason=error)) from error


class _Fetcher(URLFetcher):
    """Give a document its own images and Odoo's fonts, and nothing from the net or the disk."""

    def fetch(self, url, headers=None):
        if not url.startswith(FONT_SCHEME):
            return super().fetch(url, headers)
        path = file_path(FONT_FOLDER + url.removeprefix(FONT_SCHEME), filter_ext=(".ttf",))
        with open(path, "rb") as font:
            return URLFetcherResponse(url, font.read(), {"Content-Type": "font/ttf"})
