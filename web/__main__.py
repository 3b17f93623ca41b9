"""The web server as `xmh up` starts it: where its home is stands in the environment, its port is the one argument."""

import logging
import sys

from process import leave
from settings import Settings
from web.serving import listening, serve_web

logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def main() -> None:
    """Serve on the loopback until told to stop."""
    serve_web(Settings(), listening("127.0.0.1", int(sys.argv[1])), lambda: None)


if __name__ == "__main__":
    main()
    leave(0)
