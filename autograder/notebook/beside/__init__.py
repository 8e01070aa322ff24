"""After a pass: a student's answer beside the course's and one written another way.

| module | what it does |
|---|---|
| `tally` | counts while an answer runs; its text goes where the answer runs |
| `counting` | an answer's text with the counting in it, and the counts that come back |
| `facts` | what is counted of one answer, and what its loops run over |
| `difference` | what differs in kind between two answers, in sentences that the counts hold |
| `compared` | the answers and their facts as a panel, and as text |
"""

from autograder.notebook.beside.compared import PATIENT, Beside, beside

__all__ = ["PATIENT", "Beside", "beside"]
