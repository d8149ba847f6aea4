"""The ghdl engine: the delivered VHDL, simulated by GHDL as the VHDL-93 that it is."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from ip_cores.port import Port
from testbenches.engines.ghdl import Ghdl, find_ghdl, run_tool
from testbenches.errors import ToolError
from testbenches.interface import Delivered, Interface, bits
from testbenches.stimulus import POWER_UP, Plan, Response, Stimulus, Trace, respond

BENCH = "ossicle_bench"
FLAGS = ("reset", "sink_valid", "source_ready", "sink_ready", "source_valid", "tried_valid")


def run_ghdl(manifest: Delivered, stimulus: Stimulus, ghdl: Ghdl | None = None) -> Response:
    """Simulate the VHDL of `manifest` with GHDL.

    Parameters
    ----------
    manifest : Manifest
    stimulus : Stimulus
    ghdl : Ghdl, optional
        Another one than `find_ghdl` gives.

    Raises
    ------
    ToolError
        If GHDL is missing or refuses the files; a warning about a delivered file counts.
    ProtocolError, SimulationError
        If the core breaks the stream protocol, drives an undefined value, or hangs.
    """
    ghdl = ghdl or find_ghdl()
    interface = Interface.of(manifest.ports)
    plan = stimulus.prepare(interface)
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        folder = Path(scratch)
        files = [str((manifest.folder / name).resolve()) for name in manifest.files]
        run_tool([ghdl.path, "-a", "--std=93", "--warn-error", *files], cwd=folder)
        write_plan(folder, interface, plan)
        (folder / "bench.vhd").write_text(bench_text(manifest, interface, stimulus, plan))
        run_tool([ghdl.path, "-a", "--std=93", "bench.vhd"], cwd=folder)
        start = time.perf_counter()
        printed = run_tool([ghdl.path, "--elab-run", "--std=93", BENCH, "--ieee-asserts=disable"], cwd=folder)
        seconds = time.perf_counter() - start
        trace = read_trace(folder / "trace.txt", interface, printed)
    return respond(interface, stimulus, trace, seconds)


def write_plan(folder: Path, interface: Interface, plan: Plan) -> None:
    """Write ``words.txt``, a row of bits per word, ``events.txt``, cycle, port and bits, ``moves.txt``, with word and offset."""
    columns = [to_characters(plan.sink[name], bits(port)) for name, port in interface.sink.items()]
    rows = np.concatenate([*columns, np.full((plan.length, 1), ord("\n"), dtype=np.uint8)], axis=1) if columns else np.zeros(0, np.uint8)
    (folder / "words.txt").write_bytes(rows.tobytes())
    numbers = {name: number for number, name in enumerate(interface.inputs)}
    lines = [f"{cycle} {numbers[name]} {value:064b}\n" for cycle, name, value in plan.events]
    (folder / "events.txt").write_text("".join(lines))
    moved = [f"{word} {at} {numbers[name]} {value:064b}\n" for word, at, name, value in plan.moves]
    (folder / "moves.txt").write_text("".join(moved))


def to_characters(values: np.ndarray, width: int) -> np.ndarray:
    """Words as rows of the characters 0 and 1, most significant bit first."""
    shifts = np.arange(width - 1, -1, -1, dtype=np.uint64)
    return ((values[:, None] >> shifts) & np.uint64(1)).astype(np.uint8) + np.uint8(ord("0"))


def read_trace(path: Path, interface: Interface, printed: str) -> Trace:
    """Read what the test bench wrote: a row of std_logic characters per cycle."""
    outputs = {**interface.source, **interface.outputs}
    width = len(FLAGS) + sum(bits(port) for port in outputs.values())
    raw = np.fromfile(path, dtype=np.uint8) if path.exists() else np.zeros(0, np.uint8)
    rows = raw[: len(raw) // (width + 1) * (width + 1)].reshape(-1, width + 1)[:, :width]
    if len(rows) <= POWER_UP:
        raise ToolError(f"ghdl: the simulation stopped at once: {' '.join(printed.split())[:200] or 'without a message'}")
    high = (rows == ord("1")) | (rows == ord("H"))
    defined = high | (rows == ord("0")) | (rows == ord("L"))
    flags = dict(zip(FLAGS, high.T, strict=False))
    # Nothing is promised before the first edge with reset high; data count only while they are valid.
    defined[0] = True
    breaches = []
    for column, name, has in ((3, "sink_ready", interface.has_sink), (4, "source_valid", interface.has_source)):
        if has and not defined[:, column].all():
            breaches.append((int(np.argmin(defined[:, column])), f"{name} is neither 0 nor 1"))
    depends = flags["source_valid"] != flags.pop("tried_valid")
    depends[0] = False
    if depends.any():
        breaches.append((int(np.argmax(depends)), "source_valid depends on source_ready"))
    values, start = {}, len(FLAGS)
    for name, port in outputs.items():
        part = slice(start, start + bits(port))
        bad = ~defined[:, part].all(axis=1)
        if name in interface.source:
            bad &= flags["source_valid"]
        else:
            bad[:POWER_UP] = False
        if bad.any():
            breaches.append((int(np.argmax(bad)), f"{port.name} is neither 0 nor 1"))
        values[name] = from_bits(high[:, part])
        start = part.stop
    return Trace(
        **flags,
        source={name: values[name] for name in interface.source},
        outputs={name: values[name] for name in interface.outputs},
        breaches=tuple(breaches),
    )


def from_bits(high: np.ndarray) -> np.ndarray:
    """Rows of bool, most significant bit first, as uint64."""
    weights = np.uint64(1) << np.arange(high.shape[1] - 1, -1, -1, dtype=np.uint64)
    return (high * weights).sum(axis=1, dtype=np.uint64)


def bench_text(manifest: Delivered, interface: Interface, stimulus: Stimulus, plan: Plan) -> str:
    """The VHDL-93 test bench for one run; what it does is written in `testbenches.stimulus`."""
    outputs = [*interface.source.values(), *interface.outputs.values()]
    declared = [f"  signal p_{port.name} : {vhdl_type(port)}{start_value(port)};" for port in manifest.ports]
    mapped = ",\n".join(f"    {port.name} => p_{port.name}" for port in manifest.ports)
    flags = {**{f"{name}": f"p_{name}" for name in _present(interface)}, "tried_valid": "tried_valid"}
    row = [f"image({flags[name]})" if name in flags else "'0'" for name in FLAGS]
    row += [f"image(p_{port.name})" for port in outputs]
    drive, place = [], sum(bits(port) for port in interface.sink.values())
    for port in interface.sink.values():
        place -= bits(port)
        drive.append(f"      p_{port.name} <= {from_row('shown', port, place)};")
    controls = [f"    p_{name} <= {literal(port, plan.controls[name])};" for name, port in interface.inputs.items()]
    changes = [f"        when {n} => p_{port.name} <= {from_row('value', port, 0)};" for n, port in enumerate(interface.inputs.values())]
    never = "2147483647"
    has_sink, has_source = interface.has_sink, interface.has_source
    return TEMPLATE.format(
        entity=manifest.entity,
        bench=BENCH,
        declared="\n".join(declared),
        mapped=mapped,
        row=" & ".join(row),
        row_length=len(FLAGS) + sum(bits(port) for port in outputs),
        drive="\n".join(drive),
        controls="\n".join(controls),
        changes="\n".join(changes),
        word_width=max(1, sum(bits(port) for port in interface.sink.values())),
        length=plan.length if has_sink else 0,
        offer=pattern(plan.offer),
        accept=pattern(plan.accept),
        power_up=POWER_UP,
        reset_at=never if stimulus.first_reset is None else stimulus.first_reset,
        reset_after=stimulus.reset_after or -1,
        reset_delay=stimulus.reset_delay,
        reset_cycles=stimulus.reset_cycles,
        last_planned=stimulus.last_planned,
        expected=never if stimulus.expected is None else stimulus.expected,
        cycles=never if stimulus.cycles is None else stimulus.cycles,
        drain=stimulus.drain,
        pause=stimulus.pause,
        runaway=stimulus.runaway(interface) or never,
        invert="true" if stimulus.idle == "invert" else "false",
        sink_valid="p_sink_valid <= to_std(offering);" if has_sink else "",
        source_ready=TRY_READY if has_source else "",
        taken="offering and p_sink_ready = '1'" if has_sink else "false",
        given="ready and p_source_valid = '1'" if has_source else "false",
    )


def _present(interface: Interface) -> set[str]:
    sink = {"sink_valid", "sink_ready"} if interface.has_sink else set()
    source = {"source_valid", "source_ready"} if interface.has_source else set()
    return {"reset"} | sink | source


def vhdl_type(port: Port) -> str:
    return "std_logic" if port.width is None else f"std_logic_vector({port.width - 1} downto 0)"


def start_value(port: Port) -> str:
    if port.direction == "out":
        return ""
    return " := '0'" if port.width is None else " := (others => '0')"


def literal(port: Port, value: int) -> str:
    return f"'{value}'" if port.width is None else f'"{value:0{port.width}b}"'


def from_row(row: str, port: Port, place: int) -> str:
    """Part of a row of bits as the value of `port`."""
    if port.width is None:
        return f"to_stdulogic({row}({place}))"
    return f"to_stdlogicvector({row}({place + port.width - 1} downto {place}))"


def pattern(values: np.ndarray) -> str:
    """A pattern as a VHDL-93 bit string; two bits at least, since a string of one is no array to some tools."""
    text = "".join("1" if value else "0" for value in values)
    return f'"{text}"' if len(text) > 1 else f'"{text * 2}"'


# Valid must be the same whether downstream is ready or not: first the other way round.
TRY_READY = """\
p_source_ready <= to_std(not ready);
      wait for 1 ns;
      tried_valid := p_source_valid;
      p_source_ready <= to_std(ready);"""

TEMPLATE = """\
library ieee;
use ieee.std_logic_1164.all;
use std.textio.all;

