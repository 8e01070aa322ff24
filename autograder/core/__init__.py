"""What an exercise is, and what the judge makes of an answer. Nothing else of ours is imported.

In reading order, each module importing only from those above it:

| module | what it does |
|---|---|
| `words` | the sentences of a message that are a course's own |
| `exercise` | Exercise, Case, Mistake, Chapter: declared once, used by all that follows |
| `course` | Course: what the engine is handed |
| `verdict` | what the judge says: a small value |
| `call` | calls a student's function and says in plain values what happened |
| `outcome` | what came back: numbers to compare, or a problem |
| `compare` | which numbers count as equal |
| `diagnosis` | why an answer is wrong: a declared mistake, Python's exception, a fact that holds |
| `judge` | (exercise, callable, seed) -> Verdict |
| `feedback` | a verdict as HTML and as text |

`call` runs beside a student's code, in the notebook or in the sandbox; all else runs where the
judge is.
"""
