"""The compose file keeps what it promises; no Docker engine is needed to read it."""

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
ODOO = ("init", "web", "web-more", "queue", "jobs")
VARIABLE = re.compile(r"\$\{(\w+)(?::([-+?])((?:[^{}]|\$\{[^{}]*\})*))?\}")


def interpolate(text, **values):
    """Fill variables in as Compose does."""

    def fill(found):
        name, operator, word = found.groups()
        value = values.get(name, "")
        if operator == "+":
            return interpolate(word, **values) if value else ""
        return value or (interpolate(word, **values) if operator == "-" else "")

    return VARIABLE.sub(fill, text)


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def read_pins(path):
    lines = (line.split("#")[0].strip() for line in (ROOT / path).read_text().splitlines())
    return dict(line.split("==") for line in lines if line)


def test_official_images_are_used(services):
    images = {interpolate(service["image"]) for service in services.values()}
    assert images == {"kor-enterprise", "postgres:17", "nginx:1.28"}
    assert "FROM odoo:19\n" in (ROOT / "deploy" / "Dockerfile").read_text()


def test_one_service_builds_the_image_of_all(services):
    assert {name for name, service in services.items() if "build" in service} == {"init"}
    assert services["init"]["build"] == "deploy"
    assert {services[name]["image"] for name in ODOO} == {services["init"]["image"]}


def test_the_image_has_what_the_addons_ask_for():
    pins = read_pins("deploy/requirements.txt")
    manifests = (ast.literal_eval(path.read_text()) for path in ROOT.glob("addons/*/__manifest__.py"))
    needed = {name for one in manifests for name in one.get("external_dependencies", {}).get("python", ())}
    assert needed and {"weasyprint", "odoo-addon-queue-job"} | needed <= pins.keys()


def test_the_image_has_the_versions_that_are_tested():
    pins, tested = read_pins("deploy/requirements.txt"), read_pins("requirements.txt")
    assert {name: version for name, version in pins.items() if name in tested} == {
        name: tested[name] for name in pins if name not in ("odoo-addon-queue-job", "openupgradelib")
    }


def test_every_variable_has_a_default_or_says_what_it_is_for():
    for name, operator, word in VARIABLE.findall((ROOT / "docker-compose.yml").read_text()):
        assert operator, name
        assert all(found[1] for found in VARIABLE.findall(word)), name


def test_the_database_is_asked_at_the_address_that_others_use(services):
    assert "--host=" in services["db"]["healthcheck"]["test"][1]


def test_every_lasting_service_has_a_health_check(services):
    lasting = {name for name, service in services.items() if service.get("restart")}
    assert lasting == {"db", "web", "web-more", "proxy", "queue", "jobs"}
    assert all(services[name]["healthcheck"]["test"] for name in lasting)


def test_addons_and_configuration_are_mounted_read_only(services):
    for name in ODOO:
        mounts = dict(volume.split(":", 1) for volume in services[name]["volumes"])
        assert mounts["./addons"].endswith(":ro")
        assert mounts["./odoo.conf"].endswith(":ro")


def test_secrets_come_from_the_environment_only(services):
    for service in services.values():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key:
                assert value.startswith("${KOR_DB_PASSWORD:?")


def test_jobs_run_apart_from_the_web(services):
    assert "--max-cron-threads=0" in services["web"]["command"]
    assert "--max-cron-threads=2" in services["jobs"]["command"]
    assert "ports" not in services["jobs"]


def test_ports_are_published_on_the_loopback_only(services):
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published and all(port.startswith("127.0.0.1:") for port in published)


def test_commands_use_options_that_odoo_knows(services):
    from odoo.tools import config

    known = {option for group in config.parser.option_groups for one in group.option_list for option in one._long_opts}
    for values in ({}, {"KOR_DB_REPLICA": "replica"}):
        for name in ODOO:
            words = interpolate(services[name]["command"], **values).split()
            assert words[0] == "odoo"
            assert {word.split("=")[0] for word in words[1:]} <= known
            assert ("--db_replica_host=replica" in words) == (bool(values) and name.startswith("web"))


def test_any_command_of_odoo_finds_database_addons_and_files(services):
    from odoo.tools import config

    known = {option.env_name for option in config.options_index.values()}
    for name in ODOO:
        environment = services[name]["environment"]
        needed = {"PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "ODOO_ADDONS_PATH", "ODOO_DATA_DIR"}
        assert needed <= environment.keys() & known
        mounted = {volume.split(":")[1] for volume in services[name]["volumes"]}
        assert {environment["ODOO_ADDONS_PATH"], environment["ODOO_DATA_DIR"]} <= mounted
        for of_the_image in ("HOST", "USER", "PASSWORD"):
            assert environment[of_the_image] == environment[f"PG{of_the_image}"]


def test_nothing_more_starts_without_a_profile(services):
    profiles = {name: service["profiles"] for name, service in services.items() if "profiles" in service}
    assert profiles == {"web-more": ["scale"], "proxy": ["scale"], "queue": ["queue"]}


def test_more_web_services_are_the_same_as_the_first(services):
    more = services["web-more"]
    assert more["command"] == services["web"]["command"]
    assert more["volumes"] == services["web"]["volumes"] and "ports" not in more


def test_the_proxy_knows_every_web_service_and_keeps_the_queue_inside(services):
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    upstreams = dict(re.findall(r"upstream (\w+) \{(.*?)\}", text, re.S))
    web = {name for name in services if name.startswith("web")}
    for upstream, port in (("pages", "8069"), ("live", "8072")):
        assert set(re.findall(rf"server ([\w-]+):{port} ", upstreams[upstream])) == web
    paths = dict(re.findall(r"location (\S+) \{(.*?)\}", text, re.S))
    assert "http://pages" in paths["/"] and "http://live" in paths["/websocket"]
    assert "return 404" in paths["/queue_job/"]


def test_the_queue_runs_where_its_jobs_are_delivered(services):
    queue = services["queue"]
    assert "queue_job" in re.search(r"--load=(\S+)", queue["command"])[1].split(",")
    assert queue["environment"]["ODOO_QUEUE_JOB_HOST"] == "127.0.0.1" and "ports" not in queue
    channels = interpolate(queue["environment"]["ODOO_QUEUE_JOB_CHANNELS"]).split(",")
    data = (ROOT / "addons" / "kor_queue_job" / "data" / "queue_job_data.xml").read_text()
    named = re.findall(r'model="queue.job.channel">\s*<field name="name">(\w+)<', data)
    assert {channel.split(":")[0] for channel in channels} == {"root", *(f"root.{name}" for name in named)}


def test_the_proxy_says_who_asks_and_for_what_address():
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    server = re.search(r"^server \{(.*)^\}", text, re.S | re.M)[1]
    # A location with a header of its own would inherit none of the server's.
    assert not any("proxy_set_header" in body for body in re.findall(r"location \S+ \{(.*?)\}", server, re.S))
    headers = dict(re.findall(r"proxy_set_header (\S+) (\S+);", server))
    assert headers["Host"] == headers["X-Forwarded-Host"] == "$http_host"
    assert headers["X-Forwarded-For"] == "$remote_addr" and headers["X-Forwarded-Proto"] == "$scheme"
    assert headers["Upgrade"] == "$http_upgrade" and headers["Connection"] == "$connection_upgrade"
    assert "map $http_upgrade $connection_upgrade {" in text
