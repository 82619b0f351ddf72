"""A stand-in for GitHub's token service: a job asks it for a token of OpenID Connect with the claims of its run.

Where the issuer of the tests signs them (issuer.py), API Gateway takes them. Else nobody checks the signature: the token service of AWS
in the local cloud reads the claims alone, and compares them with the trust policy of a role.
"""

import base64
import http.server
import json
import threading
import time
import urllib.parse

ISSUER = "https://token.actions.githubusercontent.com"


class TokenService:
    """One for each run of a job, whose subject it knows; notes what is asked for. `signs` makes the token for an audience."""

    def __init__(self, subject="", secret="of-this-job", lives_s=300, signs=None):
        self.subject, self.secret, self.lives_s = subject, secret, lives_s
        self.signs = signs or self.unsigned
        self.asked, self.given = [], []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                service.asked.append(query)
                if self.headers["Authorization"] != f"bearer {service.secret}":
                    self.send_error(401)
                    return
                body = json.dumps({"count": 1, "value": service.token(query["audience"][0])}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def token(self, audience):
        self.given.append(self.signs(audience))
        return self.given[-1]

    def unsigned(self, audience):
        """A token as GitHub's (GitHub Docs, "OpenID Connect reference"), without its further claims."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": audience, "sub": self.subject, "iat": now, "nbf": now, "exp": now + self.lives_s, "jti": str(len(self.given))}
        return ".".join(encoded(part) for part in ({"typ": "JWT", "alg": "RS256"}, claims, "no signature"))

    @property
    def variables(self):
        """Returns what a job with `id-token: write` finds in its environment."""
        address = f"http://127.0.0.1:{self.server.server_port}/token?api-version=2.0"
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": address, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.secret}


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
