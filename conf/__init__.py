"""The pipeline file: parsed once into frozen values, every problem with its line and its fix.

This package knows nothing of Spark: `load` is told which steps there are.
"""

from __future__ import annotations

from headgate.conf.check import parts
from headgate.conf.dataset import Dataset, Source
from headgate.conf.document import Document
from headgate.conf.export import Dashboard, Export, Features, Model
from headgate.conf.fingerprint import fingerprint, own_modules
from headgate.conf.json_schema import schema
from headgate.conf.load import load
from headgate.conf.model import Pipeline, Simulate
from headgate.conf.problems import PipelineError, Problem, dotted
from headgate.conf.publish import Publish
from headgate.conf.resources import SHIPPED, relative, resource, shipped
from headgate.conf.secrets import Secret, SecretError, SecretReference
from headgate.conf.star import Calendar, Dimension, Fact, Reference, Star
from headgate.conf.step_entries import step_lists
from headgate.conf.steps import Fit, Step, StepError, imported, imported_fit
from headgate.conf.trends import Trends

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
    "own_modules",
    "parts",
    "relative",
    "resource",
    "schema",
    "shipped",
    "step_lists",
]
