"""Write a dashboard of Odoo's Dashboards app as the JSON that its spreadsheets are stored in.

A dashboard has one sheet that is seen and one, Data, whose cells are the key figures. Whoever opens it reads records as
themselves; nothing is stored here but which data are read, and how they are shown.
"""

from json import dumps

VERSION = "18.5.10"
# Two halves of four columns with a gap between.
COLUMNS = (170, 100, 100, 140, 20, 170, 100, 100, 140)
HALVES = ("A", "F")
WIDTH, GAP = 510, 20
ROW, HEADING = 24, 40
CARD_ROWS, CARD_HEIGHT = 5, 108
CHART_ROWS, CHART_HEIGHT = 13, 300
TITLE = {"bold": True, "fontSize": 16, "color": "#01666B"}
STYLES = {
    "1": {"textColor": "#01666B", "bold": True, "fontSize": 16, "verticalAlign": "middle"},
    "2": {"textColor": "#434343", "bold": True, "fontSize": 11, "verticalAlign": "middle"},
    "3": {"textColor": "#434343", "verticalAlign": "middle"},
    "5": {"textColor": "#B45309", "italic": True, "verticalAlign": "middle"},
    "6": {"textColor": "#434343", "bold": True, "fontSize": 11, "align": "right", "verticalAlign": "middle"},
}
LINK, HEADER, CELL, NOTE, HEADER_RIGHT = map(int, STYLES)
FORMATS = {"1": "0.0%", "2": "#,##0", "3": "0.0", "4": "0.00", "5": "0.000%"}
PERCENT, COUNT, DECIMAL, RATIO, EXACT = map(int, FORMATS)
BORDERS = {
    "1": {"bottom": {"style": "thin", "color": "#CCCCCC"}},
    "2": {"bottom": {"style": "thin", "color": "#EEEEEE"}},
}
NONE = '"–"'
GOOD, BAD = "#00A04A", "#DC6965"
# Of what is the better the less there is of it.
WORSE = {"baselineColorUp": BAD, "baselineColorDown": GOOD}
# Groups by what they mean, field by field: Odoo itself colours them by their place in a chart.
WELL, FAIR, POOR, NEUTRAL, PALE = "#45B07C", "#4EA7F2", "#F2A65A", "#B4BCC8", "#95D5B2"
GROUP_COLORS = {
    "health_band": {"healthy": WELL, "watch": POOR, "at_risk": BAD, "unknown": NEUTRAL},
    "category": {"commit": WELL, "best_case": FAIR, "at_risk": POOR, "lost": BAD},
    "state": {"met": WELL, "running": FAIR, "paused": NEUTRAL, "breached": BAD},
    "ticket_priority": {"0": NEUTRAL, "1": FAIR, "2": POOR, "3": BAD},
    "kind": {
        "new": FAIR,
        "expansion": WELL,
        "reactivation": PALE,
        "escalator": "#2A9D8F",
        "currency": NEUTRAL,
        "contraction": POOR,
        "churn": BAD,
    },
}
COLORS = {"blue": "#EFF6FF", "amber": "#FFF7ED", "red": "#FEF2F2", "green": "#ECFDF5"}


