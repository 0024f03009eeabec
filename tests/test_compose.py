"""The compose file keeps what it promises; no Docker engine is needed to read it."""

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


def test_official_images_are_used(services):
    images = {interpolate(service["image"]) for service in services.values()}
    assert images == {"odoo:19", "postgres:17", "nginx:1.28"}
    assert "FROM odoo:19\n" in (ROOT / "deploy" / "Dockerfile").read_text()


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
