"""Why an answer is wrong. What is not proven is not said.

| module | what it finds |
|---|---|
| `problem` | a name and a sentence, where there are no numbers to compare |
| `exceptions` | an exception of Python's, in the exercise's terms |
| `declared` | the declared mistake whose numbers are the student's numbers |
| `facts` | what holds in every failing case: a sign, a factor, which results are wrong |
| `steps` | the first value on the way to the result that is wrong, by the student's variables |
| `terms` | of a result that is a sum, the terms that are missing, double or of a wrong sign |
| `elsewhere` | another exercise that the answer calls, and that is not right |
"""
