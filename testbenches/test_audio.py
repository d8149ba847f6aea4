"""Audio files in and out, and the named stimuli."""

import struct
import wave

import numpy as np
import pytest
import scipy.io.wavfile

from fixed_point.sound import Audio, AudioError, read_audio, write_audio
from ip_cores.core import make_core
from testbenches.signals import SIGNALS, make_signal

RAMP = np.array([0.0, 0.5, -0.5, 0.25, -1.0, 0.75])


def test_round_trip_of_16_and_32_bits(tmp_path):
    for bits in (16, 32):
        write_audio(tmp_path / "x.wav", RAMP, bits=bits)
        assert read_audio(tmp_path / "x.wav").samples.tolist() == RAMP.tolist()


def test_full_scale_saturates(tmp_path):
    write_audio(tmp_path / "x.wav", np.array([1.5, -1.5]))
    assert read_audio(tmp_path / "x.wav").samples.tolist() == [32767 / 32768, -1.0]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_every_kind_of_wav(tmp_path, dtype):
    scale = {np.uint8: 128, np.int16: 2**15, np.int32: 2**31}.get(dtype)
    data = RAMP if scale is None else RAMP * scale + (128 if dtype == np.uint8 else 0)
    scipy.io.wavfile.write(tmp_path / "x.wav", 16000, data.astype(dtype))
    assert read_audio(tmp_path / "x.wav").samples.tolist() == RAMP.tolist()


