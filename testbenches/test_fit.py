"""`ossicle fit`: what is written for an audiogram, what is printed, and what is refused."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import pywt

from ip_cores.core import make_core
from ip_cores.description import load_core
from ossicle.command_line import main
from ossicle.fitting.aid_description import Fitting, fit_aid, speech_levels
from ossicle.fitting.audiogram_files import read_listener, read_table
from reference.audiograms import STANDARD, Audiogram, standard_audiogram
from testbenches.hashes import EXAMPLES
from testbenches.test_bad_input import refused

ROOT = Path(__file__).resolve().parent.parent

N4 = """
[audiogram]
frequencies = [250, 500, 1000, 2000, 4000, 6000]
right = [55, 55, 55, 65, 75, 80]
"""

FREQUENCIES = np.array([250, 500, 1000, 2000, 4000, 6000])
N4_GAIN = [8.8, 17.8, 26.8, 27.9, 30.0, 31.55]
"""NAL-R by hand, dB."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fitted(folder, text, *arguments, name="a.toml"):
    """The descriptions that the command writes, by file."""
    (folder / name).write_text(text)
    before = set(folder.iterdir())
    assert main(["fit", name, "--output", "aid.toml", *arguments]) == 0
    return {path.name: tomllib.loads(path.read_text()) for path in sorted(set(folder.iterdir()) - before)}


