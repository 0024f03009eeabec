"""The environment of KOR Enterprise: Odoo, Python, PostgreSQL, the browser, databases and servers."""
