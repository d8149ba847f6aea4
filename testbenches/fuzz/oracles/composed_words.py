"""Cores made of others: the oracles of the parts, one behind the other, segment by segment (chain.md, sequencer.md, denoiser.md)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from testbenches.fuzz.oracles import octave_words, segment_words, undecimated_words
from testbenches.fuzz.oracles.threshold_words import thresholded
from testbenches.fuzz.oracles.told import Oracle, Row, Rows, Told


def in_a_row(parts: list[tuple[Oracle, Told]], words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """The words that leave one enter the next."""
    given = dict(words)
    for oracle, told in parts:
        prefix = f"{told['name']}_"
        own = {name.removeprefix(prefix): row for name, row in values.items() if name.startswith(prefix)}
        given = oracle(told, given, own)
    return given


def whole_segments_of(words: Row, enabled: Row, length: int) -> list[int]:
    """Places of the words that come to lie in whole segments: a segment is cut off where the enable goes low."""
    kept: list[int] = []
    segment: list[int] = []
    for place in range(len(words)):
        segment = [*segment, place] if enabled[place] else []
        if len(segment) == length:
            kept, segment = kept + segment, []
    return kept


def sequenced(oracle: Oracle, inner: Told, length: int, words: Mapping[str, Row], values: Mapping[str, Row], prefix: str = "") -> Rows:
    """A calculation on whole segments, each under the settings that its last sample meets (docs/cores/sequencer.md)."""
    data = words["data"]
    places = whole_segments_of(data, values.get("enable", [1] * len(data)), length)
    lasts = [places[n // length * length + length - 1] for n in range(len(places))]
    own = {name.removeprefix(prefix): [row[place] for place in lasts] for name, row in values.items() if name != "enable"}
    return oracle(inner, {"data": [data[place] for place in places]}, own)


def denoised_stream(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Analysis, threshold, synthesis; band words meet the settings of the sample with which they are due (docs/cores/denoiser.md)."""
    undecimated = told["bank"] == "undecimated"
    split = undecimated_words.split_undecimated if undecimated else octave_words.analysed
    join = undecimated_words.join_undecimated if undecimated else octave_words.synthesised
    bands = told.facts["bands"]
    facts = {"coefficient_word_length": told["coefficient_word_length"], "guard_bits": told["guard_bits"]}
    given = split(dataclasses.replace(told, source=bands, facts=facts), words, {})
    levels, due = told["levels"], []
    for sample in range(len(words["data"])):
        if undecimated:
            due += [sample] * (levels + 1)
        else:
            fall_due = [level for level in range(1, levels + 1) if (sample + 1) % 2**level == 0]
            due += [sample] * (len(fall_due) + ((sample + 1) % 2**levels == 0))
    met = {name: [row[sample] for sample in due] for name, row in values.items()}
    period, first, last = told.facts.get("tracked", (1, 0, 1))
    tracked = [first <= sample % period < last for sample in due]
    if not undecimated:  # a decimated bank has as many words as samples, and they are counted themselves
        tracked = [first <= n % period < last for n in range(len(due))]
    middle = dataclasses.replace(told, sink=bands, source=bands, facts={"tracked": tracked})
    given = thresholded(middle, given, met)
    description = {**told.description, "overflow": "saturate"}
    return join(dataclasses.replace(told, description=description, sink=bands, facts=facts), given, {})


def aided(told: Told, oracles: Mapping[str, Oracle], words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Analysis, stages, synthesis, limiter; band words meet the settings of their sample (docs/cores/hearing_aid.md)."""
    bands, stages, limiter = told.facts["bands"], told.facts["stages"], told.facts["limiter"]
    facts = {"coefficient_word_length": told["coefficient_word_length"], "guard_bits": told["guard_bits"]}
    given = undecimated_words.split_undecimated(dataclasses.replace(told, source=bands, facts=facts), words, {})
    due = [sample for sample in range(len(words["data"])) for _ in range(told["levels"] + 1)]
    for stage in stages:
        prefix = f"{stage['name']}_"
        met = {name.removeprefix(prefix): [row[n] for n in due] for name, row in values.items() if name.startswith(prefix)}
        given = oracles[stage["core"]](stage, given, met)
    description = {**told.description, "overflow": "saturate"}
    samples = undecimated_words.join_undecimated(dataclasses.replace(told, description=description, sink=bands, facts=facts), given, {})
    return oracles["limiter"](limiter, samples, {name: values[name] for name in ("ceiling",) if name in values})


def denoised(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A denoiser in each of its ways; between windows each segment is worked on with its zeros, and the results are added up."""
    if told["processing"] == "stream":
        return denoised_stream(told, words, values)
    if told["window"] == "none":
        return sequenced(denoised_stream, told, told["segment_length"], words, values)
    cut, inner, added = told.facts["parts"]
    given = segment_words.cut_up(cut, words, {})
    found = sequenced(denoised_stream, inner, len(given["data"]) and cut["segment_length"] + cut["padding"], {"data": given["data"]}, {})
    whole = cut["segment_length"] + cut["padding"]
    marks = {
        "startofpacket": [int(n % whole == 0) for n in range(len(found["data"]))],
        "endofpacket": [int(n % whole == whole - 1) for n in range(len(found["data"]))],
    }
    return segment_words.added_up(added, {**found, **marks}, {})
