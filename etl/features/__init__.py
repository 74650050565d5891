"""What turns a fact into a training set: splits that share no group, and moments as whole numbers."""

from headgate.etl.features.splits import split_by_group

__all__ = ["split_by_group"]
