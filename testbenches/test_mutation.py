"""Faults in netlists: that those which matter are seen and those which do not are not, and that no family is left out."""

from __future__ import annotations

import json

import pytest

from ip_cores.core import make_core
from ip_cores.description import descriptions_in, load_core
from testbenches.mutation import __main__ as command
from testbenches.mutation import mutants_page
from testbenches.mutation.coupling import ANY, PORTS, coupled, seen_apart
from testbenches.mutation.equivalence import Twins
from testbenches.mutation.faulty_netlist import Places, draw_faults, may_be_spoilt
from testbenches.mutation.mutated_cores import DESCRIPTIONS, mutated_core
from testbenches.mutation.outcome import Tried, good, outcomes
from testbenches.mutation.trial import Bench
from testbenches.page_sections import marks
from testbenches.test_formal import EXAMPLES, needs_abc

FEW = 24
STATUS = "u_patient_states.code"


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    """A stream register with some faults, compiled."""
    return Bench(draw_faults(mutated_core("stream_register"), tmp_path_factory.mktemp("register"), FEW))


@needs_abc
def test_the_faults_of_a_small_core_are_seen_or_proven_to_be_none(tmp_path):
    found = outcomes("stream_register", mutated_core("stream_register"), tmp_path, FEW)
    assert len(found) == FEW
    assert {one.outcome for one in found} <= {"killed", "same"}
    assert sum(one.outcome == "killed" for one in found) >= FEW * 3 // 4
    assert good(found)


@needs_abc
def test_a_core_without_a_fault_passes_and_is_the_same_core(register, tmp_path):
    for part in register.parts(64):
        assert register.seen(part, 0) == ""
        # A number that chooses no fault.
        assert register.seen(part, 255) == ""
    assert register.alike(255, 2000)
    twins = Twins(register.faulty)
    assert twins.decide(0, tmp_path).same is True
    assert twins.decide(255, tmp_path).same is True


@needs_abc
def test_a_bit_may_depend_on_another_of_its_word(tmp_path):
    """One of these faults inverts a bit where another of the same word says so: Verilator's graph of the data flow sorts that wrongly."""
    short = {**DESCRIPTIONS["pitch_shifter"], "sink": "sfix5_En4", "source": "sfix5_En4", "name": "pitch_shifter"}
    bench = Bench(draw_faults(make_core(short), tmp_path, 12))
    assert any(fault.mode == "cnot0" and "next_delay" in fault.wire for fault in bench.faulty.faults)
    assert all(part.right.cycles for part in bench.parts(20_000))


def test_each_way_of_being_wrong_is_seen_as_what_it_is(register, tmp_path):
    """Spoilt data are other words, a spoilt handshake breaks the protocol; what is seen is no core that a proof calls the same."""
    parts = register.parts(64)
    seen = {fault: register.shown(parts, fault.number) for fault in register.faulty.faults}
    data = [show for fault, show in seen.items() if fault.wire == "held_word" or "data" in fault.wire]
    assert all(show.how == "words" for show in data if show)
    assert {show.how for show in seen.values() if show} >= {"words", "protocol"}
    twins = Twins(register.faulty)
    for fault, show in seen.items():
        assert twins.decide(fault.number, tmp_path).same is not bool(show), fault


@needs_abc
def test_what_verify_does_not_look_at_counts_for_nothing(tmp_path):
    """A status has no model: no fault is seen there, the core is the same, and else none is drawn there."""
    faulty = draw_faults(mutated_core("sequencer"), tmp_path / "status", 60, judged="o:status")
    own = [fault for fault in faulty.faults if fault.wire == STATUS][:6]
    assert own
    bench = Bench(faulty)
    parts = bench.parts(64)
    assert [bench.shown(parts, fault.number) for fault in own] == [None] * len(own)
    assert Twins(faulty).decide(own[0].number, tmp_path).same is True
    assert not [fault for fault in draw_faults(mutated_core("sequencer"), tmp_path / "all", 60).faults if fault.wire == STATUS]


@needs_abc
def test_a_mark_beside_the_stream_is_looked_at(tmp_path):
    faulty = draw_faults(mutated_core("limiter"), tmp_path, 60, judged="o:clipped")
    own = [fault for fault in faulty.faults if fault.wire == "clipped"]
    assert own
    bench = Bench(faulty)
    parts = bench.parts(256)
    assert all(bench.shown(parts, fault.number) for fault in own)


@needs_abc
def test_what_a_register_reads_as_is_looked_at(tmp_path):
    """Faults on the way from a threshold's registers to who reads them, which no stream shows."""
    faulty = draw_faults(mutated_core("threshold"), tmp_path, 60, judged="o:control_readdata")
    own = [fault for fault in faulty.faults if fault.wire.endswith("readdata")][:6]
    bench = Bench(faulty)
    parts = bench.parts(64)
    shown = [bench.shown(parts, fault.number) for fault in own]
    assert {show.leg for show in shown if show} == {"registers"}


