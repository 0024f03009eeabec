"""People of a customer log in with a real OpenID provider that runs beside the server, and are out once they left."""

import re
import subprocess
import sys
from pathlib import Path

import clients
import pytest
import requests
from kor_env.server import free_port

FOLDER = Path(__file__).parent
DOMAIN = "harbour.example"
CLIENT = {"client_id": "kor", "client_secret": "a secret: 100 %"}


class Provider:
    """The process of the provider, and what is told to it."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.issuer = f"{self.url}/o"
        command = [sys.executable, str(FOLDER / "identity_provider.py"), str(self.port), str(folder)]
        self.process = subprocess.Popen(command)

    def is_up(self):
        assert self.process.poll() is None, "The provider has ended."
        try:
            return requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).ok
        except requests.ConnectionError:
            return False

    def tell(self, **what):
        answer = requests.post(f"{self.url}/control", json=what, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def add_person(self, name, **more):
        self.tell(person={"username": name, "email": f"{name}@{DOMAIN}", "first_name": name.title(), **more})


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    provider = Provider(tmp_path_factory.mktemp("idp"))
    try:
        clients.wait_until(provider.is_up, "The provider answers")
        yield provider
    finally:
        provider.process.kill()
        provider.process.wait()


@pytest.fixture(scope="module")
def sso(site, admin, provider):
    """A customer's single sign-on that runs: id, customer and addresses."""
    admin.call(
        "ir.config_parameter",
        "set_param",
        key="kor_integrations.allow_private_addresses",
        value=f"127.0.0.1:{provider.port}",
    )
    (plan,) = admin.call("kor.plan", "search", domain=[["code", "=", "enterprise_annual"]])
    customer = admin.create("res.partner", {"name": "Harbour", "is_company": True, "email": f"info@{DOMAIN}"})
    contract = admin.create("kor.contract", {"partner_id": customer, "plan_id": plan, "date_start": "2026-01-01"})
    admin.call("kor.contract", "action_activate", [contract])
    spec = {"kind": "sso", "name": "Harbour", "issuer": provider.issuer, "domains": [DOMAIN], **CLIENT}
    integration = admin.call("kor.contract", "create_integration", [contract], spec=spec)
    names = ["sso_login_url", "sso_redirect_url", "sso_logout_url", "sso_domain_ids"]
    (found,) = admin.call("kor.integration", "read", [integration], fields=names)
    provider.tell(client={**CLIENT, "redirect_uris": found["sso_redirect_url"]})
    admin.call("kor.integration.domain", "action_confirm", found["sso_domain_ids"])
    assert admin.call("kor.integration", "manage_integration", [integration], action="activate") == "active"
    return {**found, "customer": customer, "id": integration}


def _form(page, **fields):
    """Return the fields of a page's form, hidden ones as they are."""
    hidden = re.findall(r'<input[^>]*type="hidden"[^>]*>', page.text)
    given = {
        re.search(r'name="([^"]*)"', tag)[1]: (re.search(r'value="([^"]*)"', tag) or [None, ""])[1] for tag in hidden
    }
    return {**given, **fields}


def _leave(site, session, email, **arguments):
    """Return the provider's log-in page, reached by way of an e-mail address."""
    page = session.get(f"{site.url}/kor/sso", params=arguments, timeout=60)
    return session.post(f"{site.url}/kor/sso", data=_form(page, email=email), timeout=60)


def _enter(session, page, name):
    return session.post(page.url, data=_form(page, username=name, password="pass"), timeout=60)


def _log_in(site, name, email=None, **arguments):
    """Return a browser's session and the page on which a person ends who logs in."""
    session = requests.Session()
    page = _leave(site, session, email or f"{name}@{DOMAIN}", **arguments)
    return session, _enter(session, page, name)


def _is_in(site, session):
    return session.get(f"{site.url}/my", timeout=60, allow_redirects=False).status_code == 200


def _find_user(admin, login):
    return admin.call(
        "res.users",
        "search_read",
        domain=[["login", "=", login], ["active", "in", [True, False]]],
        fields=["id", "active", "share", "partner_id"],
    )


def test_the_first_login_makes_a_user_and_the_second_finds_it(site, admin, provider, sso):
    provider.add_person("bea")
    session, page = _log_in(site, "bea", redirect="/my/account")
    assert page.url == f"{site.url}/my/account"
    (user,) = _find_user(admin, f"bea@{DOMAIN}")
    assert user["share"] and user["partner_id"][1] == "Harbour, Bea"
    again, page = _log_in(site, "bea")
    assert page.url == f"{site.url}/my"
    assert [one["id"] for one in _find_user(admin, f"bea@{DOMAIN}")] == [user["id"]]
    assert _is_in(site, session) and _is_in(site, again), "two devices at the same time"
    # The direct link leads straight through: the provider knows who sits there.
    session.cookies.clear(domain="127.0.0.1", path="/", name="session_id")
    assert session.get(sso["sso_login_url"], timeout=60).url == f"{site.url}/my"
    (found,) = admin.call("kor.integration", "read", [sso["id"]], fields=["health", "state"])
    assert (found["health"], found["state"]) == ("healthy", "active")


@pytest.mark.parametrize("redirect", ["https://evil.example/", "//evil.example", "/\\evil.example", "/web/login"])
def test_a_redirect_to_elsewhere_leads_home(site, provider, sso, redirect):
    provider.add_person("bea")
    assert _log_in(site, "bea", redirect=redirect)[1].url == f"{site.url}/my"


