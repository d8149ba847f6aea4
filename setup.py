"""What setup.cfg cannot say: the examples are data of `ossicle` once installed, and the wheel holds what users run, without the tests."""

from __future__ import annotations

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

ROOMS = ("reference*", "fixed_point*", "ip_cores*", "testbenches*", "fpga_projects*", "ossicle*")
LEFT_OUT = ("benchmarks", "for_tests", "formal", "fuzz", "mutation")
"""Shelves of testbenches/ that only work on this project needs."""


class WithoutTests(build_py):
    """Modules of the rooms but for those that pytest collects."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        found = super().find_package_modules(package, package_dir)
        return [(owner, name, path) for owner, name, path in found if not name.startswith(("test_", "conftest"))]


packages = find_namespace_packages(
    include=ROOMS,
    exclude=[f"testbenches.{shelf}{below}" for shelf in LEFT_OUT for below in ("", ".*")]
    + ["*.__pycache__", "fpga_projects.de2_70_hearing_aid", "fpga_projects.de2_70_hearing_aid.*"],
)
setup(packages=[*packages, "ossicle.examples"], package_dir={"ossicle.examples": "examples"}, cmdclass={"build_py": WithoutTests})
