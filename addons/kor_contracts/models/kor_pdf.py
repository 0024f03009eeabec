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
# The regular and the bold file of the fonts that a company can choose.
FONTS = {
    "Roboto": ("google/Roboto/Roboto-Regular.ttf", "google/Roboto/Roboto-Bold.ttf"),
    "Lato": ("lato/Lato-Reg-webfont.ttf", "lato/Lato-Bol-webfont.ttf"),
    "Open_Sans": ("google/Open_Sans/Open_Sans-Regular.ttf", "google/Open_Sans/Open_Sans-Bold.ttf"),
    "Montserrat": ("google/Montserrat/Montserrat-Regular.ttf", "google/Montserrat/Montserrat-Bold.ttf"),
    "Raleway": ("google/Raleway/Raleway-Regular.ttf", "google/Raleway/Raleway-Bold.ttf"),
}


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
    def _get_look(self, company):
        """Return what the style of a document needs to have the company's look."""
        return {
            "company": company,
            "has_fonts": self._has_page_boxes(),
            "font_files": FONTS.get(company.font, FONTS["Roboto"]),
            "primary": company.primary_color or "#3A3F7A",
            "secondary": company.secondary_color or "#6B7280",
        }

    @api.model
    def _format_address(self, partner):
        """Return a postal address without its empty lines."""
        lines = partner._display_address(without_company=True).splitlines()
        return "\n".join(line.strip() for line in lines if line.strip())

    @api.model
    def _render_document(self, record, template, layout):
        """Return the PDF of a customer's record, in the customer's language and the company's look."""
        doc = record.with_context(lang=record.partner_id.lang or self.env.lang)
        look = doc.env["kor.pdf"]._get_look(doc.company_id)
        return self._render(doc.env["ir.qweb"]._render(template, {"doc": doc, "layout": layout, **look}))

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
