"""The documentation as a site: whole, with every public name and every core, and no link that leads nowhere."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

import ossicle
from fpga_projects.pages import fixed_point_pictures
from fpga_projects.pages.block_diagram import block_diagram
from fpga_projects.pages.documentation_site import REFERENCE, with_links
from ip_cores.companions.drawings import ACCENT
from ip_cores.core import core_kinds
from ip_cores.description import load_core
from testbenches.for_tests.deliveries import EXAMPLES

ROOT = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"

with_mkdocs = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("mkdocs", "mkdocstrings"))), reason="no mkdocs (pip install ossicle[docs])"
)
of_a_checkout = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the pages are part of a checkout")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Built strictly, in the folder that is returned; MkDocs says nothing."""
    folder = tmp_path_factory.mktemp("documentation") / "site"
    command = [sys.executable, "-m", "fpga_projects.pages.documentation_site", "--output", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@of_a_checkout
@with_mkdocs
def test_the_site_is_whole(site):
    pages = {path.relative_to(site) for path in site.rglob("*.html")}
    for page in (ROOT / "docs").rglob("*.md"):
        if page.name != "README.md":
            assert page.relative_to(ROOT / "docs").with_suffix(".html") in pages
    assert len(list((site / "tutorials").glob("*.html"))) == 6
    shown = "".join((site / "reference" / path.name).read_text() for path in (site / "reference").glob("*.html"))
    for name in ossicle.__all__:
        assert name == "__version__" or f'id="ossicle.{name}"' in shown, name
    assert "Hz at the sink" not in shown
    words = {entry["location"] for entry in json.loads((site / "search/search_index.json").read_text())["docs"]}
    assert {"cores/fir.html", "glossary.html", "reference/cores.html#ossicle.load_core"} <= words


@of_a_checkout
@with_mkdocs
def test_links_of_the_site_lead_somewhere(site):
    """Files, pages and anchors, as a browser follows them; nothing is loaded from elsewhere."""
    texts = {path: path.read_text() for path in site.rglob("*.html") if path.name != "404.html"}
    anchors = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in texts.items()}
    for path, text in texts.items():
        assert not re.search(r'<(?:script|img|link|iframe)[^>]+(?:src|href)="https?:', text), path.name
        for target in re.findall(r'(?:href|src)="([^"]*)"', text):
            address, _, anchor = unquote(unescape(target)).partition("#")
            if re.match(r"[a-z]+:", address):
                continue
            found = (path.parent / address).resolve() if address else path
            assert found.is_file(), f"{path.relative_to(site)}: {target}"
            if anchor and found in anchors:
                assert anchor in anchors[found], f"{path.relative_to(site)}: {target}"


@of_a_checkout
@with_mkdocs
def test_the_gallery_shows_every_core(site):
    page = (site / "gallery.html").read_text()
    for path in EXAMPLES:
        core = load_core(path)
        assert f"gallery/{core.name}_block.svg" in page
        assert bool(core.responses) == (f"gallery/{core.name}_response.svg" in page)
        assert f'href="cores/{core.kind}.html"' in page
    assert all(f'href="cores/{kind}.html"' in page for kind in core_kinds())
    for path in (site / "gallery").glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag == f"{SVG}svg"
        assert "prefers-color-scheme:dark" in path.read_text()


def test_every_public_name_is_in_the_reference_once():
    listed = [name for names in REFERENCE.values() for name in names]
    assert sorted(listed) == sorted(set(ossicle.__all__) - {"__version__"})


def boxes(svg):
    return [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_block_diagram_shows_the_way_of_the_words():
    core = load_core(next(path for path in EXAMPLES if path.stem == "band_serial"))
    names = boxes(block_diagram(core))
    assert names[:2] == ["sink", "source"]
    assert names[2:] == ["serial control", "sample memory × 2", "coefficient memory", "multiply accumulate", "output rounding"]
    arrows = block_diagram(core).count('l-7 -4v8z')
    assert arrows == 2 + 5, "sink, source; control to both memories, these to the unit, the unit to the rounding"
    assert boxes(block_diagram(core.replace(interface="axi"))) == names


@pytest.mark.parametrize("kind", ["i2s_receiver", "i2s_transmitter", "i2c_master", "wm8731_setup", "reset_synchronizer"])
def test_what_comes_and_goes_at_pins_has_its_arrows(kind):
    """Bits that are a core's words; clocks, resets and the flags of a stream beside them are none."""
    drawing = block_diagram(load_core(EXAMPLES[0].parent / f"{kind}.toml"))
    ways = [path for path, colour in re.findall(r'<path d="(M[^"]*)" fill="none" stroke="(#\w+)"', drawing) if colour == ACCENT]
    width = int(re.search(r'width="(\d+)"', drawing)[1])
    assert any(path.startswith("M8 ") for path in ways), "nothing enters"
    assert any(path.endswith(f"H{width - 8}") for path in ways), "nothing leaves"


def test_a_core_without_parts_is_one_box():
    core = load_core(next(path for path in EXAMPLES if path.stem == "limiter"))
    assert boxes(block_diagram(core)) == ["sink", "source", "limiter"]


LINKS = {
    "README.md": {
        "[a](docs/proof.md#legs)": "[a](proof.md#legs)",
        "[b](examples/lowpass.toml)": "[b](files/examples/lowpass.toml)",
        "[c](https://x.org)": "[c](https://x.org)",
    },
    "docs/cores/fir.md": {
        "[a](../../examples/lowpass.toml)": "[a](../files/examples/lowpass.toml)",
        "[b](../proof.md)": "[b](../proof.md)",
    },
    "docs/README.md": {
        "[a](../README.md)": "[a](index.md)",
        "[b](cores)": "[b](gallery.md)",
        "```\n[c](../README.md)\n```": "```\n[c](../README.md)\n```",
    },
}


@of_a_checkout
@pytest.mark.parametrize("page", LINKS)
def test_links_are_turned(page):
    files: set[str] = set()
    assert with_links("\n".join(LINKS[page]), page, files) == "\n".join(LINKS[page].values())
    assert files <= {"examples/lowpass.toml"}


@of_a_checkout
def test_the_pictures_of_fixed_point_are_those_of_its_arithmetic():
    for path, svg in fixed_point_pictures.pictures().items():
        assert path.read_text() == svg, "python -m fpga_projects.pages.fixed_point_pictures writes it anew"
