"""The contract that every core keeps, and the table of the cores there are."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format
from fixed_point.word_lengths.losses import Losses
from fixed_point.word_lengths.noise_flow import NoiseFlow
from ip_cores.inventory import Inventory
from ip_cores.kinds import is_kind, kind_names
from ip_cores.notebook import drawing_of, html_of, short_text
from ip_cores.parameters import REQUIRED, ParameterError, check_entity_name, nearest, parameter, parameter_value
from ip_cores.pin_script import PinScript
from ip_cores.port import Port, RegisterField
from ip_cores.promise import Decisions, Promise, limited_words, promise
from ip_cores.run_time import RunTimeInputs, Steered
from ip_cores.schedule import Clockwork, Fields, Schedule, capacity_behind, capacity_of, latency_of, owed, period_of, unstalled
from ip_cores.stream_names import AVALON, INTERFACES, Pin, check_port_names, pins

LONGEST_CHECK = 512
"""Words in a self-checking bench: enough for every tap of a usual filter, few enough to be read."""

SHORTEST_CHECK = 64
"""Words in a self-checking bench of a core with little inside, or of one that is slow."""

CHECK_CLOCKS = 32_768
"""Clocks after which a bench of more than `SHORTEST_CHECK` words ends: a simulator takes some seconds for them."""

TELLING = 8
"""Words other than zero that a bench must expect: until then it is made longer, but to no more than `LONGEST_CHECKS` times its length.
What is silent after a reset, or late, would give nothing but zeros otherwise, as a dead core does."""

LONGEST_CHECKS = 16

CHECK_SEED = 19


def least_snr(value: Any) -> float | None:
    """A signal-to-noise ratio in dB, or none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"must be {least_snr.allowed}")  # type: ignore[attr-defined]
    return float(value)


least_snr.allowed = "a number, in dB"  # type: ignore[attr-defined]


SAMPLE_RATE = 16000
"""Samples per second at the sink of a core that does not say: speech processing in a hearing aid."""

HIGHEST_RATE = 1_000_000_000


def hertz(value: Any) -> float:
    """A sample rate in Hz, as an int where it is whole."""
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction) or not 0 < value <= HIGHEST_RATE:
        raise ValueError(f"must be {hertz.allowed}")  # type: ignore[attr-defined]
    return int(value) if value == int(value) else float(value)


