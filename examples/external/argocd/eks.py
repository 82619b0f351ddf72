"""Reads the Kubernetes API of an EKS cluster as the role that this runs with: no kubeconfig, and no secret is kept.

CLUSTER is the cluster's name, CLUSTER_ENDPOINT its address, CLUSTER_CA its certificate in Base64, as
`aws eks describe-cluster` shows them. An access entry of the cluster names the role, and the group that it is in.
"""

import base64
import http.client
import json
import os
import ssl
from urllib.parse import quote, urlsplit

import boto3
from botocore.config import Config

# The longest wait for a connection or for an answer, in seconds.
PATIENCE = 5


class Unreadable(Exception):
    """The cluster shows nothing, for a reason that is a sentence."""


def token(cluster):
    """Returns a token for a cluster: a question to STS who asks it, signed by the role and good for 15 minutes.

    EKS asks STS in the role's place, and so knows the role; nobody can ask anything else with it. The cluster's name is
    signed as well, so that no other cluster takes it. `aws eks get-token` makes the same.
    """
    sts = boto3.client("sts", config=Config(connect_timeout=PATIENCE, read_timeout=PATIENCE))

    def names_the_cluster(request, **_):
        request.headers["x-k8s-aws-id"] = cluster

    sts.meta.events.register("before-sign.sts.GetCallerIdentity", names_the_cluster)
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def read(group, namespace, kind, name):
    """Returns an object of the cluster, such as ("argoproj.io/v1alpha1", "argocd", "applications", "orders").

    Raises `Unreadable` where the cluster does not answer, or answers anything else, such as 403 where the role may not
    look. No redirection is followed: whoever it leads to would get the token.
    """
    certificate = base64.b64decode(os.environ["CLUSTER_CA"]).decode()
    trusted = ssl.create_default_context(cadata=certificate)
    # Certificates of EKS do not name their issuer's key, as Python asks from 3.13 on (kubernetes-client/python#2394).
    trusted.verify_flags &= ~ssl.VERIFY_X509_STRICT
    address = urlsplit(os.environ["CLUSTER_ENDPOINT"]).netloc
    server = http.client.HTTPSConnection(address, timeout=PATIENCE, context=trusted)
    path = f"/apis/{group}/namespaces/{quote(namespace, safe='')}/{kind}/{quote(name, safe='')}"
    try:
        server.request("GET", path, headers={"Authorization": f"Bearer {token(os.environ['CLUSTER'])}"})
        answer = server.getresponse()
        code, body = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unreadable(f"The Kubernetes API does not answer ({type(error).__name__}).") from None
    finally:
        server.close()
    if code != 200:
        raise Unreadable(f"The Kubernetes API answers {code} for {kind} {namespace}/{name}.")
    return json.loads(body)