def test_24_bits(tmp_path):
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setparams((1, 3, 16000, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<i", int(value * 2**23))[:3] for value in RAMP))
    assert read_audio(tmp_path / "x.wav").samples.tolist() == RAMP.tolist()


def test_another_rate_is_converted_and_said(tmp_path):
    n = np.arange(48000)
    scipy.io.wavfile.write(tmp_path / "x.wav", 48000, (0.5 * np.sin(2 * np.pi * 440 * n / 48000)).astype(np.float32))
    audio = read_audio(tmp_path / "x.wav")
    assert len(audio) == 16000
    assert audio.note.endswith("x.wav: converted from 48000 to 16000 samples per second")
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert np.abs(audio.samples - wanted)[100:-100].max() < 1e-3
    assert read_audio(tmp_path / "x.wav", rate=48000).note == ""


def test_csv(tmp_path):
    path = tmp_path / "x.csv"
    write_audio(path, RAMP)
    assert read_audio(path).samples.tolist() == RAMP.tolist()
    path.write_text("0.5, -0.25, 1e-3, 2\n\n")
    assert read_audio(path).samples.tolist() == [0.5, -0.25, 0.001, 2.0]


def bad_files(folder):
    stereo = folder / "stereo.wav"
    scipy.io.wavfile.write(stereo, 16000, np.zeros((10, 2), np.int16))
    yield stereo, r"has 2 channels and a core takes one: mix them, as with `sox stereo\.wav -c 1 -r 16000 stereo_mono\.wav`"
    yield folder / "none.wav", "no such file"
    for name, content, message in (
        ("noise.wav", b"not a wav file at all", "is no WAV file"),
        ("empty.wav", b"", "is no WAV file"),
        ("short.wav", b"RIFF\x00\x00", "is no WAV file"),
        ("word.csv", b"1\n2\nthree\n", r"line 3, cell 1: 'three' is no number"),
        ("empty.csv", b"\n", "holds no samples"),
        ("nan.csv", b"1\nnan\n", "line 2, cell 1: .nan. is not finite"),
        ("binary.csv", b"\xff\xfe\x00", "cannot be read"),
    ):
        (folder / name).write_bytes(content)
        yield folder / name, message
    silent = folder / "silent.wav"
    scipy.io.wavfile.write(silent, 16000, np.zeros(0, np.int16))
    yield silent, "holds no samples"


def test_bad_files_give_one_line(tmp_path):
    for path, message in bad_files(tmp_path):
        with pytest.raises(AudioError, match=message) as caught:
            read_audio(path)
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(AudioError, match="cannot be written"):
        write_audio(tmp_path / "nowhere" / "x.wav", RAMP)
    with pytest.raises(AudioError, match=r"x\.mp3: must end in \.wav, \.flac or \.csv"):
        write_audio(tmp_path / "x.mp3", RAMP)
    assert not list(tmp_path.iterdir())
    assert Audio(RAMP).seconds == 6 / 16000


@pytest.mark.parametrize("sink", ["sfix16_En15", "ufix8_En8", "sfix2_En1", "sfix32_En31"])
@pytest.mark.parametrize("name", [name for name in SIGNALS if name != "speech"])
def test_named_signals_use_the_whole_format(name, sink):
    core = make_core({"core": "fir", "coefficients": [0.25, -0.5, 0.25], "sink": sink})
    words = make_signal(name, core, 5000, seed=3)
    assert words.dtype == np.int64
    assert len(words) == 5000
    f = core.sink_format
    assert words.min() >= f.minimum
    assert words.max() <= f.maximum
    assert (words == make_signal(name, core, 5000, seed=3)).all()
    if name not in ("impulse", "step"):
        assert words.max() - words.min() > 0.9 * (f.maximum - f.minimum)


def test_bursts_are_silent_in_between():
    core = make_core({"core": "stream_register", "sink": "sfix16_En15"})
    bursts = make_signal("bursts", core, 1200).reshape(-1, 100)
    loudest = np.abs(bursts).max(axis=1) / 32768
    assert not loudest[::2].any()
    np.testing.assert_allclose(loudest[1::2], [1, 0.01, 1] * 2, rtol=0.05)


def test_the_worst_case_reaches_the_l1_norm():
    taps = [0.25, -0.5, 0.0, 0.25]
    core = make_core({"core": "fir", "coefficients": taps})
    output = core.reference(make_signal("worst_case", core, 100) / 32768)
    assert output.max() > 0.9999
    assert output.min() < -0.9999


def test_an_unknown_signal():
    with pytest.raises(ValueError, match="must be one of noise, "):
        make_signal("music", make_core({"core": "fir", "coefficients": [1.0]}), 10)


def pcm(words, bits, order="<"):
    """Words as a WAV file has them."""
    return b"".join(int(word).to_bytes(bits // 8, "little" if order == "<" else "big", signed=bits > 8) for word in words)


def chunk(name, body, size=None, order="<"):
    return name + struct.pack(order + "I", len(body) if size is None else size) + body


def format_chunk(channels=1, rate=16000, bits=16, order="<"):
    frame = channels * bits // 8
    return chunk(b"fmt ", struct.pack(order + "HHIIHH", 1, channels, rate, rate * frame, frame, bits), order=order)


def riff(*chunks, size=None, order="<"):
    body = b"WAVE" + b"".join(chunks)
    return (b"RIFF" if order == "<" else b"RIFX") + struct.pack(order + "I", len(body) if size is None else size) + body


WORDS = [16384, -16384, 0, 8192, -32768, 32767]
DATA = pcm(WORDS, 16)
SOUND = [word / 32768 for word in WORDS]

DAMAGED = {
    "whole": (riff(format_chunk(), chunk(b"data", DATA)), SOUND, ""),
    "data size 0": (riff(format_chunk(), chunk(b"data", DATA, 0)), SOUND, "its header gives no length; all 12 bytes"),
    "data size unknown": (riff(format_chunk(), chunk(b"data", DATA, 0xFFFFFFFF)), SOUND, "its header gives no length"),
    "RIFF size 0": (riff(format_chunk(), chunk(b"data", DATA), size=0), SOUND, ""),
    "cut off": (riff(format_chunk(), chunk(b"data", DATA))[:-3], SOUND[:4], "is cut off: 9 of 12 bytes of samples are there"),
    "odd LIST without pad": (riff(format_chunk(), chunk(b"LIST", b"INFOx"), chunk(b"data", DATA)), SOUND, ""),
    "odd LIST with pad": (riff(format_chunk(), chunk(b"LIST", b"INFOx") + b"\0", chunk(b"data", DATA)), SOUND, ""),
    "data first": (riff(chunk(b"data", DATA), format_chunk()), SOUND, None),
    "tags behind": (riff(format_chunk(), chunk(b"data", DATA), chunk(b"id3 ", b"ID3!")), SOUND, ""),
    "data shorter than the file": (riff(format_chunk(), chunk(b"data", DATA, 8)), SOUND[:4], "4 bytes behind the samples"),
    "RIFX, 16 bits": (riff(format_chunk(order=">"), chunk(b"data", pcm(WORDS, 16, ">"), order=">"), order=">"), SOUND, ""),
    "RIFX, 24 bits": (
        riff(format_chunk(bits=24, order=">"), chunk(b"data", pcm([w << 8 for w in WORDS], 24, ">"), order=">"), order=">"), SOUND, "",
    ),
    "RIFX, 32 bits": (
        riff(format_chunk(bits=32, order=">"), chunk(b"data", pcm([w << 16 for w in WORDS], 32, ">"), order=">"), order=">"), SOUND, "",
    ),
    "no data chunk": (riff(format_chunk()), None, r"has no chunk 'data' \('fmt '\)"),
    "DATA": (riff(format_chunk(), chunk(b"DATA", DATA)), None, r"has no chunk 'data' \('fmt ', 'DATA'\)"),
    "no format": (riff(chunk(b"data", DATA)), None, r"has no chunk 'fmt ' \('data'\)"),
    "two data chunks": (riff(format_chunk(), chunk(b"data", DATA), chunk(b"data", DATA)), None, "has 2 chunks 'data'"),
    "bytes that MPEG begins with": (b"\xff\xfe" + riff(format_chunk(), chunk(b"data", DATA)), None, "begins with none of RIFF"),
    "0 channels": (riff(format_chunk(channels=0), chunk(b"data", DATA)), None, "has 0 channels"),
    "rate 0": (riff(format_chunk(rate=0), chunk(b"data", DATA)), None, "its sample rate is 0"),
    "rate of a damaged header": (riff(format_chunk(rate=2_000_000_011), chunk(b"data", DATA)), None, "says 2000000011 samples per second"),
    "64 bits": (riff(format_chunk(bits=64), chunk(b"data", DATA)), None, "unimplemented format"),
    "empty": (riff(format_chunk(), chunk(b"data", b"")), None, "holds no samples"),
    "empty with tags": (riff(format_chunk(), chunk(b"data", b""), chunk(b"LIST", b"INFO")), None, "holds no samples"),
}  # fmt: skip
"""WAV files, what is in them, and what is said."""


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_there_is_read_and_said(case, tmp_path):
    content, samples, said = DAMAGED[case]
    path = tmp_path / "mein ton.wav"
    path.write_bytes(content)
    if samples is None:
        with pytest.raises(AudioError, match=said) as caught:
            read_audio(path)
        assert str(caught.value).startswith(f"{path}: ")
        return
    audio = read_audio(path)
    assert audio.samples.tolist() == samples
    if said == "":
        assert audio.note == ""
    elif said is not None:
        assert audio.note.startswith(f"{path}: {said}")


def test_any_bytes_of_a_header_give_samples_or_one_line(tmp_path):
    rng = np.random.default_rng(7)
    good = np.frombuffer(DAMAGED["odd LIST with pad"][0], np.uint8)
    path = tmp_path / "x.wav"
    for _ in range(200):
        spoilt = good.copy()
        spoilt[rng.integers(0, 58, 3)] = rng.integers(0, 256, 3)
        path.write_bytes(spoilt.tobytes()[: rng.integers(1, len(good) + 1)])
        try:
            line = read_audio(path).note
        except AudioError as error:
            line = str(error)
        assert "\n" not in line


@pytest.mark.parametrize(("suffix", "bits"), [(".wav", 16), (".wav", 24), (".wav", 32), (".flac", 16), (".flac", 24)])
def test_every_word_that_is_written_is_read_again(tmp_path, suffix, bits):
    words = np.random.default_rng(bits).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), 500)
    words[:4] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 1, -1]
    path = tmp_path / f"x{suffix}"
    write_audio(path, words / 2 ** (bits - 1), 48000, bits)
    audio = read_audio(path, 48000)
    assert (audio.samples * 2 ** (bits - 1)).tolist() == words.tolist()
    assert audio.bits == bits
    if suffix == ".wav":  # the standard library's reader as a second witness
        with wave.open(str(path), "rb") as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48000, 1, bits // 8)
            assert file.readframes(500) == pcm(words, bits)


def test_the_advice_may_be_pasted_into_a_shell(tmp_path):
    path = tmp_path / "mein stereo.wav"
    scipy.io.wavfile.write(path, 16000, np.zeros((10, 2), np.int16))
    with pytest.raises(AudioError, match=r"`sox 'mein stereo\.wav' -c 1 -r 16000 'mein stereo_mono\.wav'`"):
        read_audio(path)


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "x.wav"
    (tmp_path / "x.wav").symlink_to(target)
    write_audio(tmp_path / "x.wav", RAMP)
    assert (tmp_path / "x.wav").is_symlink()
    assert read_audio(target).samples.tolist() == RAMP.tolist()
