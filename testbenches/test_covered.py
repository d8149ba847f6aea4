"""What is reached is counted right: lines, nets, constants, states and moves; and what is not reached is said."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from ip_cores.core import make_core
from ip_cores.generate import vhdl
from testbenches.covered import lines_reached, resting_hardware
from testbenches.covered.__main__ import COMMAND, main, played_cores
from testbenches.covered.bits_at_rest import constant_bits
from testbenches.covered.hardware_reached import Reached, reach, spans
from testbenches.engines.ghdl import find_ghdl
from testbenches.engines.state_machines import STATE_VALUES, machines_of
from testbenches.for_tests.handwritten import stream_ports, write_design
from testbenches.formal.toys import TOYS
from testbenches.house import ROOMS, ROOT
from testbenches.page_sections import PAGE, marks
from testbenches.stimulus import Stimulus
from testbenches.toggles import count

pytestmark = pytest.mark.skipif(not find_ghdl().synthesises, reason="synthesis needs GHDL 4 or newer (make setup)")

# A queue of one word that counts what it has given in a wide register, walks through three states, and has a bit that is always zero.
WALKER = """\
architecture rtl of {entity} is
  type t_state is (FIRST, SECOND, THIRD);
  signal state: t_state;
  signal occupied, advance : std_logic;
  signal wide : std_logic_vector(99 downto 0);
  signal even : std_logic_vector(8 downto 0);
begin
  advance <= source_ready or not occupied;
  sink_ready <= advance;
  source_valid <= occupied;
  even <= sink_data & '0';
  process (clk)
  begin
    if rising_edge(clk) then
      if reset = '1' then
        occupied <= '0';
        state <= FIRST;
        wide <= (others => '0');
      elsif advance = '1' then
        occupied <= sink_valid;
        if sink_valid = '1' then
          if state = THIRD then
            source_data <= even(7 downto 0) xor wide(99 downto 92);
          else
            source_data <= even(8 downto 1);
          end if;
          wide <= wide(98 downto 0) & sink_data(0);
          case state is
            when FIRST => state <= SECOND;
            when SECOND =>
              if sink_data(0) = '1' then
                state <= THIRD;
              else
                state <= FIRST;
              end if;
            when others => state <= FIRST;
          end case;
        end if;
      end if;
    end if;
  end process;
