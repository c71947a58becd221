"""A process as small as can be, with the health that every process of the stack has: for tests of the supervisor."""

import http.server
import json
import os
import sys
from pathlib import Path


class Health(http.server.BaseHTTPRequestHandler):
    """Ready as long as no file `unwell` stands in the home."""

    def do_GET(self) -> None:
        """Answers any path."""
        well = not (Path(os.environ["KANSEN_HOME"]) / "unwell").exists()
        body = json.dumps({"status": "ok" if well else "not-ready"}).encode()
        self.send_response(200 if well else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if "--broken" in sys.argv:
    sys.exit("the trial process was told to fail")
port = int(os.environ.get("KANSEN_HEALTH_PORT") or os.environ["KANSEN_FRONT_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Health).serve_forever()
