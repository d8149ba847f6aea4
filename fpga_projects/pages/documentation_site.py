"""The documentation as a site: ``python -m fpga_projects.pages.documentation_site`` (``make docs``) builds it into ``build/site``.

Pages are those of ``docs/``, as they stand; README, contributing, changes and examples come beside them. What no file holds is made here: a
reference of the public names from their docstrings, and a gallery of the examples with their block diagrams, responses and timing. MkDocs
(https://www.mkdocs.org) does the rest, strictly: a link that leads nowhere ends the build.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from fpga_projects.pages.block_diagram import block_diagram
from fpga_projects.pages.internals_drawings import for_both_lights
from ip_cores.companions.datasheet import datasheet
from ip_cores.core import Core
from ip_cores.description import descriptions_in, load_core

ROOT = Path(__file__).resolve().parent.parent.parent
STYLE = Path(__file__).with_name("documentation_site.css")

ELSEWHERE = {
    "README.md": "index.md",
    "docs/README.md": "guide.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "examples/README.md": "examples.md",
}
"""Pages that get another place in the site, by where they stand here."""

LINK = re.compile(r"\]\(([^)\s#]*)(#[^)\s]*)?\)")
FENCE = re.compile(r"^(```.*?^```|    .*?)$", re.MULTILINE | re.DOTALL)

REFERENCE = {
    "Cores": ("load_core", "make_core", "core_kinds", "read_description", "Core", "Chain", "Port", "ParameterError", "DescriptionError"),
    "Words and formats": (
        *("Format", "Rounding", "Overflow", "quantize", "requantize", "to_float", "quantize_coefficients", "audio_to_words"),
        *("words_to_audio", "read_audio", "write_audio"),
    ),
    "Running and proving": (
        *("simulate", "verify", "Verification", "Stimulus", "EngineMismatch", "ProtocolError", "SimulationError", "ToolError"),
    ),
    "Fitting": ("fit_aid", "Fitting", "Audiogram", "standard_audiogram"),
    "VHDL": ("generate", "Manifest"),
    "Cost and search": ("estimate", "estimate_hdl", "Estimate", "explore", "Exploration", "optimize", "Optimum"),
}
"""Pages of the reference, and the public names on each."""


def site_place(path: str) -> str:
    """Where a page of this tree stands in the site.

    Examples
    --------
    >>> site_place("docs/cores/fir.md"), site_place("README.md")
    ('cores/fir.md', 'index.md')
    """
    return ELSEWHERE.get(path, path.removeprefix("docs/"))


def pages() -> list[str]:
    """The pages of this tree that the site shows, by where they stand."""
    return [*ELSEWHERE, *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")) if path.name != "README.md")]


def with_links(text: str, page: str, files: set[str]) -> str:
    """A page with links as they are in the site; what is no page is added to `files` and will stand there under ``files/``."""
    here = Path(page).parent
    depth = Path(site_place(page)).parent

    def turned(link: re.Match[str]) -> str:
        target, anchor = link[1], link[2] or ""
        if not target or re.match(r"[a-z]+:", target):
            return link[0]
        found = os.path.normpath(here / target)
        if (ROOT / found).is_dir():
            found = "docs/gallery.md"
        elif not found.endswith(".md") and not (found.startswith("docs/") and here.parts[:1] == ("docs",)):
            files.add(found)
            found = f"files/{found}"
        return f"]({os.path.relpath(site_place(found), depth)}{anchor})"

    parts = FENCE.split(text)
    return "".join(part if FENCE.fullmatch(part) else LINK.sub(turned, part) for part in parts)


def reference_page(title: str, names: Iterable[str]) -> str:
    """A page for mkdocstrings, which reads the docstrings without running anything."""
    names = tuple(names)
    blocks = [f"::: ossicle.{name}\n" for name in names]
    return "\n".join([f"# {title}\n\nNames of the module `ossicle`: `ossicle.{names[0]}` and so on.\n", *blocks])


def gallery(folder: Path) -> str:
    """The page of all examples; their drawings are written into `folder`."""
    families: dict[str, list[Core]] = {}
    files = {}
    for path in descriptions_in(ROOT / "examples"):
        core = load_core(path)
        families.setdefault(core.family, []).append(core)
        files[core.name] = path.name
    lines = [
        "# Gallery",
        "",
        "Every core as an example has it: what is inside, when words move, what it does to frequencies. Blue is the way of words in and",
        "out; flags are left out. A box says what it is for when the pointer rests on it in the drawing itself (open it alone).",
    ]
    for family in sorted(families):
        lines += ["", f"## {family}"]
        for core in families[family]:
            more = f"[Description](files/examples/{files[core.name]})."
            lines += ["", f"### {core.name}", "", f"[{core.kind}](cores/{core.kind}.md): {core.summary}. {more}"]
            drawings = {"block": block_diagram(core)}
            for name, svg in datasheet(core, ()).items():
                if name.endswith(".svg"):
                    drawings[name.removeprefix(f"{core.name}_").removesuffix(".svg")] = for_both_lights(svg)
            for name, svg in drawings.items():
                (folder / f"{core.name}_{name}.svg").write_text(svg)
                lines += ["", f"![{CAPTIONS[name].format(core.name)}](gallery/{core.name}_{name}.svg)"]
    return "\n".join(lines) + "\n"


CAPTIONS = {"block": "blocks of {}", "timing": "when words of {} move", "response": "frequency response of {}"}


def navigation() -> list[dict[str, object]]:
    """The menu: what a page is called there, and where it stands."""
    datasheets = [{path.stem: f"cores/{path.name}"} for path in sorted((ROOT / "docs" / "cores").glob("*.md"))]
    tutorials = [f"tutorials/{path.name}" for path in sorted((ROOT / "docs" / "tutorials").glob("*.md"))]
    guide = [
        "guide.md", "fitting.md", "networks.md", "command_line.md", "descriptions.md", "quartus.md", "de2_70.md", "word_lengths.md",
        "fir_forms.md", "estimates.md", "peers.md", "model_speed.md", "proof.md", "verification.md", "internals.md", "examples.md",
        "contributing.md", "changelog.md",
    ]  # fmt: skip
    listed = {*guide, "glossary.md", "README.md"}
    guide += sorted(path.name for path in (ROOT / "docs").glob("*.md") if path.name not in listed)
    return [
        {"Home": "index.md"},
        {"Tutorials": tutorials},
        {"Cores": [{"Gallery": "gallery.md"}, *datasheets]},
        {"Guide": guide},
        {"Reference": [f"reference/{reference_name(title)}" for title in REFERENCE]},
        {"Glossary": "glossary.md"},
    ]


def reference_name(title: str) -> str:
    """File of a page of the reference."""
    return f"{title.lower().replace(' ', '_')}.md"


def configuration(source: Path, site: Path) -> str:
    """``mkdocs.yml``; JSON is YAML but for the one line that calls a function."""
    settings = {
        "site_name": "ossicle",
        "docs_dir": str(source),
        "site_dir": str(site),
        "use_directory_urls": False,
        "theme": {"name": "mkdocs", "color_mode": "auto", "user_color_mode_toggle": False, "highlightjs": False, "navigation_depth": 3},
        "extra_css": ["site.css"],
        "nav": navigation(),
        "validation": {"nav": {"omitted_files": "warn"}, "links": {"anchors": "warn", "unrecognized_links": "warn"}},
        "plugins": [
            "search",
            {
                "mkdocstrings": {
                    "default_handler": "python",
                    "handlers": {
                        "python": {
                            "paths": [str(ROOT)],
                            "options": {
                                "docstring_style": "numpy",
                                "docstring_options": {"warnings": False},
                                "preload_modules": ["reference", "fixed_point", "ip_cores", "testbenches", "fpga_projects"],
                                "show_source": False,
                                "show_root_heading": True,
                                "show_root_full_path": False,
                                "heading_level": 2,
                                "separate_signature": True,
                                "show_signature_annotations": True,
                                "members_order": "source",
                                "inherited_members": False,
                            },
                        }
                    },
                }
            },
        ],
    }
    extensions = """
