"""Make what many tests would each make for themselves, in Odoo's shell: a company with its chart, and assets."""

company = env["res.company"].create({"name": "company_1_data"})
charts = env["account.chart.template"]
charts.try_loading(charts._guess_chart_template(company.country_id), company=company, install_demo=False)
if not company.account_fiscal_country_id:
    company.account_fiscal_country_id = env.ref("base.us")
env["ir.config_parameter"].set_param("kor.test_company", company.id)

# What a browser loads of the web client and the portal; a test would compile it, and forget it with its transaction.
BUNDLES = (
    "web.assets_web",
    "web.assets_web_print",
    "web.assets_backend_lazy",
    "web.assets_frontend",
    "web.assets_frontend_lazy",
    "web.assets_frontend_minimal",
    "web.assets_tests",
    "web.__assets_tests_call__",
    "web.report_assets_common",
)
for name in BUNDLES:
    bundle = env["ir.qweb"]._get_asset_bundle(name)
    bundle.css()
    bundle.js()
env.cr.commit()