@needs_abc
def test_registers_that_nobody_looks_at_are_told_from_those_that_matter(tmp_path):
    """Copies of what differs alone: of a fault that is seen the ports differ, of one that is none no register does."""
    twins = Twins(draw_faults(mutated_core("stream_register"), tmp_path, FEW))
    seen = [seen_apart(twins.right, twins.chosen(number), twins.same, twins.while_high) for number in (0, *range(1, FEW + 1))]
    assert not seen[0].ports
    assert not seen[0].registers
    assert sum(one.ports for one in seen) >= FEW * 3 // 4
    pair = coupled(twins.right, twins.right, twins.same, twins.while_high, set())
    assert (pair.outputs, pair.drivers) == ((ANY, PORTS), (0, 0))


def test_faults_have_a_place():
    rtlil = (
        '  attribute \\src "netlist.v:9.1-9.9|netlist.v:2.3-2.9"\n  cell $add $flatten\\u_sum.$add$netlist.v:2$13\n'
        "    parameter \\WIDTH 5\n    connect \\A \\a\n    connect \\Y \\u_sum.n1_o\n  end\n"
    )
    places = Places(rtlil, "module sum;\n  assign n1_o = a + b;\n  assign total = n1_o; // (signal)\n")
    line = r"mutate -ctrl fault 8 3 -mode cnot0 -module f -cell $flatten\u_sum.$add$netlist.v:2$13 -port Y -portbit 0 -ctrlbit 4 -wire x"
    fault = places.fault(line)
    assert str(fault) == "cnot0 add Y[0] by bit 4 u_sum.total"
    assert (fault.number, fault.line) == (3, "assign n1_o = a + b;")
    assert may_be_spoilt(line)
    assert not may_be_spoilt("mutate -mode inv -cell $auto$ff$1 -port CLK -portbit 0")
    assert not may_be_spoilt("mutate -mode inv -cell $flatten$memrd$words -port EN -portbit 0")


def test_there_are_cores_of_every_family():
    """Of each whose cores `verify` can prove; what stands on a board, or between two clocks, has a bench of its own."""
    examples = [load_core(path) for path in descriptions_in(EXAMPLES)]
    provable = [core for core in examples if core.is_stream and core.on_one_clock]
    mutated = [mutated_core(name) for name in DESCRIPTIONS]
    assert {core.family for core in mutated} == {core.family for core in provable}
    assert {core.kind for core in mutated} >= {core.kind for core in provable}
    assert len(mutated) >= 12


def test_too_few_seen_is_not_good_enough():
    def some(**counts):
        return [Tried("core", "fault", "", outcome, "") for outcome, count in counts.items() for _ in range(count)]

    assert good(some(killed=98, survives=2))
    assert not good(some(killed=97, survives=3))
    assert good(some(killed=150, same=50))
    assert not good(some(killed=80, alike=20))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["fifo", "no_core"], "mutate: no_core: no such core; there are fir_direct"),
        (["--jobs", "0"], "mutate: --jobs 0: must be 1 or more"),
        (["--faults", "300"], "mutate: --faults 300: must be 1 to 255"),
        (["--seed", "-1"], "mutate: --seed -1: must be 0 or more"),
    ],
)
def test_bad_arguments_are_answered_by_one_line(arguments, complaint, capsys):
    assert command.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(complaint)
    assert err.count("\n") == 1


def test_a_missing_yosys_is_answered_by_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("YOSYS", "no_such_yosys")
    assert command.main(["fifo", "--output", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mutate: YOSYS = no_such_yosys: no such program")
    assert err.count("\n") == 1


@needs_abc
def test_the_command_prints_a_line_for_each_core_and_keeps_the_faults(tmp_path, capsys):
    assert command.main(["stream_register", "--faults", "10", "--output", str(tmp_path), "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("stream_register ")
    assert out.rstrip().endswith("enough seen")
    assert out.count("\n") == 2
    document = json.loads((tmp_path / "results.json").read_text())
    assert len(document["faults"]) == 10
    assert document["cores"]["stream_register"]["family"] == "streams"


def test_the_page_names_what_was_not_seen(tmp_path):
    page, faults = tmp_path / "page.md", tmp_path / "results.json"
    page.write_text("head\n{}old\n{}\ntail\n".format(*marks("mutants", mutants_page.COMMAND)))
    found = [Tried("fifo", "inv add Y[0] u_a.b", "assign n1_o = a | b;", "survives", "not seen in 100000 words")]
    found += [Tried("fifo", "inv or Y[0] u_a.c", "", "killed", "stalled: words", 256)] * 3
    faults.write_text(json.dumps(command.document(["fifo"], found, 120.0, {"ghdl": "5.0.1", "yosys": "0.23"})))
    assert mutants_page.main(["--faults", str(faults), "--page", str(page)]) == 0
    text = page.read_text()
    assert text.startswith("head\n")
    assert text.endswith("tail\n")
    assert "old" not in text
    assert "4 faults in 1 cores with GHDL 5.0.1 and Yosys 0.23,\n2 minutes of processor time: 3 seen, 0 proven" in text
    assert "Of those that change something 75.0 % are seen." in text
    assert "| `fifo` | streams | 4 | 3 | 0 | 0 | 1 | stalled 3 |" in text
    assert "| `fifo`: `inv add Y[0] u_a.b` | `assign n1_o = a \\| b;` | not seen in 100000 words |" in text
    assert mutants_page.main(["--faults", str(tmp_path / "none.json"), "--page", str(page)]) == 2
