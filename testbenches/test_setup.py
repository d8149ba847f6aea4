"""The set-up: what it installs, what it leaves alone, and what it says when it may not install."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("verilator", "g++", "tclsh", "yosys-abc", "sta")
COMMANDS = ("bash", "sh", "dirname", "sed", "cat", "mktemp", "tail", "rm", "mkdir", "chmod", "env", "true")

OLD_GHDL, NEW_GHDL = "echo 'GHDL 2.0.0 (Debian)'", "echo 'GHDL 5.0.1 (Debian)'"

pytestmark = pytest.mark.skipif(not (ROOT / "scripts").is_dir(), reason="the scripts are part of a checkout")


class Machine:
    """A machine on which only what a test names is installed; apt writes down what it is asked for."""

    def __init__(self, folder):
        self.folder, self.bin, self.log = folder, folder / "bin", folder / "apt.log"
        self.bin.mkdir()
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        for name in COMMANDS:
            (self.bin / name).symlink_to(shutil.which(name))
        # In place of the script that fetches one.
        self.program("private", NEW_GHDL)
        fetch = f"mkdir -p .tools/bin\ncat {self.bin}/private >.tools/bin/ghdl\nchmod +x .tools/bin/ghdl\n"
        (folder / "scripts" / "private_ghdl.sh").write_text(fetch)

    def program(self, name, text):
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return self

    def user(self, number):
        return self.program("id", f"echo {number}")

    def apt(self, candidate="2.0.0"):
        self.program("apt-cache", f"echo '  Candidate: {candidate}'")
        return self.program("apt-get", f'echo "$@" >>{self.log}')

    def set_up(self, **variables):
        environment = {"PATH": str(self.bin), "HOME": str(self.folder), **variables}
        command = ["bash", str(self.folder / "scripts" / "setup_tools.sh")]
        return subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    @property
    def asked(self):
        return self.log.read_text() if self.log.exists() else ""

    @property
    def has_private_ghdl(self):
        return (self.folder / ".tools" / "bin" / "ghdl").exists()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def with_tools(machine, ghdl=NEW_GHDL):
    for name in TOOLS:
        machine.program(name, "")
    return machine.program("ghdl", ghdl)


def test_nothing_is_installed_where_everything_is_there(machine):
    done = with_tools(machine).apt().user(0).set_up()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.asked == ""
    assert not machine.has_private_ghdl


def test_an_old_ghdl_stays_and_a_private_one_comes_beside_it(machine):
    done = with_tools(machine, OLD_GHDL).apt(candidate="2.0.0+dfsg-6").user(1000).set_up()
    assert done.returncode == 0, done.stderr
    assert machine.has_private_ghdl
    assert machine.asked == ""
    again = machine.set_up()
    assert (again.stdout, again.stderr) == ("", "")


def test_root_installs_what_is_missing(machine):
    done = machine.apt().user(0).set_up()
    assert done.returncode == 0, done.stderr
    assert re.search(r"install -y .*verilator g\+\+", machine.asked)
    assert "ghdl" not in machine.asked.replace("ghdl.partial", "")
    assert machine.has_private_ghdl


def test_a_system_with_a_new_ghdl_gives_its_own(machine):
    machine.apt(candidate="5.0.1+dfsg-1").user(0).set_up()
    assert re.search(r"install -y .*verilator g\+\+.* ghdl", machine.asked)


def test_sudo_serves_as_well(machine):
    done = machine.apt().user(1000).program("sudo", '[ "$1" = -n ] && exit 0; exec "$@"').set_up()
    assert done.returncode == 0, done.stderr
    assert "verilator" in machine.asked


def test_without_root_or_sudo_the_one_command_is_said(machine):
    done = machine.apt().user(1000).set_up()
    assert done.returncode == 1
    assert machine.asked == ""
    assert re.search(r"^ +sudo apt-get update && sudo apt-get install -y .*verilator g\+\+", done.stderr, re.MULTILINE)
    assert len(done.stderr.splitlines()) == 2


def test_a_failed_installation_shows_what_apt_said(machine):
    done = machine.user(0).program("apt-get", "echo 'E: no network' >&2; exit 100").program("apt-cache", "true").set_up()
    assert done.returncode == 1
    assert "E: no network" in done.stderr
    assert "could not install" in done.stderr


def test_yosys_is_installed_where_it_is_missing(machine):
    with_tools(machine).apt().user(0)
    (machine.bin / "yosys-abc").unlink()
    assert machine.set_up().returncode == 0
    assert re.search(r"install -y .* yosys$", machine.asked, re.MULTILINE)


def test_the_set_up_does_without_yosys(machine):
    """Nothing but the model checker needs it: one line, and no failure."""
    with_tools(machine).user(1000).apt()
    (machine.bin / "yosys-abc").unlink()
    done = machine.set_up()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "setup: no yosys: everything but make formal and make bite works without it\n"
    assert machine.asked == ""


def test_a_yosys_elsewhere_counts(machine):
    with_tools(machine).user(0).apt()
    (machine.bin / "yosys-abc").rename(machine.folder / "yosys-abc")
    assert machine.set_up(YOSYS=str(machine.folder / "yosys")).returncode == 0
    assert machine.asked == ""


PATIENTLY = """source {common}
work() {{ sleep 2.5; echo done it >&2; return {status}; }}
patiently "some work" work
echo "status $?"
"""


def spoken(command, terminal):
    """Standard output of a command, on a terminal or in a pipe."""
    if not terminal:
        return subprocess.run(command, capture_output=True, text=True).stdout
    ours, theirs = os.openpty()
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as running:
        os.close(theirs)
        heard = b""
        with contextlib.suppress(OSError):  # how a terminal of which nobody holds the other side ends
            while part := os.read(ours, 4096):
                heard += part
        running.wait()
    os.close(ours)
    return heard.decode()


@pytest.mark.parametrize("status", [0, 3])
def test_the_set_up_counts_seconds_on_a_terminal_alone(status):
    """Minutes of silence look like a program that hangs; a log wants no counters."""
    command = ["bash", "-c", PATIENTLY.format(common=ROOT / "scripts" / "common.sh", status=status)]
    assert spoken(command, terminal=False) == f"status {status}\n"
    heard = spoken(command, terminal=True)
    seconds = [int(found) for found in re.findall(r"\rsetup: some work, (\d+) s", heard)]
    assert len(seconds) >= 3
    assert seconds == sorted(seconds)
    assert heard.endswith(f"status {status}\r\n")


def test_what_may_take_minutes_is_waited_for_patiently():
    lines = "\n".join(path.read_text() for path in (ROOT / "scripts").glob("setup_*.sh"))
    for slow in ("--requirement requirements.txt", "editable_mode=compat --editable .\nfi", "compileall", "private_ghdl.sh", "first_yosys"):
        before = lines[: lines.rindex(slow)].rpartition("\n")[2]
        assert "patiently" in before, slow


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_make_alone_lists_every_target():
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z0-9-]+):.*## ", text, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()
    assert set(targets) == set(phony)
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ, "MAKEFLAGS": ""})
    for target in targets:
        assert re.search(rf"^  {target} ", done.stdout, re.MULTILINE)


def test_requirements_are_pinned_and_complete():
    """Every package is given one version, and every package of setup.cfg is there."""
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
    pinned = {re.match(r"([\w.-]+)==[\w.]+$", line)[1].lower().replace("_", "-") for line in lines}
    wanted = re.search(r"install_requires =\n((?: .*\n)+)", (ROOT / "setup.cfg").read_text())[1]
    for line in wanted.split("\n"):
        if line.strip():
            assert re.match(r"[\w.-]+", line.strip())[0].lower() in pinned
