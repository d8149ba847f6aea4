"""A sweep on a Dask cluster; needs the extra ``cluster``."""

from __future__ import annotations

from typing import Any

TIMEOUT_SECONDS = 5


def connect(address: str) -> tuple[Any, int]:
    """A client of the scheduler at an address, and how many threads its workers have.

    Raises
    ------
    ConnectionError
        If there is no scheduler at the address, or the package is missing.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ConnectionError("scheduler: needs the package distributed: pip install ossicle[cluster]") from None
    import logging

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what cannot be reached is said once, by us
    try:
        client = Client(address, timeout=TIMEOUT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = " ".join(str(error).split())
        raise ConnectionError(f"scheduler = {address}: cannot be reached within {TIMEOUT_SECONDS} s ({reason[:80]})") from None
    workers = sum(worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values())
    return client, max(1, workers)
