"""Drawing cases of one kind for one level until some are done or one fails, which hypothesis then shrinks; and the file that replays it."""

from __future__ import annotations

import hashlib
import json
import resource
import signal
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from ip_cores.core import make_core
from ip_cores.description_text import to_toml, toml_value
from testbenches.fuzz.analysis import ghdl_complaints
from testbenches.fuzz.differential import DrawnCase, Refused, Wrong, compare_with_engine, compare_with_oracle, made_core
from testbenches.fuzz.spoilt_files import answer_to, corpus, spoilt_files
from testbenches.fuzz.strategies import descriptions, stimuli

ENGINES = ("model", "myhdl", "ghdl", "native", "vhdl", "files")
"""What is held against what: the model against an oracle, three engines against the model, the VHDL against three editions of its standard,
and what commands say to spoilt files against what they should."""

LONGEST_CASE = 120
"""Processor time in s after which a case is taken to hang; of this process, its children aside."""

MOST_SHRINKING = {"model": 60.0, "myhdl": 60.0, "ghdl": 60.0, "native": 90.0, "vhdl": 40.0, "files": 30.0}
"""Processor time in s, children included, that is spent on making a failure smaller."""


class Hangs(BaseException):
    """A case that takes too long; no Exception, so that nothing under test swallows it."""


@dataclass
class Hunted:
    """What came of some cases of a kind.

    Attributes
    ----------
    engine, kind : str
    seed : int
        It draws them again.
    cases : list of str
        A digest of each case that was played; several are of one case only where the space is small.
    refused : int
        Descriptions that no core is made of, or that have nothing this engine plays.
    seconds : float
        Processor time.
    failure : bytes
        Content of a file that replays the smallest failure; empty if there is none.
    suffix : str
        Of its name.
    message : str
        What was wrong with it.
    """

    engine: str
    kind: str
    seed: int
    cases: list[str] = field(default_factory=list)
    refused: int = 0
    seconds: float = 0.0
    failure: bytes = b""
    suffix: str = ".toml"
    message: str = ""


@st.composite
def cases(draw: Any, engine: str, kind: str) -> DrawnCase:
    """Cases of a kind for an engine: words and run-time inputs for a model, seeds for what simulates hardware, spoilt files of a reader."""
    if engine == "files":
        return DrawnCase({}, file=draw(spoilt_files(kind)))
    description = draw(descriptions(kind))
    if engine != "model":
        run = {"samples": draw(st.integers(24, 200)), "seed": draw(st.integers(0, 999)), "stalls": draw(st.integers(0, 60))}
        return DrawnCase(description, run={**run, "soon": draw(st.integers(0, 40))})
    try:
        core = make_core(description)
    except ValueError:
        return DrawnCase(description)
    words, values = draw(stimuli(core, description))
    return DrawnCase(description, words, values)


def check_vhdl(case: DrawnCase) -> None:
    """The VHDL through GHDL in three editions, with every warning an error, and its synthesis."""
    found = ghdl_complaints(made_core(case.description))
    if found:
        raise Wrong("; ".join(found))


def check_file(reader: str, case: DrawnCase) -> None:
    """What the command says that reads the file."""
    wrong = answer_to(reader, *case.file).wrong
    if wrong:
        raise Wrong(wrong)


def checks(engine: str, kind: str) -> Callable[[DrawnCase], None]:
    """What is asked of a case."""
    special: dict[str, Callable[[DrawnCase], None]] = {"model": compare_with_oracle, "vhdl": check_vhdl, "files": partial(check_file, kind)}
    return special.get(engine) or partial(compare_with_engine, engine)


