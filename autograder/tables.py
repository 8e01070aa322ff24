"""A CSV file as any program writes it: its encoding, its delimiter and its line ends are found out.

What is written back keeps them, so that the program that made a file reads it again.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

from autograder.errors import GradingError

LARGEST = 20_000_000  # bytes: a class of 10,000 with every column that an LMS has takes a tenth
DELIMITERS = ",;\t|"
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


class _Quoted(csv.excel):
    quoting = csv.QUOTE_ALL


class Table(NamedTuple):
    """A file's header and rows as text, and how the file is written.

    `lines` are the numbers of the lines that the rows end in. `mark` is the file's byte order mark,
    or b"".
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    encoding: str = "utf-8"
    mark: bytes = b""
    delimiter: str = ","
    newline: str = "\r\n"
    quoted: bool = False  # every cell stands in quotes
    preface: str = ""  # Excel's "sep=;"

    def cell(self, row: list[str], column: int | None) -> str:
        """Return a row's cell; "" where the column or the cell is not there."""
        return row[column] if column is not None and column < len(row) else ""

    def data(self) -> bytes:
        """Return the bytes of a file with this table, written as the one that was read."""
        file = io.StringIO(newline="")
        form = _Quoted if self.quoted else csv.excel
        out = csv.writer(file, form, delimiter=self.delimiter, lineterminator=self.newline)
        out.writerow(self.header)
        out.writerows(self.rows)
        text = self.preface + file.getvalue()
        encoding = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        try:
            return self.mark + text.encode(encoding)
        except UnicodeEncodeError:  # what was added is not in the file's alphabet
            return b"\xef\xbb\xbf" + text.encode("utf-8", "replace")


def read_table(path: Path) -> Table:
    """Return the table of a CSV file; GradingError where it is none."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise GradingError(f"There is no file {path}.") from error
    except OSError as error:
        raise GradingError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > LARGEST:
        raise GradingError(f"{path} has more than {LARGEST // 1_000_000} MB; a class list has not.")
    return parse(data, str(path))


def parse(data: bytes, name: str) -> Table:
    """Return the table in a file's bytes; `name` is for the sentence of a GradingError."""
    if data.startswith(b"PK\x03\x04"):
        raise GradingError(
            f"{name} is a workbook of a spreadsheet. Save it as CSV (UTF-8) and name that file."
        )
    text, encoding, mark = _decoded(data)
    preface = ""
    if found := re.match(r"sep=(.)\r?\n", text):
        preface, text = found[0], text[found.end() :]
    first = text.split("\n", 1)[0]
    delimiter = found[1] if found else _delimiter(first)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        read = [(reader.line_num, row) for row in reader if any(c.strip() for c in row)]
    except csv.Error as error:
        raise GradingError(f"{name} cannot be read as a CSV file ({error}).") from error
    if not read or "\0" in text:
        why = "it is empty" if not read else "it holds bytes that are no text"
        raise GradingError(f"{name} cannot be read as a CSV file: {why}.")
    header = [cell.strip() for cell in read[0][1]]
    return Table(
        header,
        [row for _, row in read[1:]],
        [line for line, _ in read[1:]],
        encoding,
        mark,
        delimiter,
        "\r\n" if "\r\n" in text else "\n",
        first.count('"') >= 2 * len(header) > 0,
        preface,
    )


def _decoded(data: bytes) -> tuple[str, str, bytes]:
    """Return a text, its encoding and its mark: UTF-8, UTF-16, or what Windows calls ANSI."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            name = "utf-8" if encoding == "utf-8-sig" else encoding
            return data[len(mark) :].decode(name, "replace"), encoding, mark
    if data[1:200:2].count(0) > len(data[:200]) // 4:
        return data.decode("utf-16-le", "replace"), "utf-16-le", b""
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding, b""
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1", b""


def _delimiter(first: str) -> str:
    """Return the delimiter that a first line has most of, outside quotes."""
    bare = re.sub(r'"[^"]*"', "", first)
    return max(DELIMITERS, key=lambda d: (bare.count(d), -DELIMITERS.index(d)))


def folded(text: str) -> str:
    """Return a text as it is compared: small letters and digits of any script, nothing else.

    Accents, marks, spaces, hyphens and apostrophes are left out, however they are written.
    """
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in parts if unicodedata.category(c)[0] in "LN")


def number(text: str) -> float | None:
    """Return the number in a cell, with a point or a comma; None where there is none."""
    bare = text.strip().replace("\N{NO-BREAK SPACE}", "").replace(" ", "").rstrip("%")
    if "," in bare and "." not in bare:
        bare = bare.replace(",", ".")
    try:
        return float(bare)
    except ValueError:
        return None
