"""Running a batch: `grade_one` a submission, `pools` of workers, `batch`, `grade` the command."""
