"""What turns a fact into a training set: labels, history, and splits that share no group."""

from etl.features.history import count_prior_encounters
from etl.features.labels import label_readmission
from etl.features.splits import split_by_group

__all__ = ["count_prior_encounters", "label_readmission", "split_by_group"]