def hunt(engine: str, kind: str, number: int, count: int) -> Hunted:
    """Draw some cases of a kind and hold each to what is asked.

    Parameters
    ----------
    engine : str
        Of `ENGINES`.
    kind : str
        Of core; with ``files`` one of `READERS`.
    number : int
        Seed.
    count : int
        Cases; fewer where one fails.
    """
    found, check = Hunted(engine, kind, number), checks(engine, kind)
    began, failed_at, calls = used_seconds(), 0.0, 0
    outcomes: dict[str, str] = {}
    last: tuple[DrawnCase, str] | None = None

    @seed(number)
    @settings(
        max_examples=count + 1, database=None, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink), print_blob=False,
    )  # fmt: skip
    @given(cases(engine, kind))
    def try_it(case: DrawnCase) -> None:
        nonlocal last, failed_at, calls
        calls += 1
        if calls == 1:  # the simplest of all, the same in every hunt
            return
        name = digest_of(case)
        if failed_at and name not in outcomes and used_seconds() - failed_at > MOST_SHRINKING[engine]:
            return
        if name not in outcomes or outcomes[name]:
            outcomes[name] = complaint_of(check, case, found, counts=not failed_at)
        if outcomes[name]:
            failed_at = failed_at or used_seconds()
            last = case, outcomes[name]
            raise Wrong(outcomes[name].splitlines()[0][:60])

    try:
        try_it()
    except (Wrong, HypothesisException):
        assert last is not None
        case, found.message = last
        found.failure = case.file[1] if engine == "files" else replay_text(case, engine, found.message).encode()
        found.suffix = Path(case.file[0]).suffix if engine == "files" else ".toml"
    found.seconds = used_seconds() - began
    return found


def complaint_of(check: Callable[[DrawnCase], None], case: DrawnCase, found: Hunted, counts: bool = True) -> str:
    """What is wrong with a case; an exception that nobody should see is. Counts it, and what is refused, while none has failed."""
    try:
        with processor_limit(LONGEST_CASE):
            check(case)
    except Refused:
        found.refused += counts
        return ""
    except Wrong as wrong:
        return str(wrong)
    except Hangs:
        return f"more than {LONGEST_CASE} s of processor time"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if counts:
        found.cases.append(digest_of(case))
    return ""


@contextmanager
def processor_limit(seconds: float) -> Iterator[None]:
    """End with `Hangs` what takes more processor time than this, however busy the machine is."""

    def stop(*_: Any) -> None:
        raise Hangs

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def used_seconds() -> float:
    """Processor time of this process and of its children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def digest_of(case: DrawnCase) -> str:
    """A short name of a case, the same for the same one."""
    text = json.dumps([case.description, case.words, case.values, case.run, case.file[0]], sort_keys=True)
    return hashlib.sha256(text.encode() + case.file[1]).hexdigest()[:16]


REPLAYED = "#: "
"""In front of the lines that say what is played to the core; without them the file is its description, for every other command too."""


def replay_text(case: DrawnCase, engine: str, message: str) -> str:
    """A description as TOML, in whose comments stand what is played, what is wrong, and the command that shows it again."""
    beside = {"engine": engine, "words": case.words, "values": case.values, "run": case.run}
    said = [f"# {line}" for line in message.splitlines()[:5]]
    again = ["# python -m testbenches.fuzz --replay FILE"]
    return "\n".join(
        [*said, *again, *(f"{REPLAYED}{key} = {toml_value(value)}" for key, value in beside.items()), to_toml(case.description)]
    )


def replay(path: Path) -> str:
    """Play a file again that a hunt left; what is wrong, or nothing."""
    content = path.read_bytes()
    lines = [line.removeprefix(REPLAYED) for line in content.decode(errors="replace").splitlines() if line.startswith(REPLAYED)]
    if not lines:
        reader = next(reader for reader, files in corpus().items() if any(name.endswith(path.suffix) for name in files))
        return complaint_of(checks("files", reader), DrawnCase({}, file=(f"replayed{path.suffix}", content)), Hunted("files", reader, 0))
    beside = tomllib.loads("\n".join(lines))
    case = DrawnCase(tomllib.loads(content.decode()), beside["words"], beside["values"], beside["run"])
    kind = str(case.description["core"])
    return complaint_of(checks(beside["engine"], kind), case, Hunted(beside["engine"], kind, 0))
