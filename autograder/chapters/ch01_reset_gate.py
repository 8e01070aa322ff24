from autograder.exercise import Chapter

CHAPTER = Chapter("01_reset_gate", "1 · The reset gate", 30, ())
