"""The one place where audio files are read and written: WAV, and CSV of numbers."""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fixed_point import Format, audio_to_words, words_to_audio

RATE = 16000
"""Samples per second of speech processing in a hearing aid."""

FORMATS = {np.dtype(kind): format for kind, format in (("u1", "ufix8"), ("i2", "sfix16"), ("i4", "sfix32"), ("i8", "sfix64"))}
"""What the integers of a WAV file are words of; 24-bit files arrive left-justified in 32."""


class AudioError(ValueError):
    """A file that cannot be read or written as audio; the message names it and says what to do."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Samples of one channel.

    Attributes
    ----------
    samples : ndarray of float64, shape (n,)
        Full scale is -1 to 1.
    rate : int
        Samples per second.
    note : str
        What was converted on the way in, for the user to read; empty if nothing was.
    """

    samples: np.ndarray
    rate: int = RATE
    note: str = ""

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def read_audio(path: str | Path, rate: int = RATE) -> Audio:
    """Read one channel of audio at a sample rate.

    Parameters
    ----------
    path : path
        A WAV file of one channel (8 to 32 bits, integer or float), or a CSV file with one number per sample.
    rate : int
        Samples per second wanted; a WAV file at another rate is converted, and `Audio.note` says so.

    Raises
    ------
    AudioError
        If the file cannot be read, holds no or non-finite samples, or has several channels.
    """
    path = Path(path)
    if not path.is_file():
        raise AudioError(f"{path}: no such file")
    if path.suffix.lower() == ".csv":
        return Audio(_finite(_read_csv(path), path), rate)
    found, data = _read_wav(path)
    if data.ndim != 1:
        fix = f"sox {path.name} -c 1 -r {rate} {path.stem}_mono.wav"
        raise AudioError(f"{path}: has {data.shape[1]} channels and a core takes one: mix them, as with `{fix}`")
    kind = data.dtype.newbyteorder("=")  # RIFX files are big-endian
    samples = words_to_audio(data, FORMATS[kind]) if kind in FORMATS else data.astype(np.float64)
    samples = _finite(samples, path)
    if found == rate:
        return Audio(samples, rate)
    import scipy.signal  # only here, since it takes half a second to load

    common = math.gcd(found, rate)
    converted = scipy.signal.resample_poly(samples, rate // common, found // common)
    return Audio(np.asarray(converted, dtype=np.float64), rate, f"{path}: converted from {found} to {rate} samples per second")


def write_audio(path: str | Path, samples: np.ndarray, rate: int = RATE, bits: int = 16) -> None:
    """Write one channel of audio; what exceeds full scale saturates.

    Parameters
    ----------
    path : path
        Ending in ``.wav`` or ``.csv``.
    samples : array of float, shape (n,)
    rate : int
    bits : {16, 32}
        Of a WAV file.

    Raises
    ------
    AudioError
        If the file cannot be written; what was there before stays.
    """
    path = Path(path)
    samples = _finite(np.asarray(samples, dtype=np.float64), path)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.suffix.lower() == ".csv":
            partial.write_text("".join(f"{value!r}\n" for value in samples.tolist()))
        elif path.suffix.lower() == ".wav":
            import scipy.io.wavfile  # only here, since it takes a fifth of a second to load

            words = audio_to_words(samples, Format(True, bits, 0))
            scipy.io.wavfile.write(partial, rate, words.astype({16: np.int16, 32: np.int32}[bits]))
        else:
            raise AudioError(f"{path}: audio is written as .wav or .csv")
        partial.replace(path)
    except OSError as error:
        raise AudioError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def _read_wav(path: Path) -> tuple[int, np.ndarray]:
    import scipy.io.wavfile

    try:
        with warnings.catch_warnings():
            # Chunks that hold no audio (tags, cue points) are none of our business.
            warnings.simplefilter("ignore", scipy.io.wavfile.WavFileWarning)
            return scipy.io.wavfile.read(path)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception as error:
        # scipy lets ValueError, struct.error, EOFError and more through.
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise AudioError(f"{path}: is no WAV file that can be read: {reason}") from None


def _read_csv(path: Path) -> np.ndarray:
    values: list[float] = []
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise AudioError(f"{path}: cannot be read: {error}") from None
    for number, row in enumerate(text.splitlines(), 1):
        for cell in row.replace(",", " ").replace(";", " ").split():
            try:
                values.append(float(cell))
            except ValueError:
                raise AudioError(f"{path}, line {number}: {cell!r} is no number") from None
    return np.array(values)


def _finite(samples: np.ndarray, path: Path) -> np.ndarray:
    if samples.ndim != 1 or not len(samples):
        raise AudioError(f"{path}: holds no samples")
    if not np.isfinite(samples).all():
        raise AudioError(f"{path}: sample {int(np.argmin(np.isfinite(samples)))} is not finite")
    return samples