def insertion_gain(gains, wavelet="db2"):
    """What PyWavelets' stationary transform with these gains in dB, from low to high, does at the six frequencies."""
    size = 1600
    impulse = np.zeros(size)
    impulse[0] = 1
    bands = pywt.swt(impulse, wavelet, 4, trim_approx=True, norm=True)
    heard = pywt.iswt([10 ** (gain / 20) * band for gain, band in zip(gains, bands, strict=True)], wavelet, norm=True)
    return 20 * np.log10(np.abs(np.fft.rfft(heard)))[FREQUENCIES * size // 16000]


def test_an_aid_gives_what_the_prescription_asks_for(folder, capfd):
    written = fitted(folder, N4)
    assert list(written) == ["aid.toml"]
    aid = written["aid.toml"]
    reducer, compressor = aid["stages"]
    assert {key: aid[key] for key in ("core", "name", "sample_rate", "wavelet", "levels", "sink", "source", "ceiling")} == {
        "core": "hearing_aid", "name": "aid", "sample_rate": 16000, "wavelet": "db2", "levels": 4, "sink": "sfix16_En15",
        "source": "sfix16_En15", "ceiling": 0.5,
    }  # fmt: skip
    assert reducer == {"core": "noise_reducer", "floor": 0.4}
    gains = compressor.pop("gains")
    assert compressor == {
        "core": "compressor", "compression_ratio": 2.0, "compression_knee": 45.0, "expansion_knee": 30.0, "output_limit": 105.0,
        "attack": 5.0, "release": 100.0, "full_scale_spl": 100.0, "output_full_scale_spl": 120.0,
    }  # fmt: skip
    np.testing.assert_allclose(insertion_gain(gains), N4_GAIN, atol=0.8)
    said = capfd.readouterr().out
    largest = np.max(np.abs(insertion_gain(gains) - N4_GAIN))
    assert f"largest error {largest:.2f} dB" in said
    # Half of full scale is 6.02 dB below 120; the root mean square of a square wave is 3.01 dB above that of the sine.
    assert "highest output 114.0 dB SPL for a sine, 117.0 for any signal" in said
    assert "calibration: a sine of full scale is 100 dB SPL where it comes in, 120 where it leaves" in said
    assert "dead region" not in said


def test_two_ears_that_differ_are_two_files(folder):
    both = N4 + "left = [35, 35, 40, 50, 60, 65]\n"
    written = fitted(folder, both)
    assert list(written) == ["aid_left.toml", "aid_right.toml"]
    assert [aid["name"] for aid in written.values()] == ["aid_left", "aid_right"]
    left, right = (aid["stages"][1]["gains"] for aid in written.values())
    assert np.mean(left) < np.mean(right)


@pytest.mark.parametrize("thresholds", ["left = [55, 55, 55, 65, 75, 80]\n", ""])
def test_two_ears_that_do_not_differ_are_one_file(thresholds, folder):
    text = N4 + thresholds if thresholds else N4.replace("right", "both")
    assert list(fitted(folder, text)) == ["aid.toml"]


def test_a_table_or_a_name_is_the_same_audiogram(folder):
    (wanted,) = fitted(folder, N4).values()
    (folder / "aid.toml").unlink()
    tables = {
        "plain.csv": "frequency,right\n250,55\n500,55\n1000,55\n2000,65\n4000,75\n6000,80\n",
        "excel.csv": "\ufeff# of today\nFrequency (Hz);Right [dB HL]\n250;55\n500;55\n1000;55,0\n2000;65\n4000;75\n6000;80\n\n",
        "both.csv": "Hz\tdB HL\n250\t55\n500\t55\n1000\t55\n2000\t65\n4000\t75\n6000\t80\n",
        "named.toml": '[audiogram]\nboth = "N4"\n',
        "notepad.toml": '\ufeff[audiogram]\r\nboth = "N4"\r\n',
    }
    for name, text in tables.items():
        (found,) = fitted(folder, text, name=name).values()
        assert found == wanted, name
        (folder / "aid.toml").unlink()


def test_options_stand_in_the_table_and_the_command_line_wins(folder):
    more = N4 + 'wavelet = "haar"\ncompression = 1\noutput_limit = 110\nnoise_reduction = false\nsample_rate = 16000\n'
    (aid,) = fitted(folder, more).values()
    assert aid["wavelet"] == "haar"
    (stage,) = aid["stages"]
    assert stage["core"] == "band_gain"
    # Without a compressor nothing knows sound pressure: full scale that leaves is 20 dB louder than full scale that comes in.
    np.testing.assert_allclose(insertion_gain(np.array(stage["gains"]) + 20, "haar"), N4_GAIN, atol=1.2)
    (folder / "aid.toml").unlink()
    (aid,) = fitted(folder, more, "--wavelet", "db2", "--compression", "3", "--rule", "half-gain", "--levels", "5").values()
    (stage,) = aid["stages"]
    assert (aid["wavelet"], aid["levels"], stage["compression_ratio"], len(stage["gains"])) == ("db2", 5, 3.0, 6)
    assert len(stage["speech_levels"]) == 6


def test_each_band_may_have_a_ratio(folder):
    (aid,) = fitted(folder, N4 + "compression = [1, 1.5, 2, 2, 3]\n").values()
    assert aid["stages"][1]["compression_ratio"] == [1, 1.5, 2, 2, 3]


def test_gains_of_the_user_as_a_list_and_as_a_table(folder):
    flat = "rule = [10, 10, 10, 10, 10, 10]\n"
    (aid,) = fitted(folder, N4 + flat).values()
    np.testing.assert_allclose(aid["stages"][1]["gains"], 10, atol=0.01)
    (folder / "aid.toml").unlink()
    (folder / "gains.csv").write_text("frequency,gain\n500,10\n4000,10\n")
    (same,) = fitted(folder, N4 + 'rule = "gains.csv"\n').values()
    assert same == aid


def test_a_table_of_gains_at_three_levels_becomes_ratio_and_knee(folder):
    """20 dB at 65 dB SPL; 7.5 dB less at 80, so 2:1; 2.5 dB more at 50, which is the gain of the line at 60."""
    (folder / "gains.csv").write_text("frequency,50,65,80\n250,22.5,20,12.5\n6000,22.5,20,12.5\n")
    (aid,) = fitted(folder, N4 + 'rule = "gains.csv"\n').values()
    stage = aid["stages"][1]
    assert stage["compression_ratio"] == 2.0
    speech = np.array([61, 59, 55, 52, 51])
    np.testing.assert_allclose(stage["compression_knee"], speech + 60 - 65)
    np.testing.assert_allclose(stage["gains"], 20, atol=0.01)


def test_dead_regions_are_said_and_bands_beyond_their_use_get_nothing(folder, capfd):
    (aid,) = fitted(folder, STEEP).values()
    said = capfd.readouterr().out
    # 90 dB HL is crossed at 1000 * 2^(30/40) = 1682 Hz; amplification helps up to 2859 Hz, and D_1 has its centre at 5657 Hz.
    assert "dead region probable above 1.682 kHz" in said
    assert "no gain in D_1, beyond 2.859 kHz" in said
    assert "not asked for: 4000, 6000 Hz" in said
    assert aid["stages"][1]["gains"][-1] == 0
    (folder / "aid.toml").unlink()
    (aid,) = fitted(folder, STEEP, "--amplify-dead-regions", "--output-limit", "110").values()
    assert aid["stages"][1]["gains"][-1] > 20
    assert "no gain in" not in capfd.readouterr().out


STEEP = "[audiogram]\nfrequencies = [250, 500, 1000, 2000, 4000, 6000]\nboth = [30, 40, 60, 100, 110, 110]\n"


def test_what_lies_beyond_a_dead_regions_use_can_be_heard_below(folder, capfd):
    """It is proposed; asked for, it is a frequency shifter in front of the same aid."""
    (aid,) = fitted(folder, STEEP).values()
    assert "proposed, by --lower: what is above 2.859 kHz 950 Hz lower, beside the sound itself" in capfd.readouterr().out
    (folder / "aid.toml").unlink()
    (lowered,) = fitted(folder, STEEP, "--lower").values()
    assert "heard: what is above 2.859 kHz 950 Hz lower" in capfd.readouterr().out
    lowering, bands = lowered["stages"]
    assert bands == {**aid, "name": "aid_bands"}
    core = load_core(folder / "aid.toml")
    assert core.name == "aid"
    # A tone of 3.5 kHz is heard at 2.55 kHz as well.
    tone = np.round(800 * np.sin(2 * np.pi * 3500 / 16000 * np.arange(8000))).astype(np.int64)
    spectrum = np.abs(np.fft.rfft(core.stages[0].model(tone)[400:] * np.hanning(7600)))
    loudest = np.sort(np.argsort(spectrum)[-6:] * 16000 / 7600)
    assert np.all((np.abs(loudest - 3500) < 50) | (np.abs(loudest - 2550) < 50))
    assert {round(f, -3) for f in loudest} == {3000, 4000}
    assert (lowering["shift"], lowering["dry"], lowering["prefilter"]["cutoff"]) == (-950.0, 1.0, 2860.0)


def test_an_ear_without_a_dead_region_gets_nothing_lower(folder, capfd):
    plain, lowered = fitted(folder, N4), fitted(folder, N4.replace("right", "left"), "--lower", name="b.toml")
    assert "lower" not in capfd.readouterr().out
    assert lowered == {} or [*lowered.values()] == [*plain.values()]


def test_a_canceller_stands_around_the_aid(folder):
    (aid,) = fitted(folder, N4, "--feedback", "--lower").values()
    core = load_core(folder / "aid.toml")
    assert [stage.kind for stage in core.stages] == ["feedback_canceller", "hearing_aid", "frequency_shifter"]
    assert core.wiring.loops == ((0, 2),)
    assert aid["stages"][0]["inputs"] == ["input", "aid_shift"]
    words = np.random.default_rng(0).integers(-900, 900, 300)
    assert len(core.model(words)) == 300
    assert core.timing() is not None


def test_frequencies_near_half_the_sample_rate_are_not_asked_for(folder, capfd):
    fitted(folder, N4.replace("6000", "8000"))
    assert "not asked for: 8000 Hz" in capfd.readouterr().out


def test_numbers_for_programs(folder, capfd):
    (folder / "a.toml").write_text(N4)
    assert main(["fit", "a.toml", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)["right"]
    assert found["insertion_gain"] == pytest.approx(N4_GAIN)
    assert (found["highest_output"], found["residual"] < 0.8, found["dead_regions"]) == (113.98, True, [])
    assert Path(found["file"]) == Path("aid.toml")
    assert found["description"] == tomllib.loads((folder / "aid.toml").read_text())


def test_the_same_audiogram_gives_the_same_bytes_and_what_was_changed_is_kept(folder, capfd):
    fitted(folder, N4)
    first = (folder / "aid.toml").read_bytes()
    capfd.readouterr()
    assert main(["fit", "a.toml"]) == 0
    assert (folder / "aid.toml").read_bytes() == first
    assert capfd.readouterr().err == ""
    (folder / "aid.toml").write_text("# mine\n")
    assert main(["fit", "a.toml"]) == 0
    assert "kept as aid.toml.bak" in capfd.readouterr().err
    assert (folder / "aid.toml.bak").read_text() == "# mine\n"
    assert (folder / "aid.toml").read_bytes() == first


def test_speech_of_other_banks_is_that_of_the_long_term_spectrum():
    assert speech_levels(Fitting()) == (61, 59, 55, 52, 51)
    other = np.array(speech_levels(Fitting(levels=5)))
    assert 10 * np.log10(np.sum(10 ** (other / 10))) == pytest.approx(65, abs=0.1)


def test_the_aid_itself_has_the_insertion_gain(folder):
    """Sines through the bit-true model: what leaves, at its full scale, over what comes in, at its own."""
    fitted(folder, N4 + "compression = 1\nnoise_reduction = false\n")
    aid = load_core("aid.toml")
    n = np.arange(4000)
    for frequency, wanted in zip(FREQUENCIES, N4_GAIN, strict=True):
        words = np.round(800 * np.sin(2 * np.pi * frequency / 16000 * n)).astype(int)
        heard = aid.model(words)[2000:]
        assert 20 * np.log10(np.std(heard) / np.std(words[2000:])) + 20 == pytest.approx(wanted, abs=0.5)


def test_the_example_of_an_aid_is_what_fit_writes(tmp_path, capfd):
    assert main(["fit", str(EXAMPLES / "audiogram_n4.toml"), "--output", str(tmp_path / "hearing_aid.toml")]) == 0
    assert (tmp_path / "hearing_aid.toml").read_bytes() == (EXAMPLES / "hearing_aid.toml").read_bytes()


@pytest.mark.parametrize("name", [name for name in STANDARD if name != "N7"])
@pytest.mark.parametrize("compression", [1.0, 1.5, 3.0])
def test_what_is_written_is_an_aid(name, compression):
    assert make_core(fit_aid(standard_audiogram(name), Fitting(compression=compression)).description).group_delay == 45


@pytest.mark.parametrize("name", [name for name in STANDARD if name != "N7"])
def test_every_standard_ear_but_the_profound_one_is_fitted(name):
    aid = fit_aid(standard_audiogram(name), Fitting())
    assert aid.fit.residual < 1.6
    assert len(aid.fit.gains) == 5


def test_a_profound_loss_needs_a_higher_limit():
    with pytest.raises(ValueError, match="above output_limit = 105"):
        fit_aid(standard_audiogram("N7"), Fitting())
    aid = fit_aid(standard_audiogram("N7"), Fitting(output_limit=118, ceiling=0.9))
    assert aid.dead[0].low == 0


@pytest.mark.parametrize("ceiling", [0.3, 0.5, 0.51, 1.0])
def test_a_limit_that_is_said_to_be_allowed_is_allowed(ceiling):
    with pytest.raises(ValueError, match="allowed is at most") as refusal:
        fit_aid(standard_audiogram("N7"), Fitting(ceiling=ceiling, output_limit=90))
    highest = float(str(refusal.value).rpartition("up to ")[2])
    assert Fitting(ceiling=ceiling, output_limit=highest).loudest_sine - highest < 0.1
    with pytest.raises(ValueError, match="output_limit"):
        Fitting(ceiling=ceiling, output_limit=highest + 0.1)


@pytest.mark.parametrize(("levels", "rate"), [(6, 16000), (8, 16000), (8, 8000), (7, 48000), (8, 96000)])
def test_bands_of_which_an_audiogram_says_nothing_go_on_as_their_neighbours(levels, rate):
    fit = fit_aid(standard_audiogram("N2", FREQUENCIES), Fitting(levels=levels, sample_rate=rate)).fit
    assert fit.residual < 1
    lowest = rate / 2 ** (levels + 1)
    below = [place for place in range(levels) if lowest * 2**place <= 125]
    assert np.ptp(fit.gains[: len(below) + 1]) < 6
    assert max(fit.gains) < 30


def test_tables_are_read_by_heading(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("frequency, 50 , 65\n250, 1, 2\n")
    assert read_table(path).columns == {"frequency": (250,), "50": (1,), "65": (2,)}
    path.write_text("frequency,left,right\n500,10,20\n1000,30,40\n")
    assert read_listener(path, ()).ears == {"left": Audiogram((500, 1000), (10, 30)), "right": Audiogram((500, 1000), (20, 40))}


BAD = {
    "threshold out of range": ("right = [55, 55, 55, 65, 75, 130]", ["audiogram.right = 130.0", "-10 to 120 dB HL", "6000 Hz"]),
    "unequal lengths": ("right = [55, 55]", ["audiogram.right", "must be 6 thresholds", "not 2"]),
    "a word among numbers": ('right = [55, 55, "x", 65, 75, 80]', ["audiogram.right", "x", "list of numbers"]),
    "no list": ("right = 55", ["audiogram.right = 55", "list of numbers"]),
    "nan": ("right = [nan, 55, 55, 65, 75, 80]", ["audiogram.right = nan", "-10 to 120 dB HL"]),
    "unknown standard": ('right = "N9"', ["audiogram.right", "N9", "N1, N2"]),
    "no ear": ("", ["audiogram", "left, right"]),
    "both and one": ('both = "N4"\nleft = "N4"', ["audiogram = {left = ", "as both"]),
    "unknown key": ('right = "N4"\nruel = "nal-r"', ["audiogram.ruel", "nearest: rule"]),
    "unknown rule": ('right = "N4"\nrule = "nal-nl2"', ["rule", "nal-nl2", "nal-r, nal-rp, half-gain"]),
    "rule of another kind": ('right = "N4"\nrule = 3', ["rule = 3", "nal-r"]),
    "gains of unequal number": ('right = "N4"\nrule = [10, 10]', ["rule", "must be 6 gains"]),
    "gain beyond reach": ('right = "N4"\nrule = [10, 10, 70, 10, 10, 10]', ["rule", "asks for 70 dB at 1000 Hz", "-10 to 60 dB"]),
    "gain beyond the limit": ('right = "N4"\nrule = [50, 50, 50, 50, 50, 50]', ["gain of A_4 is 50.0 dB", "output_limit = 105", "44.0 dB"]),
    "limit beyond the ceiling": ('right = "N4"\noutput_limit = 118', ["output_limit = 118", "113.9 or less", "ceiling"]),
    "compression": ('right = "N4"\ncompression = 0.5', ["compression = 0.5", "1 (none) to 10"]),
    "compressions": ('right = "N4"\ncompression = [1, 2]', ["compression", "5: one for each of A_4"]),
    "wavelet": ('right = "N4"\nwavelet = "morlet"', ["wavelet", "morlet", "nearest"]),
    "levels": ('right = "N4"\nlevels = 9', ["levels = 9", "1 to 8"]),
    "half a level": ('right = "N4"\nlevels = 2.5', ["levels = 2.5", "whole number"]),
    "floor": ('right = "N4"\nfloor = 2', ["floor = 2", "0 to 1"]),
    "switch": ('right = "N4"\nnoise_reduction = "yes"', ["noise_reduction", "yes", "true or false"]),
    "another full scale that comes in": ('right = "N4"\nsink = "sfix16_En20"', ["sink", "sfix16_En20", "must be sfix16_En15"]),
    "another full scale that leaves": ('right = "N4"\nsource = "sfix16_En10"', ["source", "sfix16_En10", "must be sfix16_En15"]),
    "a gain of gains": ('right = "N4"\nrule = [1e308, 1, 1, 1, 1, 1]', ["asks for 1e+308 dB at 250 Hz"]),
    "knees": ('right = "N4"\ncompression_knee = 25', ["compression_knee = 25", "above expansion_knee, 30"]),
    "dead regions": ('right = "N4"\ndead_regions = "kill"', ["dead_regions", "kill", "spare, amplify"]),
    "no table of gains": ('right = "N4"\nrule = "g.csv"', ["g.csv", "No such file"]),
}


@pytest.mark.parametrize("case", BAD, ids=lambda name: name.replace(" ", "_"))
def test_a_bad_audiogram_is_refused_in_one_line(case, folder, capfd):
    text, needles = BAD[case]
    (folder / "bad.toml").write_text(f"[audiogram]\nfrequencies = [250, 500, 1000, 2000, 4000, 6000]\n{text}\n")
    place = "g.csv" if case == "no table of gains" else "bad.toml"
    refused(["fit", "bad.toml", "--output", "sub/aid.toml"], capfd, [place, *needles], folder)


FREQUENCY_LISTS = {
    "falling": ("[500, 250]", ["audiogram.frequencies = 250.0", "must rise"]),
    "one": ("[500]", ["audiogram.frequencies", "two or more"]),
    "no list": ('"250"', ["audiogram.frequencies", "list of numbers"]),
    "too low": ("[0, 500]", ["audiogram.frequencies = 0.0", "50 to 20000 Hz"]),
    "not enough for the rule": ("[1000, 2000]", ["frequencies", "nal-r needs thresholds from 500 Hz"]),
    "above half the sample rate": ("[9000, 12000]", ["sample_rate = 16000", "must be higher"]),
}


@pytest.mark.parametrize("case", FREQUENCY_LISTS, ids=lambda name: name.replace(" ", "_"))
def test_bad_frequencies_are_refused_in_one_line(case, folder, capfd):
    text, needles = FREQUENCY_LISTS[case]
    rule = 'rule = "half-gain"\n' if case == "above half the sample rate" else ""
    (folder / "bad.toml").write_text(f"[audiogram]\nfrequencies = {text}\nright = [10, 20]\n{rule}")
    refused(["fit", "bad.toml"], capfd, ["bad.toml", *needles], folder)


TABLES = {
    "no headings": ("250,10\n500,20\n", ["line 1, cell 1", "frequency"]),
    "no number": ("frequency,left\n250,x\n500,20\n", ["line 2, cell 2", "'x'"]),
    "a cell too few": ("frequency,left\n250,10\n500\n", ["line 3", "holds 1 cells: must be 2"]),
    "columns": ("frequency,left,middle\n250,10,10\n500,20,20\n", ["left, middle", "left, right"]),
    "out of range": ("frequency,left\n250,10\n500,200\n", ["left = 200.0", "-10 to 120"]),
    "falling": ("frequency,left\n500,10\n250,20\n", ["frequency = 250.0", "must rise"]),
    "twice": ("frequency,left,left\n500,10,10\n", ["same heading"]),
    "empty": ("", ["line of headings"]),
    "a cell without end": ("frequency,left\n" + "9" * 200000 + ",3\n", ["line 2", "cannot be split into cells"]),
}


@pytest.mark.parametrize("case", TABLES, ids=lambda name: name.replace(" ", "_"))
def test_a_bad_table_is_refused_in_one_line(case, folder, capfd):
    text, needles = TABLES[case]
    (folder / "bad.csv").write_text(text)
    refused(["fit", "bad.csv"], capfd, ["bad.csv", *needles], folder)


def test_rising_gains_other_columns_and_names_are_refused(folder, capfd):
    (folder / "a.toml").write_text(N4)
    (folder / "up.csv").write_text("frequency,50,65,80\n250,10,10,20\n6000,10,10,20\n")
    refused(["fit", "a.toml", "--rule", "up.csv"], capfd, ["A_4", "must not rise with the level"], folder)
    (folder / "up.csv").write_text("frequency,50,60,80\n250,10,10,20\n6000,10,10,20\n")
    refused(["fit", "a.toml", "--rule", "up.csv"], capfd, ["up.csv", "must be 50, 65, 80"], folder)
    refused(["fit", "a.toml", "--output", "a.toml"], capfd, ["a.toml", "is the audiogram"], folder)
    refused(["fit", "a.toml", "--output", "a.json"], capfd, ["a.json", "must end in .toml"], folder)
    refused(["fit", "a.wav"], capfd, ["a.wav", ".toml or a .csv"], folder)
    refused(["fit", "none.toml"], capfd, ["none.toml", "No such file"], folder)
    (folder / "other.toml").write_text('core = "fir"\n')
    refused(["fit", "other.toml"], capfd, ["other.toml", "core", "[audiogram]"], folder)
