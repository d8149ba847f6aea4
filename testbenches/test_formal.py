"""Proofs by model checking: that they refute what is wrong, that a counterexample replays, and that no stream core is left out."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ip_cores.description import descriptions_in, load_core
from ip_cores.generate import generate
from ip_cores.kinds import known_kinds
from testbenches.engines.yosys import find_yosys_with_abc
from testbenches.errors import ToolError
from testbenches.for_tests.handwritten import Design, write_design
from testbenches.formal import __main__ as command
from testbenches.formal import page, replay
from testbenches.formal.aiger import Aig, words
from testbenches.formal.counterexample import Counterexample
from testbenches.formal.harness import Periodic, WordOrder, properties
from testbenches.formal.toy_proofs import SENTENCES, check_toy
from testbenches.formal.toys import TOYS
from testbenches.house import ROOT
from testbenches.page_sections import marks

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def missing() -> str:
    """Why nothing can be proven here; empty where it can."""
    try:
        find_yosys_with_abc()
    except ToolError as error:
        return str(error)
    return ""


needs_abc = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")

WRAPPED = """architecture spoilt of {entity} is
  signal inner_valid, inner_ready, inner_source : std_logic;
  signal inner_data, inner_level : std_logic_vector(1 downto 0);
begin
  inner : entity work.inner port map (
    clk => clk, reset => reset, sink_valid => inner_valid, sink_ready => inner_ready, sink_data => sink_data,
    source_valid => inner_source, source_ready => source_ready, source_data => inner_data, level => inner_level);
  source_data <= {data};
  level <= inner_level;
  {spoilt}
end;
"""

LOSES = """
  sink_ready <= inner_ready;
  source_valid <= inner_source;
  inner_valid <= sink_valid when inner_level /= "10" or source_ready = '0' else '0';
