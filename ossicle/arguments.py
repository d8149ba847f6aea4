"""What several commands take in the same words: numbers that argparse refuses in one line, and the length and seed of a signal."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError


def whole_number(text: str) -> int:
    """A whole number, 1 or more."""
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text}: must be a whole number, 1 or more")
    return int(text)


def seed(text: str) -> int:
    """A seed: 0 or more."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text}: must be a whole number, 0 or more")
    return int(text)


def add_length_and_seed(parser: ArgumentParser, usual: str, random: str) -> None:
    """The options ``--samples`` and ``--seed``.

    Parameters
    ----------
    parser : ArgumentParser
    usual : str
        How many samples are played without the option, in words.
    random : str
        What the seed is of.
    """
    parser.add_argument("--samples", type=whole_number, metavar="N", help=f"words to play (default: {usual})")
    parser.add_argument("--seed", type=seed, default=0, metavar="S", help=f"of {random} (default: 0)")
