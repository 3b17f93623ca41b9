"""Without `make cluster` there is no cluster, and the tests say so."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A named skip for whoever asks for them by the marker alone."""
    if not config.pluginmanager.hasplugin("tests.cluster.shape"):
        for item in items:
            if item.get_closest_marker("cluster"):
                item.add_marker(pytest.mark.skip(reason="only `make cluster` has a cluster: it needs Go and root"))
