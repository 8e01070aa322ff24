"""What is done with trained models: cells compared, texts and chorales continued.

Read `table` (a row a run), `grid` (tasks × cells × seeds), `report` (medians and plots); then
`music` (a piano roll seen and heard) and `sampling`. `results/` holds the table that chapter 9
reads.
"""
