"""The one place where sound is read from files and written to them: WAV, FLAC and AIFF by libsndfile, and rows of numbers."""

from __future__ import annotations

import contextlib
import errno
import io
import math
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fixed_point.full_scale import audio_to_words
from fixed_point.number_format import Format
from fixed_point.number_tables import is_table, read_numbers
from fixed_point.number_text import TableError
from fixed_point.riff import RiffError, mended

RATE = 16000
"""Samples per second of speech processing in a hearing aid."""

RATES = (100, 768_000)
"""Samples per second that a file may say it has, least and most: beyond, the header is damaged, and converting takes gigabytes."""

SOUNDS = (".wav", ".wave", ".flac", ".aif", ".aiff")
"""Suffixes of the files of sound that are read; any table of numbers is read too."""

WRITTEN = {".wav": ("WAV", 32), ".wave": ("WAV", 32), ".flac": ("FLAC", 24)}
"""Suffixes of the files of sound that are written: libsndfile's word for the format, and the most bits of a sample."""


class AudioError(ValueError):
    """A file that cannot be read or written as audio; the message names it and says what to do."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Samples of one channel, or of several.

    Attributes
    ----------
    samples : ndarray of float64, shape (n,) or (n, channels)
        Full scale is -1 to 1.
    rate : int
        Samples per second.
    note : str
        What was mended or converted on the way in, for the user to read; empty if nothing was.
    bits : int or None
        Of a sample in the file, where its samples are integers.
    """

    samples: np.ndarray
    rate: int = RATE
    note: str = ""
    bits: int | None = None

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def is_sound(name: str) -> bool:
    """Whether a name is that of a file that `read_audio` reads, sound or numbers.

    Examples
    --------
    >>> is_sound("Speech.FLAC"), is_sound("taps.csv"), is_sound("speech.mp3")
    (True, True, False)
    """
    return Path(name).suffix.lower() in SOUNDS or is_table(name)


def read_audio(path: str | Path, rate: int = RATE, channel: int | None = None, channels: int = 1) -> Audio:
    """Read audio of one channel, or of so many, at a sample rate.

    Parameters
    ----------
    path : path
        A WAV (RIFX too), FLAC or AIFF file of one channel, of integers of 8 to 32 bits or floats; or a file with one number per sample
        (`fixed_point.number_tables.read_numbers`).
    rate : int
        Samples per second wanted; sound at another rate is converted, and `Audio.note` says so.
    channel : int, optional
        Which one of a file of several, 0 the first; without it such a file is refused.
    channels : int
        How many a file has to have; with several the samples have a column for each, and a table of numbers is refused.

    Raises
    ------
    AudioError
        If the file cannot be read, holds no or non-finite samples, or has another number of channels.
    """
    path = Path(path)
    if not path.is_file():
        raise AudioError(f"{path}: no such file")
    if is_table(path.name):
        if channels > 1:
            raise AudioError(f"{path}: has one channel, as any table of numbers, and the core takes {channels}: give it a WAV file")
        try:
            return Audio(read_numbers(path), rate)
        except TableError as error:
            raise AudioError(str(error).replace("holds no numbers", "holds no samples")) from None
    found, data, bits, mends = _read_sound(path)
    if not RATES[0] <= found <= RATES[1]:
        raise AudioError(f"{path}: says {found} samples per second, and sound has {RATES[0]} to {RATES[1]}")
    if channel is not None and channel < data.shape[1]:
        data = data[:, [channel]]
    if data.shape[1] != channels:
        one = channels == 1
        mixed = shlex.quote(f"{path.stem}_{'mono' if one else f'{channels}_channels'}{path.suffix}")
        fix = f"sox {shlex.quote(path.name)} -c {channels} -r {rate} {mixed}"
        has = f"{data.shape[1]} channel{'s' * (data.shape[1] != 1)}"
        what = "a core takes one" if one else f"the core takes {channels}"
        raise AudioError(f"{path}: has {has} and {what}: mix them, as with `{fix}`")
    samples = _finite(data[:, 0] if channels == 1 else data, path)
    notes = [f"{path}: {mends}"] if mends else []
    if found != rate:
        samples = resampled(samples, found, rate)
        notes.append(f"{path}: converted from {found} to {rate} samples per second")
    return Audio(samples, rate, "; ".join(notes), bits)


