"""The pipeline file: parsed once into frozen values, every problem with its line and its fix.

This package knows nothing of Spark: `load` is told which steps there are.
"""

from __future__ import annotations

from conf.check import parts
from conf.dataset import Dataset, Publish, Source
from conf.document import Document
from conf.export import Dashboard, Export, Features, Model
from conf.fingerprint import fingerprint
from conf.json_schema import schema
from conf.load import load
from conf.model import Pipeline, Simulate
from conf.problems import PipelineError, Problem, dotted
from conf.resources import SHIPPED, relative, resource, shipped
from conf.secrets import Secret, SecretError, SecretReference
from conf.star import Calendar, Dimension, Fact, Reference, Star
from conf.step_entries import step_lists
from conf.steps import Fit, Step, StepError, imported, imported_fit
from conf.trends import Trends

__all__ = [
    "SHIPPED",
    "Calendar",
    "Dashboard",
    "Dataset",
    "Dimension",
    "Document",
    "Export",
    "Fact",
    "Features",
    "Fit",
    "Model",
    "Pipeline",
    "PipelineError",
    "Problem",
    "Publish",
    "Reference",
    "Secret",
    "SecretError",
    "SecretReference",
    "Simulate",
    "Source",
    "Star",
    "Step",
    "StepError",
    "Trends",
    "dotted",
    "fingerprint",
    "imported",
    "imported_fit",
    "load",
    "parts",
    "relative",
    "resource",
    "schema",
    "shipped",
    "step_lists",
]