"""
"""With two words inside, and one about to leave, a word that is taken does not enter."""

DEAD = "sink_ready <= '0'; source_valid <= '0'; inner_valid <= '0';"
"""Breaks no rule of the stream but that something has to happen."""

WAITS = "sink_ready <= inner_ready; source_valid <= inner_source and source_ready; inner_valid <= sink_valid;"


RESTLESS = "sink_ready <= inner_ready; source_valid <= inner_source; inner_valid <= sink_valid;"
RESTLESS_DATA = "not inner_data when inner_level(1) = '1' else inner_data"
"""The word at the source is inverted as soon as another one stands behind it."""


def spoilt(folder: Path, text: str, data: str = "inner_data") -> Design:
    """The toy FIFO of three inside a wrapper that does something else."""
    core = TOYS["fifo_3"].core
    inner = generate(core.replace(name="inner"), folder / "vhdl", companions=None)
    wrapper = write_design(folder / "vhdl", WRAPPED, core.ports, core.name, spoilt=text, data=data)
    files = (*inner.files, *wrapper.files)
    manifest = {"entity": core.name, "files": files}
    (folder / "vhdl" / "manifest.json").write_text(json.dumps(manifest))
    return Design(folder / "vhdl", core.name, files, core.ports)


def outcomes(rows) -> dict[str, str]:
    return {name: row.outcome for row in rows for name in row.properties}


@needs_abc
def test_a_fifo_that_loses_a_word_is_refuted_and_the_replay_shows_it(tmp_path, capsys):
    rows = check_toy(TOYS["fifo_3"], tmp_path, spoilt(tmp_path, LOSES))
    found = outcomes(rows)
    assert {name for name, outcome in found.items() if outcome == "refuted"} >= {"level", "gives_in_time", "data"}
    assert {found[name] for name in ("silent_in_reset", "steady", "valid_alone", "none_too_many")} == {"proven"}
    note = next(row.note for row in rows if row.properties == ("data",))
    assert f"python -m testbenches.formal.replay {tmp_path / 'data.json'}" in note.replace("python3", "python")
    assert (tmp_path / "data.vcd").read_text().startswith("$timescale 1ns $end\n$scope module fifo_3 $end")
    assert replay.main([str(tmp_path / "data.json")]) == 1
    assert "words differ, first data" in capsys.readouterr().out


@needs_abc
def test_the_same_counterexample_on_the_right_vhdl_shows_nothing(tmp_path):
    check_toy(TOYS["fifo_3"], tmp_path, spoilt(tmp_path, LOSES))
    generate(TOYS["fifo_3"].core, tmp_path / "right", companions=None)
    found = Counterexample.read(tmp_path / "data.json")
    assert Counterexample(**{**found.__dict__, "vhdl": "right"}).play(tmp_path, "ghdl").passed


@needs_abc
def test_a_dead_core_fails_for_its_liveness_alone(tmp_path):
    found = outcomes(check_toy(TOYS["fifo_3"], tmp_path, spoilt(tmp_path, DEAD)))
    assert {name for name, outcome in found.items() if outcome == "refuted"} == {"takes_in_time", "room"}


@needs_abc
def test_data_that_change_while_they_wait_are_refuted_and_the_replay_shows_it(tmp_path, capsys):
    found = outcomes(check_toy(TOYS["fifo_3"], tmp_path, spoilt(tmp_path, RESTLESS, RESTLESS_DATA)))
    assert {name for name, outcome in found.items() if outcome == "refuted"} == {"steady", "data"}
    assert replay.main([str(tmp_path / "steady.json")]) == 1
    assert "source_data changed" in capsys.readouterr().out


@needs_abc
def test_valid_that_waits_for_ready_is_seen_in_the_netlist(tmp_path):
    found = outcomes(check_toy(TOYS["fifo_3"], tmp_path, spoilt(tmp_path, WAITS)))
    assert {name for name, outcome in found.items() if outcome == "refuted"} == {"valid_alone"}


@needs_abc
def test_a_filter_with_another_tap_is_refuted_by_its_data_alone(tmp_path):
    toy = TOYS["fir_transposed"]
    other = generate(toy.core.replace(coefficients=[0.25, 0.25, -0.75]), tmp_path / "vhdl", companions=None)
    found = outcomes(check_toy(toy, tmp_path, other))
    assert {name for name, outcome in found.items() if outcome == "refuted"} == {"data"}
    assert not Counterexample.read(tmp_path / "data.json").play(tmp_path, "ghdl").passed


@needs_abc
def test_a_right_core_is_proven_from_the_command_line(tmp_path, capsys):
    assert command.main(["stream_register", "--output", str(tmp_path), "--jobs", "1"]) == 0
    assert "1 core, 9 properties" in capsys.readouterr().out
    document = json.loads((tmp_path / "results.json").read_text())
    assert {row["outcome"] for row in document["rows"]} == {"proven"}
    assert document["cores"]["stream_register"]["core"] == "stream_register"


def test_a_missing_yosys_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("YOSYS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command.main(["fifo_3", "--output", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("formal: yosys is missing: `apt-get install yosys`")
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert command.main(["fifo_3", "--or-skip", "--output", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err.startswith("formal: skipped, yosys is missing: `apt-get")


def test_an_unknown_row_is_one_line(capsys):
    assert command.main(["fifo_9"]) == 2
    assert capsys.readouterr().err.startswith("formal: fifo_9: no such row")


def test_every_stream_core_has_a_row():
    """A kind without one has examples, and none of them is a stream."""
    proven = {toy.core.kind for toy in TOYS.values()}
    examples = [load_core(path) for path in descriptions_in(EXAMPLES)]
    for kind in set(known_kinds()) - proven:
        streams = [core.is_stream for core in examples if core.kind == kind]
        assert streams, kind
        assert not any(streams), kind


@pytest.mark.parametrize("name", TOYS)
def test_rows_are_whole(name):
    """Every row makes a core, its period is found, and each property has a sentence."""
    order = WordOrder.of(TOYS[name])
    assert set(properties(order)) | set(TOYS[name].bounded) <= set(SENTENCES)
    assert set(TOYS[name].controls) <= set(order.sides.inputs)
    if order.core.is_source:
        return
    # In the long run, what the words bring about is what the rate says.
    period = order.brought.rows[order.brought.start :]
    assert sum(row[0] for row in period) == order.core.rate * len(period)


@pytest.mark.parametrize(
    ("rows", "start", "length"),
    [([(1,)] * 30, 0, 1), ([(0,), (1,)] * 15, 0, 2), ([(5,), *[(0,), (2,)] * 15], 1, 3)],
)
def test_periods(rows, start, length):
    found = Periodic.of(rows)
    assert (found.start, len(found.rows)) == (start, length)
    assert [found.rows[at if at < length else start + (at - start) % (length - start)] for at in range(len(rows))] == rows


def test_a_sequence_without_a_period_is_refused():
    with pytest.raises(ValueError, match="no period in 30 words"):
        Periodic.of([(number,) for number in range(30)])


def test_the_page_has_every_row():
    """`python -m testbenches.formal.page` after `make formal` mends it."""
    text = page.PAGE.read_text()
    for name in ("formal",):
        begin, end = marks(name, page.COMMAND)
        section = text.partition(begin)[2].partition(end)[0]
        assert re.findall(r"^\| `(\w+)` \| [\d–]+ \|", section, re.MULTILINE) == list(TOYS)


def test_the_page_is_written(tmp_path, capsys):
    def row(outcome, *names):
        return {"toy": "fifo_3", "properties": names, "outcome": outcome, "depth": 9 if outcome == "bounded" else None, "seconds": 1.4}

    rows = [row("proven", "inside", "level"), row("bounded", "data"), row("refuted", "steady")]
    proofs, faults, text = tmp_path / "proofs.json", tmp_path / "faults.json", tmp_path / "page.md"
    proofs.write_text(json.dumps({"tools": {"ghdl": "5", "yosys": "0.2"}, "seconds": 8.0, "rows": rows}))
    text.write_text("".join("{}old\n{}\n".format(*marks(name, page.COMMAND)) for name in ("formal", "bite")))
    arguments = ["--proofs", str(proofs), "--faults", str(faults), "--page", str(text)]
    assert page.main(arguments) == 0
    assert "run `make bite` first" in capsys.readouterr().err
    assert "| `fifo_3` | 3 | 2 | 2 | to 9 clocks | level, **steady: refuted** | 4 |" in text.read_text()
    assert "2 proven without bound, 1 to a depth, 1 refuted." in text.read_text()
    assert text.read_text().count("old") == 1
    kinds = [("refuted", "data"), ("refuted", "data"), ("same", ""), ("kept", "a reason")]
    found = [{"toy": "fifo_3", "fault": f"inv {number}", "outcome": kind, "by": by} for number, (kind, by) in enumerate(kinds)]
    faults.write_text(json.dumps({"seconds": 60, "faults": found}))
    assert page.main(arguments) == 0
    assert "| `fifo_3` | 4 | 2 | 1 | 0 | 1 | data 2 |" in text.read_text()
    assert "| `fifo_3`: `inv 3` | a reason |" in text.read_text()
    assert "old" not in text.read_text()


def counter() -> Aig:
    """Two bits that count up while `enable` is high; `top` says 3, `same` says what `enable` says."""
    # Variables: 1 enable, 2 and 3 the bits, then the gates of two exclusive ors and of the top.
    gates = [(4, 2), (5, 3), (11, 9), (8, 6), (9, 7), (17, 15), (6, 4)]
    gates = [(max(pair), min(pair)) for pair in gates]
    return Aig(("enable",), (12, 18), tuple(gates), ("top", "same"), (20, 2))


def test_graphs_are_simulated():
    enables = [[1], [1], [0], [1], [1]]
    rows = [words(row) for row in counter().simulate(enables)]
    count, tops = 0, []
    for (enable,) in enables:
        tops.append(int(count == 3))
        count = (count + enable) % 4
    assert [row["top"] for row in rows] == tops
    assert [row["same"] for row in rows] == [enable for (enable,) in enables]


def test_graphs_are_written_and_read(tmp_path):
    graph = counter()
    path = tmp_path / "a.aig"
    graph.write(path, ["same", "top"])
    path.write_bytes(path.read_bytes() + b"i0 enable\no0 same\no1 top\nc\nby hand\n")
    again = Aig.read(path)
    assert again == Aig(graph.inputs, graph.nexts, graph.gates, ("same", "top"), (2, 20))
    assert again.depends("same") == {"enable"}
    assert again.depends("top") == set()


@pytest.mark.parametrize("value", [0, 1])
def test_inputs_are_tied(value):
    frames = [[random.Random(1).randrange(2)] for _ in range(8)]
    tied = counter().with_inputs({"enable": value})
    assert len(tied.gates) < len(counter().gates)
    expected = counter().simulate([[value]] * 8)
    assert [row["top"] for row in tied.simulate(frames)] == [row["top"] for row in expected]


def test_a_limit_of_whoever_runs_it_is_not_raised():
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (50, 51)); from pathlib import Path;"
        "from testbenches.engines.yosys import run_limited; print(run_limited(['sh', '-c', 'ulimit -t'], Path('.'), 600))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert "51" in done.stdout, done.stderr
