"""Configurations per second of a sweep: model, metric and cost of each, on 4 s of speech at 16 kHz; ``make bench`` runs it.

Rates are for each second of processor time, so that they hold whatever else a machine does; only the gain of two processes is wall clock.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from fixed_point.sound import read_audio
from fpga_projects.exploration.executors import ignore_interrupt
from fpga_projects.exploration.explore import explore, make_task
from ip_cores.description import read_description
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


def spent(delay):
    """A process and its processor time; the delay lets every process of a pool answer."""
    time.sleep(delay)
    return os.getpid(), time.process_time()


def sweep(jobs):
    """Seconds on the clock for one sweep, and processor time of a worker, or of the process that hands out if that is more."""
    with ProcessPoolExecutor(jobs, initializer=ignore_interrupt) as executor:
        explore(FILTER, {"source.word_length": range(12, 16)}, SPEECH, executor=executor)  # processes have started
        before = dict(executor.map(spent, [0.3] * 4 * jobs))
        start, own = time.perf_counter(), time.process_time()
        explore(FILTER, WIDE, SPEECH, executor=executor)
        seconds, own = time.perf_counter() - start, time.process_time() - own
        after = dict(executor.map(spent, [0.3] * 4 * jobs))
    assert len(after) == jobs
    # Work is handed out as processes become free: on idle processors each does an equal part.
    return seconds, max(own, sum(after[process] - before[process] for process in after) / jobs)


def test_two_processes(benchmark):
    """On the clock where there are two idle processors; in any case by what each process had to do."""
    idle = len(os.sched_getaffinity(0)) >= 2 and os.getloadavg()[0] < 0.7
    found = {1: [], 2: []}
    benchmark.pedantic(lambda: [found[jobs].append(sweep(jobs)) for jobs in (1, 2)], rounds=2)
    clock, work = (min(one[place] for one in found[1]) / min(one[place] for one in found[2]) for place in (0, 1))
    benchmark.extra_info["gain"] = round(clock, 2)
    print(f"\ntwo processes: {clock:.2f} times as fast on the clock{'' if idle else ' of a busy machine'}, {work:.2f} by their work")
    assert work >= TWO_PROCESSES
    assert not idle or clock >= TWO_PROCESSES
