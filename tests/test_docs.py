"""The documentation says what is so: links, names, menus, jobs, parameters, calls and pictures are looked up."""

import ast
import functools
import importlib.util
import re
from pathlib import Path

import clients
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
ADDONS = sorted(path.parent for path in ROOT.glob("addons/*/__manifest__.py"))
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("addons/*/README.md")])
GUIDES = {page.stem: page for page in ROOT.glob("docs/*.md")}
LINK = re.compile(r"\]\(([^)\s]+)\)")
MENU_ROOTS = ("Sales", "Accounts", "Contracts", "Usage", "Billing", "Onboarding", "Revenue", "Support", "Integrations",
              "Reporting", "Catalog", "Configuration")  # fmt: skip
# What a store shows of an add-on.
MANIFEST = ("name", "version", "summary", "category", "author", "license", "images")


def read_prose(page):
    """Return a page without what stands in blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)


def find_anchor(heading):
    """Return the anchor of a heading as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").strip().lower()).replace(" ", "-")


@functools.cache
def read_anchors(page):
    return {find_anchor(found) for found in re.findall(r"^#+ (.*)$", read_prose(page), re.M)}


def is_there(page, target):
    name, _mark, anchor = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    return path.exists() and path.is_relative_to(ROOT) and (not anchor or anchor in read_anchors(path))