end rtl;
"""


def test_machines_of_the_vhdl_are_read():
    core = TOYS["sequencer_in_real_time"].core
    machines = [machine for text in vhdl(core).values() for machine in machines_of(text)]
    names = ("STANDBY", "ACQUIRE", "CALCULATE", "TRANSFER", "RECOVER")
    assert [(machine.signal, machine.states) for machine in machines] == [("state", names)]
    moves = {f"{names[one]} {names[other]}" for one, other in machines[0].moves}
    assert moves == {
        "STANDBY ACQUIRE",
        "ACQUIRE STANDBY",
        "ACQUIRE RECOVER",
        "ACQUIRE CALCULATE",
        "CALCULATE TRANSFER",
        "TRANSFER ACQUIRE",
    } | {"RECOVER ACQUIRE"}


def test_bits_and_moves_are_those_of_the_words(tmp_path):
    """In plain Python: which state follows which, and which bits of a long register were ever high."""
    design = write_design(tmp_path, WALKER, stream_ports(8, 8, signed=False))
    words = [2, 4, 6, 9, 3, 8, 2, 7, 4, 12]
    counted = count(design, Stimulus({"data": np.array(words)}, expected=len(words)))
    ((machine, moves),) = counted.state_moves.values()
    assert machine.states == ("FIRST", "SECOND", "THIRD")
    assert machine.moves == ((0, 1), (1, 0), (1, 2), (2, 0))
    state, expected = 0, np.zeros((STATE_VALUES, STATE_VALUES), int)
    for word in words:
        after = {0: 1, 1: 2 if word & 1 else 0, 2: 0}[state]
        expected[state, after] += 1
        state = after
    assert (moves - np.diag(np.diag(moves))).tolist() == (expected - np.diag(np.diag(expected))).tolist()
    shifted, high = 0, 0
    for word in words[:-1]:
        shifted = shifted << 1 | word & 1
        high |= shifted
    # The last word may or may not be in before the run ends.
    assert counted.flipped["wide"] in (high, high | shifted << 1)
    assert counted.bits["wide"] == 100
    # The fifth word meets the third state.
    assert counted.response.data.tolist() == [2, 4, 6, 9, 6, 8, 2, 7, 4, 12]
    constant = constant_bits(design)
    assert constant["even"] == 1
    assert "wide" not in constant


def test_a_queue_is_reached_whole():
    found = reach(make_core({"core": "fifo", "name": "short", "depth": 4, "sink": "sfix4_En3"}), words=200, signals=("noise",))
    bits, changed, constant = found.tally(signals=True)
    assert (changed, constant, found.resting()) == (bits, 0, {})
    assert found.legs == ["stalled", "full rate", "filled"]


def test_what_loses_words_is_reached_by_random_controls():
    found = reach(TOYS["sequencer_in_real_time"].core, signals=("noise",))
    assert found.legs == ["random controls"]
    assert list(found.missing()) == []
    assert list(found.strange()) == []


def walked(*moves):
    """A walker of which so much was reached."""
    machine = next(iter(machines_of(WALKER.replace("architecture", "entity walker is end;\narchitecture", 1))))
    counts = np.zeros((STATE_VALUES, STATE_VALUES), int)
    for one, other in moves:
        counts[one, other] += 1
    found = Reached("walker", ["stalled"], 9, {"wide": 4, "n3_o": 2}, {"wide": 0b1001, "n3_o": 1}, {"wide": 0b0010}, {})
    return dataclasses.replace(found, moves={"state": (machine, counts)})


def test_what_is_missing_is_said(monkeypatch):
    row = resting_hardware.row("walker", walked((0, 0), (0, 1), (1, 0), (0, 2)))
    assert resting_hardware.complaints(row) == [
        "walker: state: SECOND to THIRD is never reached",
        "walker: state: THIRD to FIRST is never reached",
        "walker: state: goes from 0 to 2, which the VHDL does not say",
        "walker: wide: bits 2 never change",
    ]
    assert row["nets"] == {"bits": 6, "changed": 3, "constant": 1}
    assert row["signals"] == {"bits": 4, "changed": 2, "constant": 1}
    monkeypatch.setitem(resting_hardware.REASONS, "walker", {"wi.*": "a reason", "narrow": "another"})
    whole = resting_hardware.row("walker", walked((0, 1), (1, 0), (1, 2), (2, 0)))
    assert resting_hardware.complaints(whole) == ["walker: narrow: all bits change: the reason for resting is out of date"]
    text = resting_hardware.section({"rows": [whole]})
    assert "| `walker` | stalled | 9 | 6 | 1 | 60.0 % | 66.7 % |" in text
    assert (
        "| `walker`: `state` | FIRST 1, SECOND 2, THIRD 1 | FIRST to SECOND 1, SECOND to FIRST 1, SECOND to THIRD 1, THIRD to FIRST 1 |"
        in text
    )
    assert "| `walker`: `wide` 2 | a reason |" in text


def test_a_state_that_was_never_entered_is_missing():
    assert [what for _, what in walked((0, 1), (1, 0)).missing()] == ["THIRD", "SECOND to THIRD", "THIRD to FIRST"]


@pytest.mark.parametrize(("bits", "text"), [(0, ""), (1, "0"), (0b1110, "3..1"), (1 << 99 | 1, "99, 0")])
def test_bits_as_text(bits, text):
    assert spans(bits) == text


def test_reasons_are_for_cores_that_are_played():
    assert set(resting_hardware.REASONS) <= set(played_cores())


def test_lines_are_summed_by_room():
    def file(statements, missing, branches, not_taken):
        summary = {"num_statements": statements, "missing_lines": missing, "num_branches": branches, "missing_branches": not_taken}
        return {"summary": summary, "missing_lines": list(range(10, 10 + missing)), "missing_branches": []}

    files = {"ossicle/a.py": file(60, 3, 20, 1), str(ROOT / "ip_cores" / "b.py"): file(30, 0, 10, 0), "ip_cores/c.py": file(8, 8, 2, 2)}
    found = lines_reached.document({"files": files, "meta": {"version": "7"}}, 0)
    assert list(found["rooms"]) == list(ROOMS)
    assert found["rooms"]["ip_cores"] == {"statements": 38, "missing": 8, "branches": 12, "not taken": 2}
    assert lines_reached.percent(found["rooms"]["ip_cores"]) == 80
    text = lines_reached.section(found)
    assert "| ossicle | 60 | 3 | 20 | 1 | 95.0 % |" in text
    assert "| `ip_cores/c.py` | 0 % | 10–17 |" in text
    assert "`ossicle/a.py`" not in text
    assert "Not all tests passed" in lines_reached.section({**found, "status": 1})


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "covered: needs one of lines, hardware, page"),
        (["net"], "covered: needs one of"),
        (["hardware", "piano"], "covered: piano: no such core"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments, complaint, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(complaint)


def test_the_page_is_written_from_what_is_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("".join("{}old\n{}\n".format(*marks(name, COMMAND)) for name in ("lines", "hardware")))
    folder = tmp_path / "build" / "coverage"
    folder.mkdir(parents=True)
    row = resting_hardware.row("walker", walked((0, 1)))
    (folder / "hardware.json").write_text(json.dumps({"rows": [row]}))
    assert main(["page", str(page)]) == 0
    assert "run `python -m testbenches.covered lines` first" in capsys.readouterr().err
    assert page.read_text().count("old") == 1
    assert "| `walker`: `wide` 2 | **not known** |" in page.read_text()


def test_the_page_has_every_core():
    """`make coverage` mends it."""
    begin, end = marks("hardware", COMMAND)
    section = PAGE.read_text().partition(begin)[2].partition(end)[0]
    assert [name for name in played_cores() if f"| `{name}` |" in section] == list(played_cores())
