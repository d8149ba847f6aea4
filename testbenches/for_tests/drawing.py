"""How many examples hypothesis draws: few in ``make test``, many with ``--hypothesis-profile=fuzz``.

A test says how many it wants of each hundred that the profile draws: ``@examples(15)`` is 15 of 100 in ``make test``.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

FUZZ = 50
"""Times as many examples under the profile ``fuzz``."""


def register_profiles() -> None:
    """Make the profiles ``test``, which is taken without an option, and ``fuzz``."""
    shared = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
    # The same draws in every run: what fails in `make test` fails again. Others are for the profile fuzz.
    settings.register_profile("test", shared, max_examples=100, derandomize=True)
    settings.register_profile("fuzz", shared, max_examples=100 * FUZZ)
    settings.load_profile("test")


def examples(count: int) -> settings:
    """Settings for a test that wants `count` examples in ``make test``."""
    return settings(max_examples=max(1, count * settings().max_examples // 100))
