"""Jobs: thin entrypoints over `etl`, `quality` and `conf`. Begin with `jobs.flow`."""
