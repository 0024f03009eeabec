"""Make the company that tests of accounting begin with, in Odoo's shell: its chart is loaded once and not by each."""

company = env["res.company"].create({"name": "company_1_data"})
charts = env["account.chart.template"]
charts.try_loading(charts._guess_chart_template(company.country_id), company=company, install_demo=False)
if not company.account_fiscal_country_id:
    company.account_fiscal_country_id = env.ref("base.us")
env["ir.config_parameter"].set_param("kor.test_company", company.id)
env.cr.commit()
