"""A sweep on a Dask cluster on this machine: two workers, one of them killed in mid-sweep, and no point lost or counted twice."""

from __future__ import annotations

import csv
import os
import signal
import threading
import time

import numpy as np
import pytest

from fpga_projects.exploration.explore import explore

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed: pip install ossicle[cluster]")

CORE = {"core": "fir", "coefficients": list(np.hamming(40) / 30), "coefficient": "sfix16_En16"}
VARY = {"coefficient.word_length": range(4, 20), "source.word_length": range(4, 20)}
SIGNAL = np.random.default_rng(1).laplace(0, 0.1, 20000).clip(-1, 1)


def test_a_killed_worker_costs_no_point(tmp_path):
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50) as cluster:
        victim = next(iter(cluster.workers.values())).pid
        table = tmp_path / "results.csv"
        killed_at = []

        def kill():
            while not table.exists() or table.read_text().count("\n") < 20:
                time.sleep(0.02)
            killed_at.append(table.read_text().count("\n"))
            os.kill(victim, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        found = explore(CORE, VARY, input=SIGNAL, scheduler=cluster.scheduler_address, output=tmp_path)
    assert killed_at
    assert killed_at[0] < 16 * 16
    rows = list(csv.reader(table.open()))[1:]
    assert len(rows) == 16 * 16 == len({tuple(row[:2]) for row in rows})
    assert not found.failures
    assert found.rows == explore(CORE, VARY, input=SIGNAL).rows


def test_no_scheduler_at_the_address(tmp_path, monkeypatch):
    monkeypatch.setattr("fpga_projects.exploration.cluster.TIMEOUT_SECONDS", 1)
    with pytest.raises(ConnectionError, match=r"scheduler = tcp://127\.0\.0\.1:9: cannot be reached"):
        explore(CORE, VARY, input=SIGNAL, scheduler="tcp://127.0.0.1:9", output=tmp_path)
    assert (tmp_path / "results.csv").exists()
