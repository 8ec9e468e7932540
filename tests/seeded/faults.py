"""All planted defects."""

from tests.seeded.fault import Fault
from tests.seeded.files import FILE_FAULTS
from tests.seeded.records import RECORD_FAULTS
from tests.seeded.tables import TABLE_FAULTS

FAULTS: tuple[Fault, ...] = (*FILE_FAULTS, *RECORD_FAULTS, *TABLE_FAULTS)