markdown_extensions:
  - tables
  - sane_lists
  - attr_list
  - pymdownx.highlight
  - pymdownx.superfences
  - toc:
      permalink: true
      slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}
"""
    return "\n".join(f"{key}: {json.dumps(value)}" for key, value in settings.items()) + extensions


def write_source(folder: Path) -> None:
    """Everything that MkDocs reads, into an empty folder."""
    files: set[str] = set()
    for page in pages():
        place = folder / site_place(page)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(with_links((ROOT / page).read_text(), page, files))
    for path in (ROOT / "docs").rglob("*"):
        if path.is_file() and path.suffix != ".md":
            target = folder / path.relative_to(ROOT / "docs")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    (folder / "gallery").mkdir()
    (folder / "gallery.md").write_text(gallery(folder / "gallery"))
    files |= {str(path.relative_to(ROOT)) for path in (ROOT / "examples").glob("*.toml")}
    for name in files:
        (folder / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / "files" / name)
    (folder / "reference").mkdir()
    for title, names in REFERENCE.items():
        (folder / "reference" / reference_name(title)).write_text(reference_page(title, names))
    (folder / "site.css").write_text(STYLE.read_text() + highlighting())


def highlighting() -> str:
    """Colours of code, on light and on dark pages."""
    from pygments.formatters import HtmlFormatter

    styles = {"[data-bs-theme=light] .highlight": "friendly", "[data-bs-theme=dark] .highlight": "github-dark"}
    return "\n".join(HtmlFormatter(style=style).get_style_defs(where) for where, style in styles.items()) + "\n"


def build(site: Path, quiet: bool = False) -> int:
    """Write the site; exit status of MkDocs, whose words go to standard error."""
    source = site.with_name(f"{site.name}_source").resolve()
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    settings = source.with_suffix(".yml")
    write_source(source)
    settings.write_text(configuration(source, site.resolve()))
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(settings)]
    return subprocess.run([*command, *(["--quiet"] if quiet else [])]).returncode


def main(arguments: list[str] | None = None) -> int:
    """Build the site."""
    parser = argparse.ArgumentParser(description="build the documentation as a site")
    parser.add_argument("--output", metavar="DIR", default="build/site", help="folder of the site (default: build/site)")
    site = Path(parser.parse_args(arguments).output)
    if not (ROOT / "docs").is_dir():
        print("the documentation's pages are part of a checkout and of the source distribution, not of what is installed", file=sys.stderr)
        return 2
    missing = [name for name in ("mkdocs", "mkdocstrings") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"no {' and no '.join(missing)}: pip install 'ossicle[docs]', or make setup in a checkout", file=sys.stderr)
        return 2
    status = build(site, quiet=True)
    if status == 0:
        print(site / "index.html")
    return status


if __name__ == "__main__":
    sys.exit(main())
