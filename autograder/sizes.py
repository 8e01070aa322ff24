"""How large a thing may be that comes from outside: what is read, counted or shown is bounded.

What a student's code may take while it runs is in `autograder.sandbox.limits`.
"""

from __future__ import annotations

# a submission's file
NOTEBOOK = 20_000_000  # bytes; a chapter with all its figures and widgets has about one million
NOTEBOOK_PARTS = 500_000  # what JSON's brackets open
NOTEBOOK_CELLS = 2000  # the longest chapter has about 100
CELL_RUN = 200_000  # characters of a cell that is run
STUDENT_NAME = 120  # characters; nbgrader's database takes 128
BESIDE = 300  # files and folders that are looked through for a chapter's notebook
ATTEMPTS = 50  # earlier attempts of one student that are looked at
COLLECTED = 10_000  # bytes of what `collect` notes of an upload
STUDENT_BYTES = 240  # of a directory's name; file systems take 255
TIMESTAMP = 1000  # bytes of timestamp.txt

# a download of an LMS
ARCHIVE = 4_000_000_000  # bytes of all notebooks: 200 students who all reach NOTEBOOK
ARCHIVE_MEMBERS = 20_000
ARCHIVE_DIRECTORY = 16_000_000  # bytes of the list of members, which zipfile reads in one piece
MEMBER_NAME = 1000  # characters

# what is shown of a submission
CELL_OUTPUT = 50_000  # characters of one output, in the notebook
CELL_MARKDOWN = 20_000  # characters of one text: nbconvert takes seconds for some of this length
TEXT_STEPS = (
    16_000_000  # signs × characters of one text; a page of prose with formulas has 1 million
)
NOTEBOOK_STEPS = 64_000_000  # of all texts of a notebook
PAGE_CELL = 12_000  # characters of one cell, on a page; the longest key has 1,300
PAGE_OUTPUT = 4000  # characters of what one cell has printed
PAGE_PANEL = 30_000  # characters of a verdict's HTML
PAGE_PICTURE = 400_000  # characters of a pasted picture, a page's only large thing
COMMENT = 10_000  # characters of a person's comment
