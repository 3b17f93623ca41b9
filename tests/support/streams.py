"""The office's own streams of the first headquarters, as its log names them."""

from domain.headquarters import FIRST_HEADQUARTERS
from domain.ids import OfficeStream

CALENDAR_STREAM, POLICY_STREAM, DIRECTORY_STREAM, SERIES_STREAM, NUMBERS_STREAM, SECRETS_STREAM = (
    kind.of(FIRST_HEADQUARTERS) for kind in OfficeStream
)
