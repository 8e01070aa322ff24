"""What is done with trained models: cells compared, texts and chorales continued.

Read `table` (a row a run), `grid` (tasks × cells × seeds), `report` (medians and plots); `tuned`
(each cell at a rate and a start of its own, on `numpy_cells`) and `tuned_report`; `past` (what one
more step costs, beside a Transformer), `race` and `race_report` (the same tasks, with small data
too) and `unaligned` (labels without times, by CTC); then `path` (how far back a gradient reaches
while a cell learns) and `reviews` (what is learned first, and the gates); then `music` (a piano
roll seen and heard), `voice` (phonemes heard) and `sampling`. `results/` holds the tables that
chapters 7 and 9 read.
"""
