"""What is done with trained models: cells compared, texts and chorales continued.

Read `table` (a row a run), `grid` (tasks × cells × seeds), `report` (medians and plots); then
`path` (how far back a gradient reaches while a cell learns) and `reviews` (what is learned first,
and the gates); then `music` (a piano roll seen and heard) and `sampling`. `results/` holds the
tables that chapter 9 reads.
"""
