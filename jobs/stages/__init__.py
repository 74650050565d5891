"""The steps of a run, one module each: what `headgate.jobs.flow` puts in order."""
