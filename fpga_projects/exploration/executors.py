"""One function on many points, through any executor: in chunks, with retries, so that no point is lost and none counted twice."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

CHUNK_SECONDS = 0.4
"""A chunk is made as long as takes a process about this time: long against handing it over, short for a person who waits."""

MAXIMUM_CHUNK = 256

AHEAD = 2
"""Chunks in the queue for each process, so that none has to wait for the next."""

ATTEMPTS = 3
"""A point at which processes died so many times is given up."""

POLL_SECONDS = 0.2
"""Between two looks at whether to stop."""


class Stop:
    """Whether someone has asked to stop."""

    requested = False


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Ctrl-C asks to stop instead of breaking off what is being written; a second one breaks off."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: Any) -> None:
        if stop.requested:
            raise KeyboardInterrupt
        stop.requested = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


class InProcess(Executor):
    """An executor that does the work at once, in this process."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments, **keywords))
        except Exception as error:
            future.set_exception(error)
        return future


def ignore_interrupt() -> None:
    """In a worker: Ctrl-C reaches the whole group of processes, but only the first of them decides what becomes of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def processes(jobs: int) -> Executor:
    """An executor of so many processes; of this one for 1."""
    return InProcess() if jobs == 1 else ProcessPoolExecutor(jobs, initializer=ignore_interrupt)


def apply(function: Callable[[Any], Any], points: Sequence[Any]) -> tuple[list[Any], float]:
    """What a worker does with a chunk: results and seconds."""
    start = time.perf_counter()
    return [function(point) for point in points], time.perf_counter() - start


def map_points(
    function: Callable[[Any], Any],
    points: Sequence[Any],
    make_executor: Callable[[], Executor],
    jobs: int = 1,
    stop: Stop | None = None,
    shut_down: bool = True,
) -> Iterator[tuple[Any, Any]]:
    """Apply a function to every point, in whatever order they get done.

    Parameters
    ----------
    function : callable
        Must not raise; goes to other processes by pickle.
    points : sequence
    make_executor : callable
        Called once, and again whenever the executor broke because a process of it died.
    jobs : int
        How many processes it has.
    stop : Stop, optional
        Once it is requested, what is under way is finished and nothing else begun.
    shut_down : bool
        Shut the executor down in the end.

    Yields
    ------
    point, result
        Each point once. The result is an exception for a point that processes died of, `ATTEMPTS` times.

    Raises
    ------
    RuntimeError
        If the executor takes no work.
    """
    stop = stop or Stop()
    fresh, again = deque(points), deque[tuple[Any, int]]()
    pending: dict[Future[Any], tuple[list[Any], int]] = {}
    executor = make_executor()
    room = 1 if isinstance(executor, InProcess) else AHEAD * jobs
    size = 1
    try:
        while fresh or again or pending:
            # A point that was lost is tried alone, so that another one's death is not counted against it.
            while (fresh or again) and not stop.requested and len(pending) < (1 if again else room):
                if again:
                    point, attempt = again.popleft()
                    chunk = [point]
                else:
                    chunk, attempt = [fresh.popleft() for _ in range(min(size, len(fresh)))], 0
                future = _submit(executor, function, chunk)
                if future is None:
                    executor = make_executor()
                    future = _submit(executor, function, chunk)
                if future is None:
                    raise RuntimeError("the executor takes no work")
                pending[future] = chunk, attempt
            if not pending:
                return
            for future in wait(pending, POLL_SECONDS, FIRST_COMPLETED).done:
                chunk, attempt = pending.pop(future)
                try:
                    results, seconds = future.result()
                except Exception as error:  # the function raises nothing: the process that ran it has gone
                    if attempt + 1 < ATTEMPTS:
                        again.extend((point, attempt + 1) for point in chunk)
                    else:
                        reason = f"the process that computed it died {ATTEMPTS} times ({type(error).__name__})"
                        yield from ((point, RuntimeError(reason)) for point in chunk)
                    continue
                size = 1 if room == 1 else _next_size(len(chunk), seconds, len(fresh), jobs)
                yield from zip(chunk, results, strict=True)
    finally:
        for future in pending:
            future.cancel()
        if shut_down:
            executor.shutdown()


def _submit(executor: Executor, function: Callable[[Any], Any], chunk: list[Any]) -> Future[Any] | None:
    """The future of a chunk; None if the executor is broken."""
    try:
        return executor.submit(apply, function, chunk)
    except RuntimeError:
        executor.shutdown(wait=False)
        return None


def _next_size(count: int, seconds: float, left: int, jobs: int) -> int:
    """Points in the next chunk: `CHUNK_SECONDS` worth of them, and no more than lets all processes end together."""
    wanted = int(CHUNK_SECONDS * count / max(seconds, 1e-6))
    return max(1, min(wanted, MAXIMUM_CHUNK, 4 * count, -(-left // (AHEAD * jobs))))
