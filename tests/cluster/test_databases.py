"""PostgreSQL under the cluster: it fails over while everybody writes, and either store is put back from a copy."""

import time
from collections.abc import Callable

import pytest

from eventlog.verify import verify
from tests.cluster.shape import Cluster
from tests.cluster.storm import Storm, weathered
from tests.recovery.chaos import away_from_midnight, every_matter_goes_on, seed_of
from tests.support.office import matter

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]


def killed(cluster: Cluster) -> None:
    """The server dies as in a crash."""
    cluster.databases.writer.kill()


def cut_off(cluster: Cluster) -> None:
    """Its machine vanishes without a word; nobody's connection is closed, and it goes on believing in itself."""
    cluster.databases.writer.host.pull_the_plug()


LOST: dict[str, Callable[[Cluster], None]] = {"killed": killed, "cut off": cut_off}


@pytest.mark.parametrize("lost", LOST)
async def test_a_failover_loses_nothing_that_was_acknowledged(cluster: Cluster, lost: str) -> None:
    """Log and Temporal both lie on the server that is lost; the standby has every commit and takes its address."""
    luck = seed_of(f"failover-{lost}")
    databases = cluster.databases
    databases.mend()
    old = databases.writer

    def hand() -> None:
        LOST[lost](cluster)
        time.sleep(luck.uniform(2, 5))  # until somebody notices
        databases.fail_over()

    await weathered(cluster, Storm(f"PostgreSQL {lost}, failed over", hand, luck))
    assert databases.writer is not old
    databases.mend()


@pytest.mark.parametrize("which", ["writer", "standby"])
async def test_a_database_that_is_killed_and_started_again_loses_nothing(cluster: Cluster, which: str) -> None:
    """Without its standby the writer acknowledges nothing; with it back everything goes on."""
    luck = seed_of(f"database-{which}")
    cluster.databases.mend()
    server = cluster.databases.writer if which == "writer" else cluster.databases.standby
    assert server is not None

    def hand() -> None:
        server.kill()
        time.sleep(luck.uniform(1, 4))
        server.start()

    await weathered(cluster, Storm(f"PostgreSQL's {which} killed and started", hand, luck))


async def _begun(cluster: Cluster, how_many: int) -> list[str]:
    away_from_midnight()
    cluster.healthy()
    cluster.office.open_all_day()
    with cluster.office.log() as log:
        return await cluster.office.desk(log).in_progress(how_many)


async def _all_go_on(cluster: Cluster, streams: list[str]) -> None:
    with cluster.office.log() as log:
        desk = cluster.office.desk(log)
        await every_matter_goes_on(desk, streams)
        assert verify(log).problems == ()


async def test_without_temporal_s_databases_all_matters_go_on_from_the_log(cluster: Cluster) -> None:
    """Tables are laid anew by the script; the workers, who never stopped, start every open matter from the log."""
    streams = await _begun(cluster, 4)
    cluster.nodes.stop()
    for name in ("temporal", "temporal_visibility"):
        cluster.databases.writer.said(f"DROP DATABASE {name} WITH (FORCE)")
        cluster.databases.writer.said(f"CREATE DATABASE {name} OWNER temporal")
    cluster.nodes.found()
    cluster.healthy()
    await _all_go_on(cluster, streams)


async def test_an_older_temporal_under_the_log_is_brought_up_to_it(cluster: Cluster) -> None:
    first = await _begun(cluster, 2)
    cluster.nodes.stop()
    cluster.databases.keep_copies("temporal", "temporal_visibility")
    second = await _begun(cluster, 2)
    cluster.nodes.stop()
    cluster.databases.put_back("temporal", "temporal_visibility")
    cluster.healthy()
    await _all_go_on(cluster, [*first, *second])


async def test_an_older_log_under_temporal_gives_no_number_twice(cluster: Cluster) -> None:
    """Numbers that were given after the copy are not given again, and what the copy has goes on."""
    first = await _begun(cluster, 2)
    cluster.office.stop()
    cluster.databases.keep_copies("xmh")
    cluster.office.serve()
    second = await _begun(cluster, 2)
    with cluster.office.log() as log:
        given = {matter(log, stream).number for stream in (*first, *second)}
    cluster.office.stop()
    cluster.databases.put_back("xmh")
    cluster.office.serve()
    third = await _begun(cluster, 2)
    with cluster.office.log() as log:
        assert not given & {matter(log, stream).number for stream in third}
    await _all_go_on(cluster, [*first, *third])
