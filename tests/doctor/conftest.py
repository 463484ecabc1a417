"""What tests of the doctor share."""

from collections.abc import Iterator

import pytest

from engines.runs import probing


@pytest.fixture(autouse=True, scope="session")
def _often() -> Iterator[None]:
    """Probes look often enough to tell something of runs that take a second, however busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probing, "EVERY", 0.1)
        patch.setattr(probing, "SHARE", 0.5)
        yield