def read_table(page, heading):
    """Return the rows of the first table below a heading, without its head."""
    text = page.read_text().split(f"\n## {heading}\n")[1]
    rows = re.search(r"^\|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)[1].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@functools.cache
def read_manifest(addon):
    return ast.literal_eval((addon / "__manifest__.py").read_text())


@functools.cache
def read_sources():
    return "\n".join(path.read_text() for addon in ADDONS for path in addon.rglob("*.py") if "tests" not in path.parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_are_there(page):
    targets = [one for one in LINK.findall(read_prose(page)) if not re.match(r"[a-z]+:", one)]
    assert [one for one in targets if not is_there(page, one)] == []


def test_link_to_nothing_is_found():
    page = ROOT / "README.md"
    assert not is_there(page, "docs/nothing.md")
    assert not is_there(page, "docs/architecture.md#nothing")
    assert not is_there(page, "../outside.md")
    assert is_there(page, "docs/architecture.md#the-rooms")


def test_every_page_of_docs_is_reached_from_the_readme():
    reached, queue = set(), [ROOT / "README.md"]
    while queue:
        page = queue.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = (one.partition("#")[0] for one in LINK.findall(page.read_text()) if not re.match(r"[a-z]+:", one))
        queue += [(page.parent / link).resolve() for link in links if link]
    assert set(PAGES) - reached == set()


def test_readme_is_one_screen_with_six_pictures():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 60
    assert len(re.findall(r"!\[[^]]+\]\(docs/images/\w+\.png\)", text)) == 6
    assert re.findall(r"\]\(addons/(\w+)/README\.md\)", text) and "make run" in text and "make test" in text
    assert set(re.findall(r"\]\(addons/(\w+)/README\.md\)", text)) == {addon.name for addon in ADDONS}


def test_every_command_is_told():
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split())
    assert targets - set(re.findall(r"`(?:[^`]* )?make (\w+)", GUIDES["development"].read_text())) == {"help"}


def test_pictures_are_small():
    pictures = sorted(ROOT.glob("docs/images/*.png"))
    assert len(pictures) >= 6
    for picture in pictures:
        assert picture.stat().st_size <= 200_000, picture
        with Image.open(picture) as image:
            assert image.width == 1280, picture


def test_proofs_of_the_accounting_guide_are_tests():
    page = GUIDES["accounting-guide"]
    proofs = re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", page.read_text())
    assert len(proofs) > 30
    assert [one for one, file in proofs if f"def {one}(" not in (page.parent / file).read_text()] == []


def test_names_of_code_in_the_architecture_are_there():
    text = GUIDES["architecture"].read_text()
    methods = re.findall(r"`(?:[a-z][\w.]*\.)?(\w+)\(\)`", text)
    assert len(methods) > 20
    assert [one for one in methods if f"def {one}(" not in read_sources()] == []
    models = set(re.findall(r"`(kor\.[a-z.]*[a-z])(?:\.\w+\(\))?`", text))
    known = set(re.findall(r'_name = "(kor\.[a-z.]+)"', read_sources()))
    assert models and models - known == set()
    files = re.findall(r"`((?:kor_\w+/)?engine/[\w*]+\.py)`", text)
    assert files and [one for one in files if not list(ROOT.glob(f"addons/{'*/' * (one[0] == 'e')}{one}"))] == []


def test_rooms_are_those_of_the_manifests():
    rooms = {row[0].strip("`"): set(re.findall(r"kor_\w+", row[1])) for row in read_table(GUIDES["architecture"],
                                                                                         "The rooms")}  # fmt: skip
    assert rooms == {
        addon.name: {one for one in read_manifest(addon)["depends"] if one.startswith("kor_")} for addon in ADDONS
    }


def test_reference_of_calls_is_up_to_date():
    specification = importlib.util.spec_from_file_location("calls", ROOT / "scripts" / "calls_reference.py")
    calls = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(calls)
    assert calls.REFERENCE.read_text() == calls.write(), "Run python3 scripts/calls_reference.py"


def test_system_parameters_are_those_that_the_code_reads():
    table = {name for row in read_table(GUIDES["administration"], "Settings and parameters")
             for name in re.findall(r"`(kor_\w+\.\w+)`", row[0])}  # fmt: skip
    read = set(re.findall(r'(?:number\(self\.env, |config_parameter=|PARAMETER = )"(kor_\w+\.\w+)"', read_sources()))
    assert table == read


def test_jobs_are_those_of_the_database(site):
    admin = clients.XmlRpc(site, "admin")
    found = admin.call(
        "ir.model.data",
        "search_read",
        domain=[["model", "=", "ir.cron"], ["module", "=like", "kor_%"]],
        fields=["res_id"],
    )
    fields = ["cron_name", "interval_number", "interval_type"]
    jobs = admin.call("ir.cron", "read", [one["res_id"] for one in found], fields=fields)
    table = {row[0]: row[1] for row in read_table(GUIDES["administration"], "Jobs")}
    assert table == {job["cron_name"]: f"{job['interval_number']} {job['interval_type']}" for job in jobs}


def test_menu_paths_of_the_guides_are_there(site):
    menus = clients.XmlRpc(site, "admin").call("ir.ui.menu", "search_read", domain=[], fields=["complete_name"])
    known = {menu["complete_name"] for menu in menus}
    wrong = []
    for name in ("accounting-guide", "administration", "tour", "integrators-guide"):
        for path in re.findall(r"\*((?:[^*›]+ › )+[^*›]+)\*", re.sub(r"\n *", " ", GUIDES[name].read_text())):
            steps = path.removeprefix("KOR Enterprise › ").split(" › ")
            # Behind the menu may stand what is pressed there.
            if steps[0] in MENU_ROOTS and "/".join(["KOR Enterprise", *steps[:2]]) not in known:
                wrong.append(path)
    assert wrong == []


@pytest.mark.parametrize("addon", ADDONS, ids=lambda addon: addon.name)
def test_addon_has_what_a_store_shows(addon):
    manifest = read_manifest(addon)
    assert [key for key in MANIFEST if not manifest.get(key)] == []
    assert re.fullmatch(r"19\.0(\.\d+){3}", manifest["version"])
    assert (manifest["license"], manifest["category"]) == ("LGPL-3", "KOR Enterprise")
    with Image.open(addon / "static" / "description" / "icon.png") as icon:
        assert icon.size == (128, 128)
    for image in manifest["images"]:
        with Image.open(addon / image) as banner:
            assert banner.width >= 560, image
    page = (addon / "static" / "description" / "index.html").read_text()
    assert f"<h1>{manifest['name']}</h1>" in page
    readme = (addon / "README.md").read_text()
    assert readme.startswith(f"# {manifest['name']}\n") and len(readme) > 300


def test_description_pages_show_pictures_that_are_there():
    for page in ROOT.glob("addons/*/static/description/index.html"):
        for source in re.findall(r'src="([^"]+)"', page.read_text()):
            assert (page.parent / source).is_file(), (page, source)


def read_models(addon):
    """Return the stored models that an add-on brings."""
    found = set()
    for file in (addon / "models").glob("*.py"):
        for text in re.findall(r"^class \w+\(models\.Model\):\n(.*?)(?=^\S|\Z)", file.read_text(), re.M | re.S):
            values = dict(re.findall(r'^    (_name|_inherit|_description) = "(.*?)"', text, re.M))
            # With a description and a name of its own it is a model, and not more of one.
            if "_description" in values and values.get("_name") not in (None, values.get("_inherit")):
                found.add(values["_name"])
    return found


@pytest.mark.parametrize("addon", ADDONS, ids=lambda addon: addon.name)
def test_readme_of_an_addon_names_its_models(addon):
    page, models = addon / "README.md", read_models(addon)
    table = {row[0].strip("`") for row in read_table(page, "Models")} if models else set()
    assert table == models


def test_hooks_and_calls_in_readmes_are_there():
    text = "\n".join(page.read_text() for page in PAGES)
    names = {found for found in re.findall(r"`(?:[a-z][\w.]*\.)?(_?[a-z][a-z_]+)\([^`)]*\)`", text) if "_" in found}
    assert len(names) > 100
    assert sorted(one for one in names if f"def {one}(" not in read_sources()) == []
