"""Pin the images a site runs by what they are, not by a tag that may be moved: `make digests`.

Asks the registry each image is named by, your own where you have copies; needs `docker buildx`, and no running engine.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = {"docker-compose.yml": r"(?m)^(\s*image: )(\S+)$", "Dockerfile": r"(?m)^(FROM )(\S+)"}
"""File → where an image stands in it."""
OURS = "xmh:"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def pinned(image: str) -> str:
    """The image by tag and digest, as the registry has it now; ours, which is built here, stays.

    Raises:
        SystemExit: the registry did not say.
    """
    if image.startswith(OURS):
        return image
    tagged = image.partition("@")[0]
    asked = ["docker", "buildx", "imagetools", "inspect", tagged, "--format", "{{.Manifest.Digest}}"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    digest = done.stdout.strip()
    if done.returncode or not DIGEST.fullmatch(digest):
        sys.exit(f"{tagged}: no digest; nothing was changed: {done.stderr.strip() or digest}")
    return f"{tagged}@{digest}"


def main(folder: Path) -> None:
    """All of them, or none."""
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in NAMED}
    images = {image for name, where in NAMED.items() for _, image in re.findall(where, texts[name])}
    digests = {image: pinned(image) for image in sorted(images)}
    for name, where in NAMED.items():
        (folder / name).write_text(re.sub(where, lambda m: m[1] + digests[m[2]], texts[name]), encoding="utf-8")
    print(*sorted(set(digests.values())), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT)
