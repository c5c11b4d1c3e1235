"""Tests of one group run in one process, so that what they share is made once: pytest and pytest-xdist have to agree on how that is said."""

import pytest


@pytest.mark.xdist_group("groups")
def test_a_group_is_kept_together(request: pytest.FixtureRequest) -> None:
    if hasattr(request.config, "workerinput"):
        assert request.node.nodeid.endswith("@groups")
    else:
        assert request.node.get_closest_marker("xdist_group") is not None
