"""Configurations per second of a sweep: model, metric and cost of each, on 4 s of speech at 16 kHz; ``make bench`` runs it.

Rates are for each second of processor time, so that they hold whatever else a machine does; only the gain of two processes is wall clock.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from fpga_projects.explore import explore, make_task
from fpga_projects.parallel import ignore_interrupt
from ip_cores.description import read_description
from testbenches.audio import read_audio
from testbenches.signals import EXAMPLES

SPEECH = np.resize(read_audio(EXAMPLES / "speech.wav").samples, 4 * 16000)
FILTER = read_description(EXAMPLES / "band_transposed.toml")
WIDE = {"sink.word_length": range(12, 22), "coefficient.word_length": range(10, 20), "source.word_length": range(12, 22)}

FIR_RATE, DENOISER_RATE = 500, 25
"""Configurations per second that one core must reach."""

FLAT = 1.35
"""How much longer a configuration may take among 10 than among 1000."""

TWO_PROCESSES = 1.7
"""How much faster two processes must be."""


def processor_seconds(task, points):
    """Processor time of each configuration; the first has filled the stores."""
    task(points[0])
    start = time.process_time()
    rows = [task(point) for point in points]
    seconds = time.process_time() - start
    assert not any(row.get("error") for row in rows)
    return seconds / len(points)


def test_fir_configurations_per_second(benchmark):
    task = make_task(FILTER, {"coefficient.word_length": range(8, 21), "source.word_length": range(8, 17, 4)}, SPEECH, ["snr"])
    points = list(task.space.points())
    seconds = []
    benchmark.pedantic(lambda: seconds.append(processor_seconds(task, points)), rounds=7, warmup_rounds=1)
    rate = 1 / min(seconds)
    benchmark.extra_info["configurations per second"] = round(rate)
    print(f"\n64 taps: {rate:.0f} configurations/s")
    assert rate >= FIR_RATE


def test_denoiser_configurations_per_second(benchmark):
    denoiser = read_description(EXAMPLES / "denoiser.toml")
    task = make_task(denoiser, {"coefficient_word_length": range(14, 19), "guard_bits": (2, 3)}, SPEECH, ["snr"])
    points = list(task.space.points())
    seconds = []
    benchmark.pedantic(lambda: seconds.append(processor_seconds(task, points)), rounds=3, warmup_rounds=1)
    rate = 1 / min(seconds)
    benchmark.extra_info["configurations per second"] = round(rate)
    print(f"\ndenoiser, undecimated db2 J=4: {rate:.1f} configurations/s")
    assert rate >= DENOISER_RATE


def test_time_for_each_configuration_is_flat(benchmark):
    task = make_task(FILTER, WIDE, SPEECH, ["snr"])
    points = list(task.space.points())
    few, many = [], []

    def measure():
        few.append(min(processor_seconds(task, points[start :: len(points) // 10][:10]) for start in range(5)))
        many.append(processor_seconds(task, points))

    benchmark.pedantic(measure, rounds=2)
    print(f"\n10 configurations: {1e3 * min(few):.2f} ms each, 1000: {1e3 * min(many):.2f} ms each")
    assert max(min(few), min(many)) <= FLAT * min(min(few), min(many))


def test_two_processes(benchmark):
    if len(os.sched_getaffinity(0)) < 2 or os.getloadavg()[0] > 0.7:
        pytest.skip("needs two processors that have nothing else to do")
    seconds = {1: [], 2: []}

    def measure():
        for jobs in (1, 2):
            with ProcessPoolExecutor(jobs, initializer=ignore_interrupt) as executor:
                explore(FILTER, {"source.word_length": range(12, 16)}, SPEECH, executor=executor)  # processes have started
                start = time.perf_counter()
                explore(FILTER, WIDE, SPEECH, executor=executor)
                seconds[jobs].append(time.perf_counter() - start)

    benchmark.pedantic(measure, rounds=3)
    gain = min(seconds[1]) / min(seconds[2])
    benchmark.extra_info["gain"] = round(gain, 2)
    print(f"\ntwo processes: {gain:.2f} times as fast")
    assert gain >= TWO_PROCESSES
