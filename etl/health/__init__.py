"""Health care: diagnosis codes, encounters before, readmissions. What a package of a user's own would be.

Nothing else of `headgate.etl` knows it; its steps are in the pipeline file's list by a line in
`headgate.jobs.catalogue`.
"""

from headgate.etl.health.history import count_prior_encounters
from headgate.etl.health.icd9 import group_icd9
from headgate.etl.health.readmission import label_readmission

__all__ = ["count_prior_encounters", "group_icd9", "label_readmission"]