class Workbook:
    """Collect what a dashboard shows, from the top down."""

    def __init__(self, period="last_12_months"):
        self.filters, self.pivots, self.lists, self.menus = {}, {}, {}, {}
        self.cells, self.styles, self.borders, self.rows, self.figures = {}, {}, {}, {}, []
        self.data, self.data_formats = {}, {}
        self.merges = []
        self.row = 0
        # Every dashboard is of a period and of a tier, or of all.
        self.add_filter("period", "Period", type="date", defaultValue=period)
        self.add_relation("tier", "Tier", "kor.tier")

    def add_filter(self, key, label, **values):
        self.filters[key] = {"id": key, "label": label, **values}

    def add_relation(self, key, label, model):
        self.add_filter(key, label, type="relation", modelName=model, defaultValueDisplayNames=[])

    def add_pivot(self, name, model, measures, rows=(), domain=(), match=None, order=None, offset=0):
        """Add what is read by groups; return its number.

        :param rows: fields, a date as `date:month`
        :param match: {filter: chain of fields}; a date field of the period as (chain, type)
        :param order: the measure by which the greatest come first, `-measure` the least
        :param offset: -1 reads the period before the chosen one
        """
        number = str(len(self.pivots) + 1)
        self.pivots[number] = {
            "type": "ODOO",
            "id": number,
            "formulaId": number,
            "name": name,
            "model": model,
            "domain": list(domain),
            "context": {},
            "measures": [{"id": one, "fieldName": one} for one in measures],
            "rows": [_get_dimension(one) for one in rows],
            "columns": [],
            "sortedColumn": order
            and {"measure": order.lstrip("-"), "order": "asc" if order[0] == "-" else "desc", "domain": []},
            "fieldMatching": self._get_matching(match or {}, offset),
        }
        return number

    def add_list(self, name, model, columns, domain=(), order=(), match=None):
        """Add records that are read as such; return the number of the list.

        :param order: fields, `-field` where the greatest come first
        """
        number = str(len(self.lists) + 1)
        self.lists[number] = {
            "id": number,
            "name": name,
            "model": model,
            "columns": list(columns),
            "domain": list(domain),
            "context": {},
            "orderBy": [{"name": one.lstrip("-"), "asc": one[0] != "-"} for one in order],
            "fieldMatching": self._get_matching(match or {}),
        }
        return number

    def _get_matching(self, match, offset=0):
        matching = {}
        for key, chain in match.items():
            filter_type = self.filters[key]["type"]
            chain, field_type = chain if isinstance(chain, tuple) else (chain, "date")
            if filter_type == "date":
                matching[key] = {"chain": chain, "type": field_type, "offset": offset}
            else:
                matching[key] = {"chain": chain, "type": "many2one"}
        return matching

    def put(self, name, formula, number_format=None):
        """Put a formula into a cell of the sheet Data."""
        self.data[name] = formula
        if number_format:
            self.data_formats[name] = number_format

    def put_rows(self, figures):
        """Put each of the figures into a row of the sheet Data, from the first one on.

        :param figures: (label, formula, format) or (label, formula, formula of the period before, format)
        """
        for row, (label, *formulas, number_format) in enumerate(figures, 1):
            self.put(f"A{row}", f'=_t("{label}")')
            for column, formula in zip("BC", formulas, strict=False):
                self.put(f"{column}{row}", f"={formula}", number_format)

    def cards(self, *cards):
        """Put figures side by side: dicts with `title`, `cell` of the sheet Data, and what else a scorecard takes."""
        width = (2 * WIDTH + GAP - 10 * (len(cards) - 1)) // len(cards)
        for place, card in enumerate(cards):
            color, menu = card.pop("color", "blue"), card.pop("menu", None)
            title, cell, before = card.pop("title"), card.pop("cell"), card.pop("before", None)
            key = f"card-{len(self.figures) + 1}"
            scorecard = {
                "type": "scorecard",
                "title": {"text": title, "bold": True, "color": "#434343"},
                "background": COLORS[color],
                "keyValue": f"Data!{cell}",
                "baselineMode": "percentage",
                "baselineColorUp": GOOD,
                "baselineColorDown": BAD,
                # A card that shortens numbers itself would leave out the dash of those that are not there.
                "humanize": False,
                **({"baseline": f"Data!{before}"} if before else {}),
                **card,
            }
            self._add_figure(key, scorecard, "A", 5 + place * (width + 10), width, CARD_HEIGHT, menu)
        self._take(CARD_ROWS)

    def charts(self, *charts):
        """Put one chart over the whole width, or two side by side."""
        width = 2 * WIDTH + GAP if len(charts) == 1 else WIDTH
        for half, chart in zip(HALVES, charts, strict=False):
            self._add_figure(f"chart-{len(self.figures) + 1}", chart, half, 0, width, CHART_HEIGHT)
        self._take(CHART_ROWS)

    def chart(self, title, kind, model, measure, group_by, action, domain=(), match=None, **options):
        """Return a chart of records: kind is bar, line, pie and so on; its parts open their records by the action.

        It is long, as it lists all that a chart of Odoo's spreadsheet consists of.

        :param options: `colors` names the field of the last group by whose meaning it is coloured, `context` is that
            of the reading; the others are the chart's own
        """
        meaning = options.pop("colors", None)
        return {
            "type": f"odoo_{kind}",
            "title": {"text": title, **TITLE},
            "background": "#FFFFFF",
            "legendPosition": "top" if len(group_by) > 1 or kind == "pie" else "none",
            "metaData": {
                "groupBy": list(group_by),
                "measure": measure,
                "order": options.pop("order", None),
                "resModel": model,
                "mode": kind if kind in ("line", "pie") else "bar",
                "cumulatedStart": options.get("cumulatedStart", False),
                **({"colors": {"field": meaning, "values": GROUP_COLORS[meaning]}} if meaning else {}),
            },
            "searchParams": {
                "comparison": None,
                "context": {"group_by": [], **options.pop("context", {})},
                "domain": list(domain),
                "groupBy": list(group_by),
                "orderBy": [],
            },
            "actionXmlId": action,
            "dataSets": [],
            "verticalAxisPosition": "left",
            "stacked": len(group_by) > 1,
            "fieldMatching": self._get_matching(match or {}),
            **options,
        }

    def tables(self, *tables):
        """Put tables side by side: dicts with `title`, `menu`, `rows`, and `pivot` or `list`.

        A list has `columns`: {field: text(…) or number(…)}, which take four columns of the sheet together.
        """
        count = max(table.get("rows", 10) for table in tables)
        for half, table in zip(HALVES, tables, strict=False):
            self._put_table(half, table, count)
        self.rows[self.row] = {"size": HEADING}
        for row in range(self.row + 1, self.row + count + 2):
            self.rows[row] = {"size": ROW}
        self._take(count + 3)

    def _put_table(self, half, table, count):
        top = self.row + 1
        first, last = half, chr(ord(half) + 3)
        self.cells[f"{first}{top}"] = f"[{table['title']}](odoo://ir_menu_xml_id/{table['menu']})"
        self.styles[f"{first}{top}"] = LINK
        self.borders[f"{first}{top}:{last}{top}"] = 1
        if "pivot" in table:
            self.cells[f"{first}{top + 1}"] = f"=PIVOT({table['pivot']},{count},FALSE,FALSE)"
            self.styles[f"{first}{top + 1}"] = HEADER
            self.styles[f"{chr(ord(first) + 1)}{top + 1}:{last}{top + 1}"] = HEADER_RIGHT
        else:
            self._put_list(half, table, count)
        self.styles[f"{first}{top + 2}:{last}{top + 1 + count}"] = CELL
        for row in range(top + 1, top + 2 + count):
            self.borders[f"{first}{row}:{last}{row}"] = 2

    def _put_list(self, half, table, count):
        place, number = 0, table["list"]
        for field, (label, width, style) in table["columns"].items():
            column, last = chr(ord(half) + place), chr(ord(half) + place + width - 1)
            title = f',_t("{label}")' if label else ""
            self.cells[f"{column}{self.row + 2}"] = f'=ODOO.LIST.HEADER({number},"{field}"{title})'
            self.styles[f"{column}{self.row + 2}"] = style
            for index in range(1, count + 1):
                row = self.row + 2 + index
                self.cells[f"{column}{row}"] = f'=ODOO.LIST({number},{index},"{field}")'
                if width > 1:
                    self.merges.append(f"{column}{row}:{last}{row}")
            place += width

    def note(self, formula):
        """Put a sentence into a line of its own, which is empty where there is nothing to say."""
        self.cells[f"A{self.row + 1}"] = formula
        self.styles[f"A{self.row + 1}"] = NOTE
        self._take(1)

    def _add_figure(self, key, data, half, x, width, height, menu=None):
        if menu:
            self.menus[key] = menu
        # Where a matching stands in the figure, filters find it.
        figure = {"id": key, "tag": "chart", "width": width, "height": height, "data": {**data, "chartId": key}}
        column = ord(half) - ord("A")
        self.figures.append({**figure, "col": column, "row": self.row, "offset": {"x": x, "y": 6}})

    def _take(self, rows):
        for row in range(self.row, self.row + rows):
            self.rows.setdefault(row, {"size": ROW})
        self.row += rows

    def as_text(self):
        """Return the JSON, the same for the same dashboard, a line for each thing."""
        return dumps(self.as_dict(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def as_dict(self):
        return {
            "version": VERSION,
            "revisionId": "START_REVISION",
            "uniqueFigureIds": True,
            "sheets": [self._get_sheet(), self._get_data_sheet()],
            "styles": STYLES,
            "formats": FORMATS,
            "borders": BORDERS,
            "pivots": self.pivots,
            "pivotNextId": len(self.pivots) + 1,
            "lists": self.lists,
            "listNextId": len(self.lists) + 1,
            "globalFilters": [*self.filters.values()],
            "chartOdooMenusReferences": self.menus,
            "customTableStyles": {},
            "settings": {},
        }

    def _get_sheet(self):
        return {
            **_get_empty_sheet("dashboard", "Dashboard"),
            "colNumber": len(COLUMNS),
            "rowNumber": self.row,
            "cols": {str(number): {"size": size} for number, size in enumerate(COLUMNS)},
            "rows": {str(number): size for number, size in sorted(self.rows.items())},
            "cells": self.cells,
            "merges": self.merges,
            "styles": self.styles,
            "borders": self.borders,
            "figures": self.figures,
            "areGridLinesVisible": False,
        }

    def _get_data_sheet(self):
        return {
            **_get_empty_sheet("data", "Data"),
            "colNumber": 26,
            "rowNumber": 100,
            "cols": {"0": {"size": 200}},
            "cells": self.data,
            "formats": self.data_formats,
        }


def text(label="", width=1):
    """Return a column of words: its label, if not that of the field, how wide it is, and how its head looks."""
    return label, width, HEADER


def number(label="", width=1):
    """Return a column of numbers or dates, whose head stands on the right as they do."""
    return label, width, HEADER_RIGHT


def value_of(pivot, *where):
    """Return the formula of a pivot's measure, of all or of the group of a field: `"amount", "kind", "churn"`."""
    names = ",".join(f'"{one}"' for one in where)
    return f"PIVOT.VALUE({pivot},{names})"


def shorten(value):
    """Return the formula of a value, long numbers in thousands, a dash for none."""
    return f"IF(ISNUMBER({value}),FORMAT.LARGE.NUMBER({value}),{NONE})"


def _get_empty_sheet(key, name):
    nothing = {"rows": {}, "cols": {}, "cells": {}, "styles": {}, "formats": {}, "borders": {}, "comments": {}}
    none = {"merges": [], "conditionalFormats": [], "dataValidationRules": [], "figures": [], "tables": []}
    return {
        **nothing,
        **none,
        "id": key,
        "name": name,
        "headerGroups": {"ROW": [], "COL": []},
        "areGridLinesVisible": True,
        "isVisible": True,
    }


def _get_dimension(text):
    name, _colon, granularity = text.partition(":")
    return {"fieldName": name, **({"granularity": granularity, "order": "asc"} if granularity else {})}
