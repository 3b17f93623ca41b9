"""The first cell of each row of a table tagged as that row's head (TH), in a .pdf as the typesetter wrote it.

typst tags the heads of columns; those of rows (`pdf.header-cell`) lie behind a switch its Python binding does not have.
It writes each object of a file plainly, one after the other, with a table of where each begins: so the tags are changed
where they stand, and that table is made anew.
"""

import re
from itertools import pairwise

_ROW = re.compile(rb"\d+ 0 obj\n<</Type/StructElem/S/TR/P \d+ 0 R/K\[(\d+) 0 R")
_CELL = re.compile(rb"(\d+ 0 obj\n<</Type/StructElem/S/)TD/")
_HEADED_BY = re.compile(rb"/O/Table/Headers\[[^\]]*\]")
_BEGINS = re.compile(rb"(\d{10}) \d{5} n")


def with_row_heads(pdf: bytes) -> bytes:
    """The same .pdf with the heads of its rows told apart.

    A cell that lists its heads is read with those alone: none lists them any more, each head says of what it is one.
    """
    table = int(pdf[pdf.rindex(b"startxref") :].split()[1])
    trailer = pdf.index(b"trailer", table)
    begins = sorted(map(int, _BEGINS.findall(pdf, table, trailer)))
    objects = [pdf[begin:end] for begin, end in pairwise([*begins, table])]
    heads = {row[1] for one in objects if (row := _ROW.match(one))}
    made, offsets, at = [pdf[: begins[0]]], dict[int, int](), begins[0]
    for one in objects:
        number = one.partition(b" ")[0]
        tagged = _tagged(one, head=number in heads) if _CELL.match(one) else one
        offsets[int(number)] = at
        made.append(tagged)
        at += len(tagged)
    entries = b"".join(b"%010d 00000 n\r\n" % offsets[number] for number in sorted(offsets))
    made.append(b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(offsets) + 1) + entries)
    return b"".join([*made, pdf[trailer : pdf.rindex(b"startxref")], b"startxref\n%d\n%%%%EOF" % at])


def _tagged(cell: bytes, *, head: bool) -> bytes:
    """A cell as the head of its row, or as one that is read with the heads of its row and its column."""
    if head:
        return _HEADED_BY.sub(b"/O/Table/Scope/Row", _CELL.sub(rb"\1TH/", cell, count=1), count=1)
    return _HEADED_BY.sub(b"/O/Table", cell, count=1)
