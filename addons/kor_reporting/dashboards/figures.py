"""Put the figures of the reports into a dashboard, of the chosen period and of the one before it.

The figures come from the reports themselves (formula KOR.REPORT), so that a dashboard and a report never differ.
"""

from .workbook import COUNT, NONE, PERCENT, RATIO, shorten, value_of

UNITS = {"money": None, "count": COUNT, "percent": PERCENT, "ratio": RATIO}
FIRST_ROW = 8
CHOSEN, EARLIER = ("B3", "C3"), ("B5", "C5")
TIER = "B6"
MOVEMENT = "kor.mrr.movement"
BEFORE = {"baselineDescr": {"text": "vs. before"}}
POINTS = {**BEFORE, "baselineMode": "difference"}


def add_figures(book, figures):
    """Put figures of reports and what they need into the sheet Data; return a function that makes cards of them.

    :param figures: (label, report, measure, unit) each
    """
    _add_days(book)
    cells = _add_figures(book, figures)

    def card(title, measure, menu, color="blue", **options):
        cell, before = cells[measure]
        return {"title": title, "cell": cell, "before": before, "menu": menu, "color": color, **BEFORE, **options}

    return card


def _add_days(book):
    """Work out the days of the chosen period, and of the one before: as many months, or as many days."""
    book.data |= {
        "A2": '=_t("Chosen days")',
        "B2": '=ODOO.FILTER.VALUE("Period")',
        "A3": '=_t("First and last day")',
        "B3": '=IF(B2="",EDATE(C3+1,-12),B2)',
        "C3": '=IF(C2="",TODAY(),C2)',
        "A4": '=_t("Months")',
        "B4": '=DATEDIF(B3,C3+1,"M")',
        "A5": '=_t("The period before")',
        "B5": "=IF(EDATE(B3,B4)=C3+1,EDATE(B3,-B4),2*B3-C3-1)",
        "C5": "=B3-1",
        "A6": '=_t("Tier")',
        "B6": '=KOR.FILTER.ID("Tier")',
    }


def _add_figures(book, figures):
    """Put each (label, report, measure, unit) into a row; return {measure: (cell, cell of the period before)}."""
    cells = {}
    for row, (label, report, measure, unit) in enumerate(figures, FIRST_ROW):
        book.put(f"A{row}", f'=_t("{label}")')
        for column, (first, last) in (("B", CHOSEN), ("D", EARLIER)):
            value = f'KOR.REPORT("{report}","{measure}",{first},{last},{TIER})'
            if unit == "percent":
                value += "/100"
            book.put(f"{column}{row}", f"=IFERROR({value},{NONE})", UNITS[unit])
        # Nothing grows by so many per cent of nothing.
        before = f"IF(D{row}=0,{NONE},D{row})" if unit in ("money", "count") else f"D{row}"
        book.put(f"C{row}", f"={before}", UNITS[unit])
        cells[measure] = (f"B{row}", f"C{row}")
        if unit in ("money", "count"):
            for column, source in (("E", f"B{row}"), ("F", f"C{row}")):
                book.put(f"{column}{row}", f"={shorten(source)}")
            cells[measure] = (f"E{row}", f"F{row}")
    return cells


def add_note(book, report):
    """Say so where companies of several currencies are added up, or else why a report has no figures."""
    pivot = book.add_pivot("Currency", MOVEMENT, ["__count"], ["company_currency_id"])
    book.put("G1", f"=PIVOT({pivot},20,FALSE,FALSE,0,FALSE)")
    book.put("H1", '=_t("Amounts of several currencies are added up here: choose one company.")')
    book.put("H2", f'=IFERROR(KOR.REPORT.NOTE("{report}",{CHOSEN[0]},{CHOSEN[1]},{TIER}),"")')
    book.put(
        "H3", '=_t("No contract has brought recurring revenue yet. Its movements are read into the ledger once a day.")'
    )
    nothing = f'IF({value_of(pivot, "__count")}=0,Data!H3,"")'
    book.note(f'=IF(COUNTA(Data!G1:G20)>1,Data!H1,IF(Data!H2="",{nothing},Data!H2))')