hertz.allowed = f"a number above 0, in Hz, at most {HIGHEST_RATE:g}"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Core:
    """A parameterised core: its formats, its float reference, its bit-true model and its hardware.

    Whatever generic code (simulate, verify, generate, estimate, explore, chain, the self-checking bench) may ask of a core stands here,
    with what is meant by it and a default; nobody asks a core for its class or its name to know what it can do. Subclasses are frozen
    dataclasses whose fields are made with `parameter`; they live in a module of ``ip_cores`` named as the core is named in a description.

    Attributes
    ----------
    kind : str
        Name of the core in descriptions; the module's name.
    band_stage : bool
        Whether it takes the words of a bank's bands, with their channel, and gives one for one, in order and one after the other.
    passes_words : bool
        Whether words leave as they came, with what came beside them.
    closes_loops : bool
        Whether a loop of a graph may be closed at the last of its sinks, which then takes what came of the word before; see `loop_player`.
    meanings : mapping of str to str
        What ports of the core's own mean, for its datasheet.
    domains : mapping of str to (str, str)
        Clock and reset of the sink's side and of the source's.
    summary : str
        One line for ``ossicle list``.
    family : str
        A word by which ``ossicle list`` groups: filters, banks, hearing, streams, audio, board, networks. Kind, summary and family
        are stated by the core's own class as literals: the list reads them and runs nothing (`ip_cores.kinds`).
    """

    kind: ClassVar[str] = ""
    band_stage: ClassVar[bool] = False
    passes_words: ClassVar[bool] = False
    closes_loops: ClassVar[bool] = False
    summary: ClassVar[str] = ""
    family: ClassVar[str] = ""
    registry: ClassVar[dict[str, type[Core]]] = {}
    meanings: ClassVar[Mapping[str, str]] = {}
    domains: ClassVar[Mapping[str, tuple[str, str]]] = {"sink": ("clk", "reset"), "source": ("clk", "reset")}

    name: str = parameter("core", doc="entity name; a VHDL identifier", kind=check_entity_name)
    minimum_snr: float | None = parameter(
        None, doc="least SNR that has to be promised for verify to say proven; 20 without it", kind=least_snr, unit="dB"
    )

    sample_rate: float = parameter(SAMPLE_RATE, doc="samples per second at the sink; no part of the VHDL", kind=hertz, unit="Hz")
    interface: str = parameter(
        AVALON, doc="names of the entity's ports: sink_valid, ... or AXI4-Stream's s_axis_tvalid, ...", kind=str, choices=INTERFACES
    )

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # A dataclass would write its own, with every coefficient.
        if "__repr__" not in cls.__dict__:
            cls.__repr__ = Core.__repr__  # type: ignore[method-assign]
        if cls.__dict__.get("kind"):
            Core.registry[cls.kind] = cls

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            if field.metadata:
                value = self.completed(field.name, getattr(self, field.name))
                object.__setattr__(self, field.name, parameter_value(field.name, value, field.metadata))
        self.check()
        if self.interface != AVALON and not self.is_stream:
            raise ParameterError("interface", self.interface, f'must be "{AVALON}": {self.name} is no stream from a sink to a source')
        check_port_names(self.name, self.pins)

    def completed(self, name: str, value: Any) -> Any:
        """A parameter as it was given, with what follows from those declared before it, `sample_rate` among them, filled in."""
        return value

    def check(self) -> None:
        """Validate what depends on several parameters at once; raises ParameterError."""

    # What follows is the contract; each core answers for itself.

    @property
    def sink_format(self) -> Format:
        """Number format of the words that enter."""
        return self.sink  # type: ignore[attr-defined]

    @property
    def source_format(self) -> Format | dict[str, Format]:
        """Number format of the words that leave; by channel where there are several."""
        return self.source  # type: ignore[attr-defined]

    @property
    def sinks(self) -> Mapping[str, Format]:
        """Number formats of the words that enter, by the name of their stream.

        Most cores have one, ``sink``. Where there are several, `model` and `reference` take a mapping by these names, each with what they
        take of one; a word of each is taken together with those of the others. What comes beside the words is the same at all of them.
        """
        return {"sink": self.sink_format}

    @property
    def sources(self) -> Mapping[str, Format | dict[str, Format]]:
        """The same of the words that leave; `model` and `reference` give a mapping by these names where there are several."""
        return {"source": self.source_format}

    @property
    def sink_gains(self) -> Mapping[str, tuple[float, float]]:
        """By what the words of each sink enter the source's sum, as given and as quantised; of a core with several sinks."""
        return {}

    def timing(self, fields: Fields | None = None) -> Clockwork | None:
        """The core's control without its data, as it is after a reset; None where the clocks depend on the data.

        Parameters
        ----------
        fields : mapping of str to array of int, optional
            What comes beside the sink words; without it what `accompany` gives.
        """
        return None

    def schedule(self, words: int) -> Schedule | None:
        """In which clock each of so many sink words is taken and each source word given, nothing stalled; None where the data decide.

        Clock 0 is the first in which reset is low. The first word is offered from then on, each further one from the clock after the one
        before it was taken, and downstream is always ready. A clock counts to the edge that ends it.
        """
        timing = self.timing()
        return None if timing is None else unstalled(timing, words)

    @cached_property
    def latency(self) -> int:
        """Clock edges from the transfer of the first sink word to that of the first source word, which waits for it.

        Nothing is stalled, and memories that are cleared after a reset have been.
        """
        return latency_of(self._known_timing())

    @cached_property
    def cycles_per_sample(self) -> Fraction:
        """Clocks for a sink word, nothing stalled: the mean over a period of rate, frame or segment."""
        return period_of(self._known_timing()).cycles_per_sample

    @cached_property
    def capacity(self) -> int:
        """Most source words that may be outstanding at a reset: those that are due by the words taken, and have not been given."""
        return capacity_of(self._known_timing)

    def capacity_behind(self, words: int) -> int:
        """Source words that may come of so many sink words, at most: what is outstanding in front of the core, behind it."""
        return capacity_behind(words, self._known_timing) if words else 0

    def _known_timing(self) -> Clockwork:
        timing = self.timing()
        if timing is None:
            raise NotImplementedError(f"{type(self).__name__} has no timing: it must say latency, cycles_per_sample and capacity itself")
        return timing

    @property
    def delay(self) -> int:
        """Samples by which model and hardware are later than the reference."""
        return 0

    @property
    def algorithmic_delay(self) -> int:
        """The same, whatever the core: `delay`, unless a parameter that means another thing is called so."""
        return self.delay

    @property
    def group_delay(self) -> Fraction | None:
        """Samples of the sink by which a listener hears the signal later; None where it depends on the frequency, the band or the clock."""
        return Fraction(self.algorithmic_delay)

    @property
    def word_delay(self) -> Fraction | None:
        """Words of the sink by which the signal lies later: `group_delay`, less what a listener waits for where words leave in blocks."""
        return self.group_delay

    @property
    def rate(self) -> Fraction:
        """Source words per sink word, in the long run."""
        return Fraction(1)

    @property
    def source_rate(self) -> float:
        """Samples per second of what leaves, where `sample_rate` is that of what enters: a sample stands for as long as it did."""
        return hertz(Fraction(self.sample_rate) * self.rate)

    @property
    def tap_rate(self) -> float:
        """Samples per second of the impulse responses that `filter_taps` and `responses` give."""
        return self.sample_rate

    @property
    def clock_needed(self) -> float:
        """Clocks per second that the core takes at `sample_rate`, in the long run: the clock must be as fast, in Hz."""
        return float(self.cycles_per_sample * Fraction(self.sample_rate))

    def at_rate(self, rate: float) -> Any:
        """The same core at another sample rate; what its coefficients were designed for, they are."""
        return self if rate == self.sample_rate else self.altered(sample_rate=hertz(rate))

    @property
    def is_stream(self) -> bool:
        """Whether words go from a sink to a source; what stands between a board and the streams is none."""
        return True

    @property
    def is_source(self) -> bool:
        """Whether words leave and none enter: `model`, `reference` and `promised_snr` take how many there are to be, and `sinks` is empty.

        `latency` counts from the first clock without a reset, `capacity` is how many words have begun when none is taken.
        """
        return False

    @property
    def on_one_clock(self) -> bool:
        """Whether sink and source have the same clock. To a stream on one clock any engine can play a signal."""
        return len(set(self.domains.values())) == 1

    def check_inside(self, field: str) -> None:
        """Refuse a core that has not a sink and a source on one clock as part of a composition: no words could go through it.

        Parameters
        ----------
        field : str
            The parameter of the composition that names the core.

        Raises
        ------
        ParameterError
        """
        if not ((self.is_stream or len(self.sinks) > 1 or len(self.sources) > 1) and self.on_one_clock):
            lacks = "has its sink and its source on two clocks" if self.is_stream else "is no stream"
            raise ParameterError(field, self.kind, f"must be a core with a sink and a source on one clock; {self.name} {lacks}")
        if self.interface != AVALON:
            where = field.rpartition(".")[0]
            raise ParameterError(f"{where}.interface", self.interface, "stands at the top: the streams inside are never renamed")

    @property
    def waits_for_neighbours(self) -> bool:
        """Whether neighbours of any speed lose nothing. A core in real time loses words that come too fast, as a converter does."""
        return True

    @property
    def channels_in_turn(self) -> int:
        """Channels whose words take turns at the sink, 0 first, each treated as if it were alone; `sample_rate` counts the words of all."""
        return 1

    @property
    def drops_words(self) -> bool:
        """Whether how many words leave may change at run time, as in standby or with another rate.

        Beside such a core another path would be out of step for good.
        """
        return any(part.drops_words for part in self.parts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user has to be told about this instance: every command says it, and so do manifest and datasheet."""
        return ()

    @property
    def derived(self) -> Mapping[str, str]:
        """What follows from the parameters and is no parameter, in words: steps that come of times. `ossicle show` says it."""
        return {}

    @property
    def pin_script(self) -> PinScript | None:
        """What a self-checking bench does with the pins of a core that is no stream on one clock; None for a stream."""
        return None

    @property
    def check_length(self) -> int:
        """Samples that visit every tap, ROM word and state."""
        return 256

    @property
    def words_to_begin(self) -> int:
        """Sink words before which nothing leaves, where they are so many that a self-checking bench must play more for it; otherwise 1."""
        return 1

    @property
    def voice(self) -> NDArray[np.int64] | None:
        """Sink words of which something comes, where noise will not do, as periods for a detector of pitch; None where it does."""
        return None

    def accompany(self, words: Any) -> dict[str, Any]:
        """The fields that travel beside plain words at the sink, for a core whose sink has more than data: channels in turn, whole packets.

        Parameters
        ----------
        words : array of int, shape (n,)

        Returns
        -------
        dict of str to array of int, shape (n,)
            By field without the prefix ``sink_``; empty where data is all there is.
        """
        return {}

    def accompany_at(self, stream: str, words: Any) -> dict[str, Any]:
        """`accompany` at the sink of this name, for a core that has several."""
        return self.accompany(words)

    def check_words(self) -> dict[str, Any]:
        """Words for a self-checking bench, by sink field: a voice where one is needed, or the ends of the range and then any word."""
        if self.voice is not None:
            return {"data": self.voice, **self.accompany(self.voice)}
        most = max(SHORTEST_CHECK, min(LONGEST_CHECK, int(CHECK_CLOCKS / self.cycles_per_sample)))
        least = min(max(SHORTEST_CHECK, self.check_length), max(most, 2 * self.words_to_begin))
        count = least
        while True:
            words = self._check_words(count)
            given = self.model(words["data"] if len(words) == 1 else tuple(words.values()))
            told = given[0] if isinstance(given, tuple) else given
            if np.count_nonzero(told) >= TELLING or count > LONGEST_CHECKS // 2 * least:
                return words
            count += count // 2

    def _check_words(self, count: int) -> dict[str, Any]:
        """So many of them."""
        f = self.sink_format
        drawn = np.random.default_rng(CHECK_SEED).integers(0, f.maximum - f.minimum, count, dtype=np.uint64, endpoint=True)
        words = [int(word) + f.minimum for word in drawn]
        words[:4] = [f.maximum, f.minimum, f.minimum, f.maximum]
        data = np.array(words, dtype=np.int64 if f.fits_int64 else object)
        return {"data": data, **self.accompany(data)}

    @property
    def patience(self) -> int:
        """Clocks without any word moving after which there is nothing more to come.

        After a reset a core may clear as many words of memory as its proof takes samples; one that may be silent for longer says so.
        """
        return 64 + self.check_length + 4 * (self.latency + ceil(self.cycles_per_sample))

    @property
    def filter_taps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Impulse response of a filter of constant coefficients, as given and as quantised; None for a core that is none."""
        return None

    @property
    def responses(self) -> Mapping[str, NDArray[np.float64]]:
        """Impulse responses that its datasheet draws, by what they are."""
        taps = self.filter_taps
        return {} if taps is None or not np.any(taps[0]) else {"coefficients as given": taps[0], "as quantised": taps[1]}

    @property
    def linear_part(self) -> Core | None:
        """The core whose reference is linear in the words that enter here: itself, or the first of what is inside.

        For it there are worst-case words, full scale with the sign of the weight by which each enters a source word, which take that to
        its bound; `verify` plays them. None where there are no such words.
        """
        return None

    @property
    def parts(self) -> tuple[Core, ...]:
        """The cores that a composition consists of, in the order of the words; its parameters are theirs. Empty for any other core."""
        return ()

    @property
    def part_paths(self) -> tuple[str, ...]:
        """Where each of the `parts` stands in the description: a key, as ``calculation``, or one of a list, as ``stages[0]``."""
        return ()

    def leader_of(self, part: int) -> tuple[int, str] | None:
        """Of one of the `parts`, by number, whose format that of its sink follows: another part, and its "source" or "sink".

        None for the part whose sink is the composition's. No part follows one that follows it.
        """
        return (part - 1, "source") if part else None

    def with_parts(self, parts: tuple[Core, ...]) -> Core:
        """The same composition of other cores."""
        raise NotImplementedError

    def with_sink(self, format: Any) -> Core:
        """The same core for words of another format; itself where its sink's format is no parameter of its own."""
        takes = any(field.name == "sink" and field.metadata for field in dataclasses.fields(self))
        return self.replace(sink=format) if takes and format != self.sink_format else self

    @property
    def bank_of_words(self) -> tuple[str, int] | None:
        """Kind of bank, "undecimated" or "decimated", and its levels, of which words leave.

        Of an analysis its own, of a `band_stage` those for which it is made; None of all others.
        """
        return None

    def as_band_stage(self, bands: Format, levels: int) -> Core:
        """The same behind a bank of so many levels, whose words have this format; of a `band_stage`."""
        return self

    @property
    def full_scale_output(self) -> float | None:
        """Sound pressure level of a sine of amplitude 1 at the source, in dB SPL, of a core that knows; None of all others."""
        return None

    @property
    def inventory(self) -> Inventory | None:
        """What the core is built of, for a quick estimate; without one it has to be mapped to know what it costs."""
        return None

    def reference(self, x: Any) -> Any:
        """Float64 samples through the mathematics without word lengths."""
        raise NotImplementedError

    def model(self, x: Any) -> Any:
        """Raw integers through the bit-true model."""
        raise NotImplementedError

    @property
    def memory(self) -> int | None:
        """Words in front of one on which what comes of it depends, where one comes of each and always in the same way; None elsewhere."""
        return None

    @property
    def loop_words(self) -> int:
        """Words that come before more than the first of what comes back is needed, where the core `closes_loops`."""
        raise NotImplementedError

    def loop_player(self, exact: bool) -> Any:
        """The core word by word, where it `closes_loops`.

        Parameters
        ----------
        exact : bool
            The reference instead of the model.

        Returns
        -------
        callable
            Takes what enters next, up to `loop_words` of it; what has come back since the call before, of which the last belongs to the
            first of these; and by name of `run_time_inputs` what each meets. Gives as many words.
        """
        raise NotImplementedError

    @property
    def tells(self) -> tuple[str, ...]:
        """Names of the figures that source words tell, of a core whose words are no samples; of a composition those of its last part."""
        return self.parts[-1].tells if self.parts else ()

    def figures(self, values: Any) -> Mapping[str, NDArray[np.float64]]:
        """What source words tell, a number for each of them, by the names in `tells`.

        Parameters
        ----------
        values : array of float64, shape (n,)
            Source words as the reference gives them.
        """
        return self.parts[-1].figures(values) if self.parts else {}

    def outline(self, x: Any) -> Any:
        """How many words the model gives and what comes beside them; the words themselves may be any. For who asks for no more."""
        return self.model(x)

    def promised_snr(self, words: Any) -> Promise:
        """The SNR in dB that the model must reach against the reference on some words, and how it is known.

        It follows from word lengths alone (`losses`); coefficients count with half a bit of error each, never with the error that they
        have. Cores that decide promise it against the reference that follows the model's decisions, and beside it how many of these may
        differ from what the reference would have decided.

        Parameters
        ----------
        words : ndarray of int, or tuple
            As the model takes them.
        """
        return promise(self, words)

    @property
    def losses(self) -> Losses:
        """What the word lengths cost at the source; by default nothing, which is promised exactly."""
        return Losses()

    @property
    def split(self) -> Hashable:
        """How the core takes words apart, where one whose `joins` is the same gives them back to the last bit; None for any other core."""
        return None

    @property
    def joins(self) -> Hashable:
        """What taken apart in the way of `split` comes back to the last bit behind the core; None for any other core."""
        return None

    @property
    def analysed_by(self) -> Hashable:
        """By what filters the core takes samples apart into bands, where one whose `synthesised_by` is the same puts them together.

        None for any other core.
        """
        return None

    @property
    def synthesised_by(self) -> Hashable:
        """By what filters the core puts bands together; None for any other core."""
        return None

    @property
    def reconstruction_delay(self) -> int:
        """Samples by which bands come together late, from the sink of their analysis to the source of their synthesis."""
        return 0

    @property
    def delay_words(self) -> int:
        """`algorithmic_delay` in words of the source."""
        return ceil(self.algorithmic_delay * self.rate)

    def late_reference(self, x: Any) -> Any:
        """The reference as late as the model, where `delay` says that it is not: what has come out when all of `x` is in."""
        return self.reference(x)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        """`late_reference` with other coefficients: an array for each set that `losses` names."""
        return self.late_reference(x)

    @property
    def wraps(self) -> bool:
        """Whether words out of range wrap around instead of staying at the end of the range."""
        return False

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        """`late_reference`, with nan for every word that leaves the range of its format, inside the core as well, or depends on one.

        Parameters
        ----------
        x
            As for `reference`.
        guard : float
            How near to the end of a range a word may come where words wrap around: an error would take it to the other end.
        """
        return limited_words(self.late_reference(x), self.source_format, guard if self.wraps else 0.0)

    @property
    def decides(self) -> bool:
        """Whether the model makes decisions, which an error may turn: thresholds, pitch, splices, classes."""
        return False

    def following(self, words: Any) -> Core:
        """The core whose reference follows the decisions that the model makes on some words; itself where none are made."""
        return self

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        """How many decisions there are, may differ and do differ between the reference and the model; None where none are made.

        Parameters
        ----------
        x, words
            What the reference and the model get.
        error : float
            Root mean square that word lengths allow the difference of these.
        """
        return None

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        """What round-off noise there is behind the core, from word lengths and coefficients and without a run of the model.

        Parameters
        ----------
        entering : NoiseFlow
            What noise models know of the signal in front of it.

        Returns
        -------
        NoiseFlow or None
            What they know behind it; None where no model fits.
        """
        return None

    def block(self, **signals: Any) -> Any:
        """The MyHDL block on `signals`, named as in `ports`; the signals of a stream may come as one bundle, ``sink`` or ``source``."""
        raise NotImplementedError

    @property
    def ports(self) -> tuple[Port, ...]:
        """Ports of the top-level entity, in order: clock and reset, sink, source, then what is the core's own."""
        source = self.source_format
        width = max(f.word_length for f in source.values()) if isinstance(source, Mapping) else source.word_length
        signed = any(f.signed for f in source.values()) if isinstance(source, Mapping) else source.signed
        # The parts of a complex word have a binary point each, the word itself has none.
        points = {None if f.is_complex else f.fraction_length for f in (source.values() if isinstance(source, Mapping) else (source,))}
        sink = self.sink_format
        entering = () if self.is_source else (
            Port("sink_valid", "in"),
            Port("sink_ready", "out"),
            Port("sink_data", "in", sink.word_length, sink.signed, None if sink.is_complex else sink.fraction_length),
            *self.sink_ports,
        )  # fmt: skip
        return (
            Port("clk", "in"),
            Port("reset", "in"),
            *entering,
            Port("source_valid", "out"),
            Port("source_ready", "in"),
            Port("source_data", "out", width, signed, points.pop() if len(points) == 1 else None),
            *self.source_ports,
            *self.control_ports,
        )

    @property
    def pins(self) -> tuple[Pin, ...]:
        """The ports of the top entity as it is delivered, one for each of `ports`: what `interface` calls them."""
        return pins(self.interface, self.ports, self.domains.values())

    @property
    def delivered_ports(self) -> tuple[Port, ...]:
        """`ports` as the delivered top entity has them."""
        return tuple(pin.outer for pin in self.pins)

    @property
    def on_avalon(self) -> Any:
        """The same core under the names of the contract, for what speaks to its ports and hands nothing out."""
        return self if self.interface == AVALON else self.altered(interface=AVALON)

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        """Sink ports beside valid, ready and data: channel, startofpacket, endofpacket."""
        return ()

    @property
    def source_ports(self) -> tuple[Port, ...]:
        """Source ports beside valid, ready and data."""
        return ()

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        """What the registers of the Avalon-MM slave hold, field by field; none without a slave."""
        return ()

    @property
    def register_maps(self) -> Mapping[str, tuple[RegisterField, ...]]:
        """`register_map` by the prefix of the slave's ports; of a composition those of the cores inside it too."""
        inside = {f"{part.name}_{slave}": fields for part in self.parts for slave, fields in part.register_maps.items()}
        return ({"control": self.register_map} if self.register_map else {}) | inside

    @property
    def control_ports(self) -> tuple[Port, ...]:
        """Ports that change at run time and status outputs."""
        return ()

    @property
    def controls(self) -> Mapping[str, int]:
        """Values of run-time inputs that the model and the reference assume, as signed or unsigned words; 0 for those not named."""
        return {}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        """What can be changed while the core works and `steered_model` follows, by name; `verify` moves it at random."""
        return {}

    def steered_model(self, x: Any, values: Steered) -> Any:
        """`model`, with other values of the inputs that can be changed at run time.

        Parameters
        ----------
        x
            As for `model`.
        values : mapping of str to array of int, shape (n,)
            Of each of `run_time_inputs` the value that each sink word meets. An input changes while nothing is under way: all that comes
            of the words before has left, or waits for words to come.
        """
        return self.model(x)

    counts_inside: ClassVar[str] = ""
    """Output that tells how many words are inside, those taken less those given, if there is one."""

    def marks(self, x: Any) -> Mapping[str, NDArray[np.int64]]:
        """Outputs that belong to the words of the source, as the model has them for the sink words `x`: steady while a word stands there.

        Returns
        -------
        mapping of str to ndarray of int64, shape (m,)
            By port what it shows beside each word.
        """
        return {}

    @property
    def words_met(self) -> Mapping[str, int]:
        """Of a core without a sink, by name of `run_time_inputs`, how many words have met the input's value when none is taken.

        They count from the one at the source.
        """
        return {}

    @property
    def settling(self) -> int:
        """Clocks without any word moving after which nothing is under way; `patience` is longer by what a reset takes."""
        return min(self.patience, 16 + 4 * (self.latency + ceil(self.cycles_per_sample)))

    def due_with(self, words: int) -> NDArray[np.int64]:
        """Of each source word that comes of so many sink words, the number of the one with which it is due."""
        if words not in self._dues:
            come_of = owed(self._known_timing(), words)
            self._dues[words] = np.searchsorted(come_of, np.arange(come_of[-1]), side="right") - 1
        return self._dues[words]

    @cached_property
    def _dues(self) -> dict[int, NDArray[np.int64]]:
        """What `due_with` has found."""
        return {}

    @property
    def description(self) -> dict[str, Any]:
        """The parameters as a description file would give them (all of them, defaults filled in)."""
        values: dict[str, Any] = {"core": self.kind}
        for field in dataclasses.fields(self):
            if field.metadata:
                values[field.name] = plain(getattr(self, field.name))
        if self.minimum_snr is None:
            del values["minimum_snr"]
        if self.sample_rate == SAMPLE_RATE:
            del values["sample_rate"]
        if self.interface == AVALON:
            del values["interface"]
        return values

    def __repr__(self) -> str:
        """Class, name and formats: a line."""
        formats = [short_text(text) for text in (format_text(self.sink_format), format_text(self.source_format)) if text]
        return f"{type(self).__name__}({self.name!r}{', ' if formats else ''}{' to '.join(formats)})"

    def _repr_html_(self) -> str:
        """What a notebook shows: formats, timing and delay, then every parameter."""
        sides = {"sink": self.sink_format, "source": self.source_format}
        return html_of(self, {side: short_text(format_text(one)) for side, one in sides.items() if one is not None})

    def plot(self) -> list[Any]:
        """Draw the core in a new figure of matplotlib's pyplot: coefficients and magnitude response, or what it makes of some words.

        Returns
        -------
        list of matplotlib.axes.Axes
            Coefficients as given and as quantised, of a filter; magnitude responses over Hz, where the core has them; otherwise the
            values that go in and come out where a self-checking bench plays its words.

        Raises
        ------
        ValueError
            For a core that takes no words: there is nothing to draw.
        """
        return drawing_of(self)

    def altered(self, **attributes: Any) -> Any:
        """The same core with some attributes changed, of which nothing that has been checked depends; nothing is checked again."""
        other = copy.copy(self)
        kept = {field.name for field in dataclasses.fields(self)}
        other.__dict__.clear()
        other.__dict__.update({name: value for name, value in self.__dict__.items() if name in kept} | attributes)
        return other

    def replace(self, **changes: Any) -> Any:
        """The same core with some parameters changed."""
        return dataclasses.replace(self, **changes)


def plain(value: Any) -> Any:
    """A parameter's value in types that TOML and JSON have."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Core):
        return value.description
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def format_text(format: Format | Mapping[str, Format] | None) -> Any:
    """One format as text, or several by channel; None for a core that carries no words."""
    if format is None:
        return None
    return {name: str(item) for name, item in format.items()} if isinstance(format, Mapping) else str(format)


def core_kinds() -> dict[str, type[Core]]:
    """All cores there are, by the name that descriptions use."""
    for kind in kind_names():
        core_class(kind)
    return dict(sorted(Core.registry.items()))


def core_class(kind: object) -> type[Core]:
    """The class of a core; no other core is loaded for it.

    Raises
    ------
    ParameterError
        If there is no such core.
    """
    if isinstance(kind, str) and kind not in Core.registry and is_kind(kind):
        importlib.import_module(f"ip_cores.{kind}")
    if not isinstance(kind, str) or kind not in Core.registry:
        known = sorted({*kind_names(), *Core.registry})
        if kind is None:
            raise ParameterError("core", REQUIRED, f"missing; one of {', '.join(known)}")
        raise ParameterError("core", kind, f"must be one of {', '.join(known)}{nearest(str(kind), known)}")
    return Core.registry[kind]


def make_core(description: Mapping[str, Any]) -> Core:
    """The core that a description (a mapping as read from TOML) stands for.

    Raises
    ------
    ParameterError
        For an unknown core or key, a missing key, or a value that is not allowed.
    """
    cls = core_class(description.get("core"))
    fields = {field.name: field for field in dataclasses.fields(cls) if field.metadata}
    for key, value in description.items():
        if key != "core" and key not in fields:
            raise ParameterError(key, value, f"unknown key; {cls.kind} takes {', '.join(fields)}{nearest(key, fields)}")
    for key, field in fields.items():
        if field.default is dataclasses.MISSING and key not in description:
            raise ParameterError(key, REQUIRED, f"missing; {field.metadata['doc']}")
    return cls(**{key: value for key, value in description.items() if key != "core"})
