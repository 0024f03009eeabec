"""The compose file keeps what it promises; no Docker engine is needed to read it."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_official_images_are_used(services):
    assert {service["image"] for service in services.values()} == {"odoo:19", "postgres:17"}


def test_every_lasting_service_has_a_health_check(services):
    lasting = {name for name, service in services.items() if service.get("restart")}
    assert lasting == {"db", "web", "jobs"}
    assert all(services[name]["healthcheck"]["test"] for name in lasting)


def test_addons_and_configuration_are_mounted_read_only(services):
    for name in ("init", "web", "jobs"):
        mounts = dict(volume.split(":", 1) for volume in services[name]["volumes"])
        assert mounts["./addons"].endswith(":ro")
        assert mounts["./odoo.conf"].endswith(":ro")


def test_secrets_come_from_the_environment_only(services):
    for service in services.values():
        for key, value in service["environment"].items():
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
    for name in ("init", "web", "jobs"):
        words = services[name]["command"].split()
        assert words[0] == "odoo"
        assert {word.split("=")[0] for word in words[1:]} <= known