def resampled(samples: np.ndarray, found: int, wanted: int) -> np.ndarray:
    """Samples at another rate, by the polyphase filter of scipy; its length grows with the larger rate in lowest terms, hence `RATES`."""
    import scipy.signal  # takes half a second to load

    common = math.gcd(found, wanted)
    return np.asarray(scipy.signal.resample_poly(samples, wanted // common, found // common), dtype=np.float64)


def write_audio(path: str | Path, samples: np.ndarray, rate: int = RATE, bits: int = 16) -> None:
    """Write audio of one channel, or of several; what exceeds full scale saturates.

    Parameters
    ----------
    path : path
        Ending in ``.wav``, ``.flac`` or ``.csv``; where it is a symbolic link, the file that this points to is written.
    samples : array of float, shape (n,) or (n, channels)
    rate : int
    bits : {16, 24, 32}
        Of a sample; FLAC has no 32.

    Raises
    ------
    AudioError
        If the file cannot be written; what was there before stays.
    """
    path = Path(path)
    samples = _finite(np.asarray(samples, dtype=np.float64), path)
    check_written(path, bits)
    if path.suffix.lower() == ".csv":
        rows = samples.reshape(len(samples), -1).tolist()
        content = "".join(f"{','.join(map(repr, row))}\n" for row in rows).encode()
    else:
        content = _sound_bytes(path, samples, rate, bits)
    _write_whole(path, content)


def write_figures(path: str | Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write a table of numbers: names in the first line, then a line for each row.

    Parameters
    ----------
    path : path
        Ending in ``.csv``; where it is a symbolic link, the file that this points to is written.
    columns : mapping of str to array of float, shape (n,)
        By name.

    Raises
    ------
    AudioError
        If the file cannot be written; what was there before stays.
    """
    rows = zip(*(np.asarray(column).tolist() for column in columns.values()), strict=True)
    lines = [",".join(columns), *(",".join(f"{value:.6g}" for value in row) for row in rows)]
    _write_whole(Path(path), "".join(f"{line}\n" for line in lines).encode())


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file, or leave what was there."""
    place = path.resolve()
    partial = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.replace(place)
    except OSError as error:
        raise AudioError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):  # where nothing can be written, there is nothing to remove
            partial.unlink(missing_ok=True)


def check_written(path: Path, bits: int = 16) -> None:
    """Refuse what `write_audio` does not write.

    Raises
    ------
    AudioError
        For another suffix, more bits than the format has, or a symbolic link that leads to itself.
    """
    if Path(os.path.realpath(path)).is_symlink():
        raise AudioError(f"{path}: cannot be written: {os.strerror(errno.ELOOP)}")
    if path.suffix.lower() == ".csv":
        return
    if path.suffix.lower() not in WRITTEN:
        raise AudioError(f"{path}: must end in .wav, .flac or .csv: that is how audio is written")
    format, most = WRITTEN[path.suffix.lower()]
    if bits > most:
        raise AudioError(f"{path}: {format} holds samples of {most} bits at most, and these have {bits}: write a .wav file")


def _sound_bytes(path: Path, samples: np.ndarray, rate: int, bits: int) -> bytes:
    import soundfile  # loads a library of its own

    words = audio_to_words(samples, Format(True, bits, 0)).astype(np.int64)
    # libsndfile takes the upper bits of what it is given.
    data = words.astype(np.int16) if bits == 16 else (words << 32 - bits).astype(np.int32)
    file = io.BytesIO()
    try:
        soundfile.write(file, data, rate, f"PCM_{bits}", format=WRITTEN[path.suffix.lower()][0])
    except (RuntimeError, ValueError, TypeError) as error:
        raise AudioError(f"{path}: cannot be written at {rate} samples per second: {_words_of(error)}") from None
    return file.getvalue()


class PatientBytes(io.BytesIO):
    """Bytes that stay where they are when libsndfile seeks in front of them, as it does in a damaged file: an error would be printed."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        try:
            return super().seek(offset, whence)
        except ValueError:
            return self.tell()


BEGINNINGS = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"FORM")
"""First bytes of the files that are read; what begins otherwise libsndfile may take for MPEG, whose decoder prints notes of its own."""


def _read_sound(path: Path) -> tuple[int, np.ndarray, int | None, str]:
    """Sample rate, samples of shape (n, channels), bits of an integer sample, and what had to be mended."""
    import soundfile  # loads a library of its own

    if path.suffix.lower() not in SOUNDS:
        raise AudioError(f"{path}: must end in {', '.join(SOUNDS)}, or in that of a table of numbers such as .csv")
    kind = path.suffix[1:4].upper().replace("AIF", "AIFF").replace("FLA", "FLAC")
    try:
        content, mends = mended(path.read_bytes())
        if not content.startswith(BEGINNINGS):
            raise RiffError(f"it begins with none of {', '.join(one.decode() for one in BEGINNINGS)}")
        with soundfile.SoundFile(PatientBytes(content)) as file:
            bits = file.subtype.removeprefix("PCM_").lstrip("SU")
            return file.samplerate, file.read(dtype="float64", always_2d=True), int(bits) if bits.isdecimal() else None, mends
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}") from None
    except RiffError as error:
        raise AudioError(f"{path}: is no {kind} file that can be read: {error}") from None
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:  # RuntimeError: libsndfile's own
        raise AudioError(f"{path}: is no {kind} file that can be read: {_words_of(error)}") from None


def _words_of(error: Exception) -> str:
    """What libsndfile says, without the object that soundfile puts in front of it.

    Examples
    --------
    >>> _words_of(RuntimeError("Error opening <_io.BytesIO object at 0x7f>: Format not recognised."))
    'Format not recognised'
    """
    text = " ".join(str(error).split()).rstrip(".")
    return text.rpartition(">: ")[2] or type(error).__name__


def _finite(samples: np.ndarray, path: Path) -> np.ndarray:
    if samples.ndim not in (1, 2) or not len(samples):
        raise AudioError(f"{path}: holds no samples")
    known = np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
    if not known.all():
        raise AudioError(f"{path}: sample {int(np.argmin(known))} is not finite")
    return samples
