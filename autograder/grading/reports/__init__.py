"""What people read: a student's page, and the class on one page.

| module | what it does |
|---|---|
| `formulas`, `markup` | TeX, markdown, Python and printed text -> HTML that is safe |
| `page` | a student's page of a chapter |
| `similarity` | answers that are alike |
| `class_facts`, `class_report` | what the records of a class say; the page that shows it |
"""
