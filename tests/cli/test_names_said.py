"""A rule's line names people by name, but what it calls an id stays one."""

from eventlog.database import Database
from views.wording import names_instead_of_ids


def test_an_id_that_is_called_one_stays_one(log: Database) -> None:
    for said, read in (
        ("须由 li 办理", "须由 李三 办理"),
        ("通讯录里没有编号为 li 的人员，请用 --as 写明", "通讯录里没有编号为 li 的人员，请用 --as 写明"),
    ):
        assert names_instead_of_ids(said, lambda: log) == read
