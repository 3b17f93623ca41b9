"""Who is in an environment and under what licence: name, version, licence, as CSV; run by that environment's Python."""

import csv
import sys
from importlib.metadata import Distribution, distributions

LONGEST = 80
LEFT_OUT = {"pip", "setuptools", "wheel"}


def licence(one: Distribution) -> str:
    """The licence expression, else its classifiers, else the first words of what stands there."""
    said = one.metadata
    classifiers = [line for line in said.get_all("Classifier") or [] if line.startswith("License ::")]
    told = said.get_all("License-Expression") or [line.rpartition(" :: ")[2] for line in classifiers]
    return "; ".join(told) or "".join(said.get_all("License") or ["UNKNOWN"]).strip().splitlines()[0][:LONGEST]


def main() -> None:
    """Print the table."""
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(("name", "version", "licence"))
    rows = {(one.metadata["Name"], one.version, licence(one)) for one in distributions()}
    table.writerows(sorted(row for row in rows if row[0] not in LEFT_OUT))


if __name__ == "__main__":
    main()
