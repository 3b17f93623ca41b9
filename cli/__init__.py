"""What people type. Thin: parse, say it to the log or the gateway, show the answer."""

import os

# Looking for pydantic plugins, of which we have none, costs every start 60 ms.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
