"""What a proof comes to: the words that differ, the runs that were made, the engines, and the whole."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from testbenches.judgement import Judgement


@dataclass(frozen=True)
class Difference:
    """The first word in which hardware and model differ.

    Attributes
    ----------
    index : int
        Number of the source word.
    field : str
        ``data``, ``channel``, ...
    expected, found : int or None
        None where there is no such word.
    cycle : int or None
        Clock cycle in which the hardware delivered it.
    """

    index: int
    field: str
    expected: int | None
    found: int | None
    cycle: int | None


@dataclass(frozen=True)
class Leg:
    """A run of an engine, and what was special about it.

    Attributes
    ----------
    name : {"stalled", "full rate", "filled", "controls moved", "registers", "malformed packets", "wrong channels", "restarted"}
    words_in, words_compared : int
        Words offered, and source words compared.
    stalls, reset : bool
        Whether both sides stalled at random, and whether a reset struck in mid-stream.
    scheduled : bool
        Whether every word was held to the clock that the core's schedule tells, from the first to the last.
    extremes, worst_case : int
        Words of full scale in every shape, and of the worst case of what is linear, among the words offered.
    voiced : int
        Words of a voice among them, for a core of which nothing comes without one.
    moves : int
        Changes of inputs at run time, or writes to registers.
    reads : int
        Registers that were read back.
    beside : tuple of str
        Outputs beside the stream that were compared.
    unnoticed : tuple of str
        Inputs of which some change did nothing to these words.
    malformed : int
        Packets, or frames of several channels, that were spoilt.
    stop : int
        Clocks for which downstream stood still at a time, and then upstream.
    runs : int
        How many there were of its kind, where these are counted together.
    """

    name: str
    words_in: int
    words_compared: int = 0
    stalls: bool = True
    reset: bool = False
    scheduled: bool = False
    extremes: int = 0
    worst_case: int = 0
    voiced: int = 0
    moves: int = 0
    reads: int = 0
    beside: tuple[str, ...] = ()
    unnoticed: tuple[str, ...] = ()
    malformed: int = 0
    stop: int = 0
    runs: int = 1


@dataclass(frozen=True)
class EngineResult:
    """What one engine proved.

    Attributes
    ----------
    engine : str
    words_compared, words_different : int
        Source words, those that are missing or too many included.
    first_difference : Difference or None
    first_late : str or None
        The first word that moved in another clock than the core tells.
    error : str or None
        Why the run did not come to its end.
    cycles : int
    seconds, cycles_per_second : float
    replay : str
        Command line that does it again.
    legs : tuple of Leg
        The runs that it made, one behind the other, to the first that failed.
    """

    engine: str
    words_compared: int = 0
    words_different: int = 0
    first_difference: Difference | None = None
    first_late: str | None = None
    error: str | None = None
    cycles: int = 0
    seconds: float = 0.0
    cycles_per_second: float = 0.0
    replay: str = ""
    legs: tuple[Leg, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.words_different and self.error is None and self.first_late is None and self.words_compared > 0


@dataclass(frozen=True)
class Verification:
    """Outcome of `verify`.

    Attributes
    ----------
    core, name : str
        Kind of core and name of the entity.
    samples : int
        Length of the stimulus.
    seed : int
    judgement : Judgement
        How near the model comes to the reference, and what was promised.
    extremes : Judgement
        The same of the extremes and the worst-case words.
    engines : tuple of EngineResult
    """

    core: str
    name: str
    samples: int
    seed: int
    judgement: Judgement
    extremes: Judgement
    engines: tuple[EngineResult, ...]

    @property
    def passed(self) -> bool:
        """Whether all that was played agrees, the SNR is what was promised, and both prove something.

        Every engine agreed with the model in every word; each input that can be moved was seen to matter in one of them.
        """
        agreed = all(engine.passed for engine in self.engines) and self.snr_passed
        return agreed and self.judgement.tells and self.sounds and not self.unnoticed

    @property
    def sounds(self) -> bool:
        """Whether any word that the model gave is other than 0: of nothing but zeros a dead core would have passed."""
        return self.judgement.sounds or self.extremes.sounds

    @property
    def unnoticed(self) -> tuple[str, ...]:
        """Inputs at run time of which no engine's words showed anything: a core in which they are dead would have passed.

        A run that reads registers tells that they hold what was written, not that it does anything to the words.
        """
        found = [leg.unnoticed for engine in self.engines for leg in engine.legs if leg.moves and not leg.reads]
        return tuple(name for name in (found[0] if found else ()) if all(name in names for names in found))

    @property
    def snr(self) -> float:
        """SNR in dB of the model against the reference; infinite if they agree exactly."""
        return self.judgement.snr

    @property
    def mse(self) -> float:
        """Mean squared error, in the source's units."""
        return self.judgement.mse

    @property
    def promised_snr(self) -> float | None:
        """SNR in dB that the core promises; infinite where it promises every word, None for silence."""
        return self.judgement.promise.snr

    @property
    def snr_passed(self) -> bool:
        """Whether the model is what was promised; of the extremes where any is left that saturates nowhere."""
        return self.judgement.kept and (self.extremes.kept or not self.extremes.promise.words)

    def as_dict(self) -> dict[str, Any]:
        """All of it in types that JSON has; an infinite SNR is None."""
        plain = dataclasses.asdict(self)
        for row, engine in zip(plain["engines"], self.engines, strict=True):
            row["passed"] = engine.passed
        plain["engines"] = list(plain["engines"])
        found = self.judgement.as_dict()
        plain["judgement"], plain["extremes"] = found, self.extremes.as_dict()
        summary = {"snr": found["snr"], "mse": self.mse, "promised_snr": found["promise"]["snr"], "margin": found["margin"]}
        return {**plain, **summary, "unnoticed": list(self.unnoticed), "passed": self.passed}
