"""The pictures of the chapters; each function draws one on fresh axes and returns them.

Read `diagrams` (boxes and arrows, and the colour of each role), then `plots` (of numbers), then
`training` (of losses and gates), `rounds` (of time in parallel); `widgets` puts sliders on any of
them. Nothing is imported here: each module needs matplotlib, and the sliders ipywidgets.
"""
