"""What turns a fact into a training set: labels, history, and splits that share no group."""

from headgate.etl.features.history import count_prior_encounters
from headgate.etl.features.labels import label_readmission
from headgate.etl.features.splits import split_by_group

__all__ = ["count_prior_encounters", "label_readmission", "split_by_group"]
