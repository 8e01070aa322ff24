"""What a class has agreed on: its settings, the due dates, the penalty, what does not count.

| module | what it does |
|---|---|
| `settings` | the file -> `Terms`; what is wrong in it is said with its line |
| `lateness` | when something was handed in, and what that costs |
| `edit` | `autograder drop`: one line of the file, with all the others as they were |
"""
