"""The pictures of the chapters; each function draws one on fresh axes and returns them.

Read `palette` (the colour of each quantity) and `shown` (how a figure reaches its reader, seen or
read out), then `boxes` and `diagrams` (of operations), `plots` (of numbers) and `training` (of
losses and gates), `rounds` (of time in parallel); `widgets` puts sliders on any of them. Nothing is
imported here: each module but the first needs matplotlib, and the sliders ipywidgets.
"""
