"""The steps of a run, one module each: what `jobs.flow` puts in order."""
