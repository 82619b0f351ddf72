"""A stand-in for the issuer of CI jobs' tokens. API Gateway fetches its keys as it does GitHub's and GitLab's; it signs whatever a test claims."""

import base64
import functools
import http.server
import json
import threading
import time
import urllib.request
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

# Longer than one of GitHub lives: it must do for all of a module.
LIVES_S = 3600
KEY_ID = "of-the-tests"
COMMIT = "9f2c61d4a0b35e7789c1d2e3f405162738495a6b"
# GitHub Docs, "OpenID Connect reference": what a token of a job has beside the time and the audience.
OF_GITHUB = {
    "repository": "octo/kiosk",
    "repository_id": "990134",
    "repository_owner": "octo",
    "repository_owner_id": "8472",
    "repository_visibility": "private",
    "ref": "refs/tags/v1.0.0",
    "ref_type": "tag",
    "ref_protected": "true",
    "sha": COMMIT,
    "head_ref": "",
    "base_ref": "",
    "event_name": "push",
    "actor": "ann",
    "actor_id": "31337",
    "workflow": "release",
    "workflow_ref": "octo/kiosk/.github/workflows/release.yml@refs/tags/v1.0.0",
    "workflow_sha": COMMIT,
    "job_workflow_ref": "octo/kiosk/.github/workflows/release.yml@refs/tags/v1.0.0",
    "job_workflow_sha": COMMIT,
    "run_id": "812",
    "run_number": "7",
    "run_attempt": "1",
    "runner_environment": "github-hosted",
}
# GitLab Docs, "OpenID Connect (OIDC) authentication using ID tokens": likewise.
OF_GITLAB = {
    "namespace_id": "72",
    "namespace_path": "octo",
    "project_id": "20",
    "project_path": "octo/kiosk",
    "project_visibility": "private",
    "user_id": "1",
    "user_login": "ann",
    "user_email": "ann@example.com",
    "user_access_level": "developer",
    "pipeline_id": "574",
    "pipeline_source": "push",
    "job_id": "302",
    "ref": "v1.1.0",
    "ref_type": "tag",
    "ref_path": "refs/tags/v1.1.0",
    "ref_protected": "true",
    "runner_id": 1,
    "runner_environment": "gitlab-hosted",
    "sha": COMMIT,
    "ci_config_ref_uri": "gitlab.example.com/octo/kiosk//.gitlab-ci.yml@refs/tags/v1.1.0",
}


class Issuer:
    """The issuer, while a run of the tests lasts; keeps what it has signed."""

    def __init__(self):
        self.given = []
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(issuer.documents().get(self.path, {})).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @functools.cached_property
    def key(self):
        return new_key()

    def documents(self):
        """Returns what it answers, by path (OpenID Connect Discovery 1.0; RFC 7517)."""
        keys = f"{self.address}/keys"
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": of_number(numbers.n), "e": of_number(numbers.e)}
        discovery = {"issuer": self.address, "jwks_uri": keys, "id_token_signing_alg_values_supported": ["RS256"]}
        return {"/.well-known/openid-configuration": discovery, "/keys": {"keys": [key]}}

    def github(self, audience, key=None, **other):
        """A token in GitHub's form, where some claims may be other ones."""
        claims = OF_GITHUB | other
        return self.signed({"aud": audience, "sub": f"repo:{claims['repository']}:ref:{claims['ref']}", **claims}, key)

    def gitlab(self, audience, **other):
        """A token in GitLab's form, likewise."""
        claims = OF_GITLAB | other
        about = f"project_path:{claims['project_path']}:ref_type:{claims['ref_type']}:ref:{claims['ref']}"
        return self.signed({"aud": audience, "sub": about, **claims})

    def signed(self, claims, key=None):
        now = int(time.time())
        times = {"iat": now, "nbf": now, "exp": now + LIVES_S}
        parts = ({"typ": "JWT", "alg": "RS256", "kid": KEY_ID}, {"iss": self.address, "jti": str(uuid.uuid4()), **times, **claims})
        text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        signature = (key or self.key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        self.given.append(f"{text}.{encoded(signature)}")
        return self.given[-1]


class Job:
    """A job of CI that shows its token, and has no credentials of AWS."""

    def __init__(self, aws, token, **headers):
        self.aws = aws
        self.headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {}), **headers}

    def call(self, method, path, body=None):
        """Calls a path of the API below `/ci`."""
        data = None if body is None else json.dumps(body).encode()
        return self.aws.answer(urllib.request.Request(f"{self.aws.api}/ci{path}", data=data, method=method, headers=self.headers), path)


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def of_number(number):
    return encoded(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
