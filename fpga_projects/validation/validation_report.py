"""Tables and the scatter plot of docs/estimates.md."""

from pathlib import Path
from typing import Any

from fpga_projects.validation.checks import KNOWN, TEST, Check, same_part
from fpga_projects.validation.hold_out import halves_table

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
RESOURCES = (("multiplier_elements", "multiplier elements"), ("memory_bits", "memory bits"), ("m4k_blocks", "M4K blocks, Cyclone II"))
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write_validation_report(operators: list[Check], designs: list[Check], figures: dict[str, Any]) -> None:
    """Renew what stands between the marks of docs/estimates.md, and docs/estimates.svg."""
    page = DOCS / "estimates.md"
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{tables(operators, designs, figures)}\n{END}{after}", encoding="utf-8")
    plot(operators, designs, DOCS / "estimates.svg")


def tables(operators: list[Check], designs: list[Check], figures: dict[str, Any]) -> str:
    """The summary, the operators that miss, and every design."""
    o, d = figures["operators"], figures["designs"]

    def pair(values: list[float]) -> str:
        return f"median {values[0]:.1f} %, 90th percentile {values[1]:.1f} %"

    refused = (
        f" {d['vendor_cells']} instantiate vendor cells, {d['excluded']} measure something else than the sources beside them, and"
        f" {d['refused']} could not be read. {figures['yosys'].split(' (')[0]}."
    )
    lines_of_designs = [
        "| design | device | LEs | Quartus | error | registers | Quartus | fmax MHz | Quartus | memory bits | Quartus |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines = [
        "| checked | on | result | goal |",
        "|---|---|---|---|",
        f"| multiplier elements | {o['count']} operators | {o['multiplier_elements_wrong']} wrong | exact |",
        f"| registers | {o['count']} operators | {o['registers_wrong']} wrong | exact |",
        f"| logic elements | {o['count']} operators | {pair(o['logic_elements_percent'])} | 0 %, 6 % |",
        f"| delay | {o['count']} operators | {pair(o['delay_percent'])} | 8 %, 20 % |",
        f"| logic elements | {d['large']} different designs of 50 LEs and more | {pair(d['logic_elements_percent'])} | 10 %, 30 % |",
        f"| registers | {d['registers_within_10_percent'][1]} different clocked designs | "
        f"{d['registers_within_10_percent'][0]} within 10 % | all |",
        *[
            f"| {label} | {d[key][0]} designs that use any | {pair(d[key][1:3])}; {d[key][3]} that use none are given some | none |"
            for key, label in RESOURCES
            if d[key][0]
        ],
        f"| fmax | {d['fmax_same_part'][0]} designs of 50 LEs and more on Cyclone II, grade 6 | {pair(d['fmax_same_part'][1:])} | 20 % |",
        f"| fmax | {d['fmax_same_part_any_size'][0]} designs of any size there | {pair(d['fmax_same_part_any_size'][1:])} | 20 % |",
        f"| fmax, for information | {d['fmax_other_parts'][0]} designs on other parts | {pair(d['fmax_other_parts'][1:])} | none |",
        "",
        f"{d['analysed']} reports of designs were analysed ({d['different']} different designs);{refused}",
        "",
        *_controls_table(d["controls"]),
        "",
        *_bars_table(figures),
        "",
        "Rules were found while looking at some of these designs. Two fixed halves of the repositories apart (`make hold-out`):",
        "",
        *halves_table([c for c in designs if c.part == KNOWN]),
        "",
        "Operators that miss by more than 6 % in logic elements or 20 % in delay, or in registers:",
        "",
        "| operator | LEs | Quartus | registers | Quartus | delay ns | Quartus |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for c in operators:
        if abs(c.error("logic_elements")) > 0.06 or abs(c.error("delay_ns")) > 0.2 or c.ours["registers"] != c.quartus["registers"]:
            lines.append(
                f"| {c.name} | {c.ours['logic_elements']} | {c.quartus['logic_elements']:.0f} | {c.ours['registers']} |"
                f" {c.quartus['registers']:.0f} | {c.ours['delay_ns']:.2f} | {c.quartus['delay_ns']:.2f} |"
            )
    lines += [
        "",
        "Designs, every report with sources on record:",
        "",
        *lines_of_designs,
    ]
    lines += [_design_row(c) for c in designs if c.part == KNOWN]
    if any(c.part == TEST for c in designs):
        lines += ["", "The part that nobody looked at, estimated once:", "", *lines_of_designs]
        lines += [_design_row(c) for c in designs if c.part == TEST]
    return "\n".join(lines)


_CONTROL_NAMES = {
    "sync_clear": "synchronous clear",
    "sync_load": "synchronous load",
    "async_clear": "clear without a clock",
    "enable": "enable",
}


def _controls_table(controls: dict[str, list[int]]) -> list[str]:
    """Registers by what controls them, as Quartus' synthesis reports count them."""
    lines = ["| registers with | reports | Quartus | estimate | differences, summed |", "|---|---:|---:|---:|---:|"]
    rows = [(_CONTROL_NAMES[control], *counts) for control, counts in controls.items()]
    return lines + [f"| {name} | {reports} | {theirs} | {ours} | {off} |" for name, reports, theirs, ours, off in rows]


def _bars_table(figures: dict[str, Any]) -> list[str]:
    """The errors that estimates state, and how many of the designs that nobody looked at stay within."""
    if "bars" not in figures:
        return []
    first, *_ = figures["bars"].values()
    ends = [f"up to {limit} LEs" if limit else f"above {first[-2][0]}" for limit, _ in first]
    test = figures.get("test", {})
    lines = [
        f"| error stated | {' | '.join(ends)} | unseen designs within | their error, median / 90th percentile |",
        f"|---|{'---:|' * len(ends)}---:|---:|",
    ]
    percent = {"logic_elements": "logic_elements_percent", "registers": "registers_percent"}
    for figure, bars in figures["bars"].items():
        within, of = test.get("within_bars", {}).get(figure, (0, 0))
        errors = test.get(percent.get(figure, ""), ())
        cells = [f"{100 * bar:.1f} %" for _, bar in bars]
        told = "{:.1f} % / {:.1f} %".format(*errors) if errors else ""
        lines.append(f"| {figure.replace('_', ' ')} | {' | '.join(cells)} | {f'{within} of {of}' if of else ''} | {told} |")
    return lines


def _design_row(c: Check) -> str:
    name = f"{c.repo} `{c.name}`"
    q = c.quartus
    rate = f"{q['fmax']:.0f}" if "fmax" in q else ""
    if c.failure:
        reason = c.failure.replace("|", "/")[:90]
        return f"| {name} | {c.device} | {reason} | {q['logic_elements']} | | | {q['registers']} | | {rate} | | {q['memory_bits'] or ''} |"
    ours = f"{c.ours['fmax']:.0f}" if "fmax" in c.ours else ""
    memory = f"{c.ours['memory_bits'] or ''} | {q['memory_bits'] or ''}"
    return (
        f"| {name} | {c.device} | {c.ours['logic_elements']} | {q['logic_elements']} | {100 * c.error('logic_elements'):+.0f} % |"
        f" {c.ours['registers']} | {q['registers']} | {ours} | {rate} | {memory} |"
    )


def plot(operators: list[Check], designs: list[Check], path: Path) -> None:
    """Estimate against Quartus: logic elements of both, and clock rates of designs on the modelled part."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    # Same input, same bytes: no date and no random names.
    matplotlib.rcParams["svg.hashsalt"] = "ossicle"
    figure, (area, rate) = plt.subplots(1, 2, figsize=(10, 5))
    done = [c for c in designs if not c.failure]
    for checks, label in ((operators, "operators"), (done, "designs")):
        x = [c.quartus["logic_elements"] for c in checks]
        area.loglog(x, [c.ours["logic_elements"] for c in checks], ".", label=label)
    area.set(xlabel="logic elements, Quartus", ylabel="logic elements, estimate")
    rated = [c for c in done if "fmax" in c.ours and "fmax" in c.quartus and c.quartus["registers"] > 0]
    for mine, label in ((True, "Cyclone II, grade 6"), (False, "other parts")):
        chosen = [c for c in rated if same_part(c) is mine]
        rate.loglog([c.quartus["fmax"] for c in chosen], [c.ours["fmax"] for c in chosen], ".", label=label)
    rate.set(xlabel="fmax MHz, Quartus", ylabel="fmax MHz, estimate")
    for axis in (rate.xaxis, rate.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(ScalarFormatter())
        axis.set_minor_formatter(NullFormatter())
    for axes in (area, rate):
        low, high = axes.get_xlim()
        axes.plot([low, high], [low, high], "k-", linewidth=0.8)
        axes.plot([low, high], [1.3 * low, 1.3 * high], "k:", [low, high], [low / 1.3, high / 1.3], "k:", linewidth=0.8)
        axes.legend()
        axes.grid(True, which="both", linewidth=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
