"""Each answer has cases of its own, the same for the same file, and far apart for all others."""

from autograder.grading.run.case_seeds import fingerprint, new_secret, of_exercise, of_submission


def test_a_secret_has_128_bits():
    some = [new_secret() for _ in range(64)]
    assert len(set(some)) == 64
    assert max(some) < 2**128 and max(some) > 2**120


def test_student_chapter_file_and_exercise_each_have_their_own_number():
    parts = [("ann", "01", b"x"), ("bob", "01", b"x"), ("ann", "02", b"x"), ("ann", "01", b"y")]
    numbers = [of_submission(7, *p) for p in parts]
    numbers += [of_submission(8, *parts[0])]
    numbers += [of_exercise(n, e) for n in numbers for e in ("f", "g")]
    assert len(set(numbers)) == len(numbers)
    assert of_submission(7, *parts[0]) == numbers[0]


def test_a_name_cannot_be_cut_so_that_two_submissions_share_a_number():
    assert of_submission(7, "a\n1", "2", b"") != of_submission(7, "a", "1\n2", b"")
    assert of_submission(7, "a1", "2", b"") != of_submission(7, "a", "12", b"")


def test_what_a_record_keeps_does_not_give_the_secret_away():
    secret = new_secret() | 2**100
    kept = fingerprint(secret)
    assert kept < 2**63 and f"{kept:x}" not in f"{secret:x}"
    assert fingerprint(12) == 12