entity {bench} is
end {bench};

architecture bench of {bench} is
{declared}
  constant OFFER : bit_vector := {offer};
  constant ACCEPT : bit_vector := {accept};
  type character_table is array (std_ulogic) of character;
  constant CHARACTERS : character_table := "UX01ZWLH-";

  function image(bit_value : std_logic) return string is
    variable text_value : string(1 to 1);
  begin
    text_value(1) := CHARACTERS(bit_value);
    return text_value;
  end image;

  function image(vector : std_logic_vector) return string is
    variable text_value : string(1 to vector'length);
    alias bits_of : std_logic_vector(1 to vector'length) is vector;
  begin
    for place in text_value'range loop
      text_value(place) := CHARACTERS(bits_of(place));
    end loop;
    return text_value;
  end image;

  function to_std(condition : boolean) return std_logic is
  begin
    if condition then
      return '1';
    end if;
    return '0';
  end to_std;
begin
  dut : entity work.{entity} port map (
{mapped});

  process
    file words_file : text open read_mode is "words.txt";
    file events_file : text open read_mode is "events.txt";
    file moves_file : text open read_mode is "moves.txt";
    file trace_file : text open write_mode is "trace.txt";
    variable row : line;
    variable word, shown : bit_vector({word_width} - 1 downto 0) := (others => '0');
    variable value : bit_vector(63 downto 0);
    variable event_cycle, event_port : integer := -1;
    variable move_word, move_offset, move_port : integer := -1;
    variable move_value : bit_vector(63 downto 0);
    variable moving : integer := -1;
    variable limit : integer := {length};
    variable move_pending, event_pending, offering, ready, in_reset, moved : boolean := false;
    variable tried_valid : std_logic := '0';
    variable cycle : integer := -{power_up};
    variable sent, received, idle, alone : integer := 0;
    variable reset_at : integer := {reset_at};
    variable last_planned : integer := {last_planned};

    procedure next_move is
    begin
      move_pending := not endfile(moves_file);
      if move_pending then
        readline(moves_file, row);
        read(row, move_word);
        read(row, move_offset);
        read(row, move_port);
        read(row, move_value);
      end if;
    end next_move;

    procedure change(port_number : integer; value : bit_vector(63 downto 0)) is
    begin
      case port_number is
{changes}
        when others => null;
      end case;
    end change;
  begin
    next_move;
    if move_pending then
      limit := move_word;
    end if;
{controls}
    if not endfile(words_file) then
      readline(words_file, row);
      read(row, word);
    end if;
    loop
      in_reset := cycle < 0 or (cycle >= reset_at and cycle - reset_at < {reset_cycles});
      p_reset <= to_std(in_reset);
      while cycle >= 0 loop
        if not event_pending then
          exit when endfile(events_file);
          readline(events_file, row);
          read(row, event_cycle);
          read(row, event_port);
          read(row, value);
          event_pending := true;
        end if;
        exit when event_cycle > cycle;
        change(event_port, value);
        event_pending := false;
      end loop;
      if moving >= 0 then
        while move_pending and move_word = limit and moving + move_offset <= cycle loop
          change(move_port, move_value);
          next_move;
        end loop;
        if not move_pending or move_word /= limit then
          moving := -1;
          limit := {length};
          if move_pending then
            limit := move_word;
          end if;
        end if;
      end if;
      if in_reset then
        offering := false;
      elsif not offering and sent < limit and OFFER(cycle mod OFFER'length) = '1' then
        offering := true;
      end if;
      shown := word;
      if {invert} and not offering then
        shown := not word;
      end if;
{drive}
      {sink_valid}
      ready := ACCEPT(cycle mod ACCEPT'length) = '1';
      {source_ready}
      wait for 5 ns;
      write(row, {row});
      writeline(trace_file, row);
      moved := false;
      if not in_reset then
        if {taken} then
          sent := sent + 1;
          alone := 0;
          offering := false;
          moved := true;
          if sent = {reset_after} then
            reset_at := cycle + 1 + {reset_delay};
            if last_planned < reset_at + {reset_cycles} - 1 then
              last_planned := reset_at + {reset_cycles} - 1;
            end if;
          end if;
          if not endfile(words_file) then
            readline(words_file, row);
            read(row, word);
          end if;
        end if;
        if {given} then
          received := received + 1;
          alone := alone + 1;
          moved := true;
        end if;
        if moved then
          idle := 0;
        elsif ready and (offering or sent >= limit) then
          idle := idle + 1;
          if limit < {length} and moving < 0 and not offering and idle >= {pause} then
            moving := cycle + 1;
            idle := 0;
          end if;
        end if;
      end if;
      exit when cycle + 1 >= {cycles};
      exit when cycle >= last_planned and cycle >= 0 and (received >= {expected} or idle >= {drain} or alone >= {runaway});
      p_clk <= '1';
      wait for 5 ns;
      p_clk <= '0';
      cycle := cycle + 1;
    end loop;
    wait;
  end process;
end bench;
"""
