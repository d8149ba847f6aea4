"""Packages that only some commands need, and that a plain installation leaves out."""

from __future__ import annotations

import importlib.util


class MissingExtra(ValueError):
    """A package of an optional extra is not there; the message says what to install."""


def need(package: str, name: str, extra: str, why: str) -> None:
    """Refuse before anything is read.

    Parameters
    ----------
    package : str
        As it is imported.
    name : str
        As people call it.
    extra : str
        Of setup.cfg.
    why : str
        What needs it.

    Raises
    ------
    MissingExtra
    """
    if importlib.util.find_spec(package) is None:
        raise MissingExtra(f'{why} needs {name}: pip install "ossicle[{extra}]"')


def need_pytorch(why: str) -> None:
    """Refuse without PyTorch and torchmetrics.

    Raises
    ------
    MissingExtra
    """
    need("torch", "PyTorch", "training", why)
    need("torchmetrics", "torchmetrics", "training", why)
