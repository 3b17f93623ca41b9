"""The office's own streams of the first headquarters, as its log names them."""

from domain.headquarters import FIRST_HEADQUARTERS
from domain.ids import OfficeStream

CALENDAR_STREAM = OfficeStream.CALENDAR.of(FIRST_HEADQUARTERS)
POLICY_STREAM = OfficeStream.POLICY.of(FIRST_HEADQUARTERS)
DIRECTORY_STREAM = OfficeStream.DIRECTORY.of(FIRST_HEADQUARTERS)
SERIES_STREAM = OfficeStream.SERIES.of(FIRST_HEADQUARTERS)
NUMBERS_STREAM = OfficeStream.NUMBERS.of(FIRST_HEADQUARTERS)
SECRETS_STREAM = OfficeStream.SECRETS.of(FIRST_HEADQUARTERS)
OPERATIONS_STREAM = OfficeStream.OPERATIONS.of(FIRST_HEADQUARTERS)