def test_people_whom_the_provider_cannot_vouch_for_are_refused(site, admin, provider, sso):
    table = (
        ("unverified", {"is_staff": True}),
        ("foreign", {"email": "someone@elsewhere.example"}),
        ("chief", {"email": "admin"}),
    )
    for name, more in table:
        provider.add_person(name, **more)
        session, page = _log_in(site, name)
        assert page.url == f"{site.url}/kor/sso?error=refused", name
        assert "You could not be logged in" in page.text
        assert not _is_in(site, session)
        assert not _find_user(admin, f"{name}@{DOMAIN}")
    logs = admin.call(
        "kor.integration.log", "search_read", domain=[["integration_id", "=", sso["id"]]], fields=["name"]
    )
    assert any("does not say that the person's e-mail address is verified" in one["name"] for one in logs)


def test_users_of_ours_and_of_others_are_not_taken_over(site, admin, provider, sso):
    groups = {"staff": "base.group_user", "guest": "base.group_portal"}
    for name, group in groups.items():
        values = {"name": name, "login": f"{name}@{DOMAIN}", "email": f"{name}@{DOMAIN}"}
        admin.create("res.users", {**values, "group_ids": [[6, 0, [clients.find_id(admin, group)]]]})
        provider.add_person(name)
        session, page = _log_in(site, name)
        assert page.url.endswith("error=refused"), name
        assert not _is_in(site, session)


def test_answers_are_good_once_and_in_their_own_browser_only(site, provider, sso):
    provider.add_person("bea")
    session = requests.Session()
    page = _leave(site, session, f"bea@{DOMAIN}")
    # All but the last step: what the provider sends the browser back with.
    answer = session.post(
        page.url, data=_form(page, username="bea", password="pass"), timeout=60, allow_redirects=False
    )
    answer = session.get(f"{provider.url}{answer.headers['Location']}", timeout=60, allow_redirects=False)
    callback = answer.headers["Location"]
    assert callback.startswith(sso["sso_redirect_url"])
    stranger = requests.Session()
    assert stranger.get(callback, timeout=60).url.endswith("error=expired"), "a login is not pushed on somebody"
    assert session.get(callback.replace("state=", "state=x"), timeout=60).url.endswith("error=expired")
    assert session.get(callback, timeout=60).url == f"{site.url}/my"
    assert session.get(callback, timeout=60).url.endswith("error=expired"), "used twice"


def test_nothing_of_the_address_is_shown_and_nobody_is_listed(site, sso):
    page = requests.get(f"{site.url}/kor/sso", params={"error": "<b>Call 555</b>", "redirect": "<x>"}, timeout=60)
    assert "Call 555" not in page.text and "<x>" not in page.text
    login = requests.get(f"{site.url}/web/login", timeout=60)
    assert "/kor/sso" in login.text and "Harbour" not in login.text
    assert requests.get(f"{site.url}/kor/sso/nobody", timeout=60).status_code == 404
    session = requests.Session()
    assert "No company logs in" in _leave(site, session, "me@nowhere.example").text


def test_a_logout_ends_the_session_and_leaving_the_key_too(site, admin, provider, sso):
    provider.add_person("cem")
    session, _page = _log_in(site, "cem")
    (user,) = _find_user(admin, f"cem@{DOMAIN}")
    key = _make_key(site, user["id"])
    assert _is_in(site, session) and _key_opens(site, key)
    logout = {"username": "cem", "client_id": CLIENT["client_id"], "url": sso["sso_logout_url"]}
    assert provider.tell(logout=logout)["status"] == 200
    # Programs go on where somebody went home only.
    assert not _is_in(site, session) and _key_opens(site, key)
    session, _page = _log_in(site, "cem")
    assert _is_in(site, session)
    left = admin.call("kor.integration", "deprovision", [sso["id"]], email=f"cem@{DOMAIN}")
    assert left == {"users": 1, "keys": 1}
    assert not _is_in(site, session) and not _key_opens(site, key)
    # The provider still knows him; we do not.
    assert _log_in(site, "cem")[1].url.endswith("error=refused")
    for junk in ("", "x.y.z"):
        answer = requests.post(sso["sso_logout_url"], data={"logout_token": junk}, timeout=60)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def _make_key(site, user_id):
    path = site.odoo.state / "sso_key"
    site.shell(
        f"key = env['res.users.apikeys'].with_user({user_id}).sudo()._generate('rpc', 'Test', False)\n"
        f"open({str(path)!r}, 'w').write(key)"
    )
    return path.read_text()


def _key_opens(site, key):
    answer = requests.post(
        f"{site.url}/json/2/kor.contract/search", json={"domain": []}, headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )  # fmt: skip
    return answer.status_code == 200


def test_a_paused_sign_on_lets_nobody_in(site, admin, provider, sso):
    provider.add_person("bea")
    session, _page = _log_in(site, "bea")
    admin.call("kor.integration", "manage_integration", [sso["id"]], action="pause")
    assert not _is_in(site, session)
    assert requests.get(sso["sso_login_url"], timeout=60).url.endswith("error=closed")
    admin.call("kor.integration", "manage_integration", [sso["id"]], action="resume")
    assert _log_in(site, "bea")[1].url == f"{site.url}/my"
