"""What setup.cfg cannot say: the examples are data of `ossicle` once installed, the wheel holds what users run, without the tests, and the
README's links work where it is shown without the files beside it.
"""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

ROOMS = ("reference*", "fixed_point*", "ip_cores*", "testbenches*", "fpga_projects*", "training*", "ossicle*")
LEFT_OUT = ("benchmarks", "for_tests", "formal", "fuzz", "mutation")
"""Shelves of testbenches/ that only work on this project needs."""


class WithoutTests(build_py):
    """Modules of the rooms but for those that pytest collects."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        found = super().find_package_modules(package, package_dir)
        return [(owner, name, path) for owner, name, path in found if not name.startswith(("test_", "conftest"))]


def long_description(readme: str, source: str | None) -> str:
    """The README with links that work anywhere.

    Parameters
    ----------
    readme : str
    source : str, optional
        Where the project is published, as ``https://HOST/OWNER/NAME``; without it a link to a file becomes its words, with the file's
        name, which the source distribution has.
    """

    def turned(link: re.Match[str]) -> str:
        words, target = link[1], link[2]
        if re.match(r"[a-z]+:|#", target):
            return link[0]
        if source:
            return f"[{words}]({source.rstrip('/')}/blob/main/{target})"
        file = target.partition("#")[0]
        return words if words == file else f"{words} (`{file}`)"

    code = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
    parts = code.split(readme)
    return "".join(part if code.fullmatch(part) else re.sub(r"\[([^\]]*)\]\(([^)\s]+)\)", turned, part) for part in parts)


def published_at(settings: str) -> str | None:
    """``Source`` of setup.cfg's project_urls, if it is given."""
    config = configparser.ConfigParser()
    config.read_string(settings)
    lines = config.get("metadata", "project_urls", fallback="").splitlines()
    return next((line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == "Source"), None)


HERE = Path(__file__).resolve().parent
packages = find_namespace_packages(
    include=ROOMS,
    exclude=[f"testbenches.{shelf}{below}" for shelf in LEFT_OUT for below in ("", ".*")]
    + ["*.__pycache__", "fpga_projects.de2_70_hearing_aid", "fpga_projects.de2_70_hearing_aid.*"],
)
setup(
    packages=[*packages, "ossicle.examples"],
    package_dir={"ossicle.examples": "examples"},
    cmdclass={"build_py": WithoutTests},
    long_description=long_description((HERE / "README.md").read_text(encoding="utf-8"), published_at((HERE / "setup.cfg").read_text())),
)
