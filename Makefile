PYTHON ?= python3
KOR := $(PYTHON) scripts/kor.py
export KOR_DB KOR_PORT KOR_CACHE KOR_PG_BIN ODOO_HOME

.PHONY: help run test faults shell lint bench modules native screenshots setup clean

help:
	@echo "make run    install what is missing, create the demo, serve it on 127.0.0.1 (KOR_PORT=8069, KOR_DB=kor)"
	@echo "make test   run all tests (ARGS goes to pytest: make test ARGS='-k proration')"
	@echo "make faults crashes, restarts of the database, a full disk, silent or refusing servers, a clock set back"
	@echo "make shell  Odoo's shell on the demo database"
	@echo "make lint   ruff, pylint-odoo, Odoo's own lint tests"
	@echo "make bench  measure, print ratios"
	@echo "make modules  install, upgrade, uninstall and test each add-on by itself (more than an hour)"
	@echo "make native   Odoo's own tests with and without the suite, compared (more than an hour)"
	@echo "make screenshots  the pictures of README and docs, taken of the demo"
	@echo "make clean  remove this checkout's databases and logs"

run test faults shell lint bench modules native screenshots setup clean:
	@$(KOR) $@ $(ARGS)
