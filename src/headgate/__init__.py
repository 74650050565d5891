"""Headgate: raw data in a data lake becomes clean, gated Delta tables, a star schema and training sets.

`headgate.etl` has the transforms and the lake, `headgate.quality` the gate, `headgate.conf` the pipeline
file and `headgate.jobs` the commands. In a checkout they lie at its top level, and are linked to from here.
"""
