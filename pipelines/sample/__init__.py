"""Makes the sample extracts: synthetic records in the published formats, with the published totals."""

from pipelines.sample.definition import Definition, load_definition
from pipelines.sample.make import SampleError, SampleReport, make_sample

__all__ = ["Definition", "SampleError", "SampleReport", "load_definition", "make_sample"]
