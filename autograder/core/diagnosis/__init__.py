"""Why an answer is wrong. What is not proven is not said.

In the order in which they are asked:

| module | what it finds |
|---|---|
| `problem` | a name and a sentence, where there are no numbers to compare |
| `exceptions` | an exception of Python's, in the exercise's terms |
| `declared` | the declared mistake whose numbers are the student's numbers |
| `elsewhere` | another exercise that the answer calls, and that is not right |
| `repair` | the smallest change of the student's own text that makes every case right |
| `steps` | the first of the student's own variables that is not what the equation gives |
| `facts` | what holds in every failing case: a sign, a factor, which results are wrong |
| `isolation` | where the answer is right: an array of 0, one step, one layer, a symmetric matrix |

`repair` takes its changes from `edits`, its sentences from `slips`, tries them where `workshop`
says, and tells two slips apart by `zeroed_cases`. Facts are found by `relations`, `border`,
`terms` and `seen`; `arguments` gets and changes one argument of a case.
"""
