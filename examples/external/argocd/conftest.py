"""The function against the imitation of what is around it, in the process of the tests."""

import importlib.util
import pathlib
import sys

import boto3
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent)]

import argocd_imitation  # noqa: E402


@pytest.fixture(scope="session")
def handler():
    """The module, under a name that the handler of no other example has."""
    spec = importlib.util.spec_from_file_location("argocd_handler", HERE / "handler.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def imitated():
    outside = argocd_imitation.Outside()
    yield outside
    outside.close()


@pytest.fixture
def outside(imitated, monkeypatch):
    """The imitation as it begins, with the environment of the function."""
    imitated.tap = lambda moment: None
    imitated.reset()
    for name, value in imitated.variables().items():
        monkeypatch.setenv(name, value)
    # boto3 reads credentials and region once for a session.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return imitated


@pytest.fixture
def ask(outside, handler):
    """Asks the function as Windlass does; `if_` is sent as `if`."""

    def asked(do, **more):
        request = {"windlass": 1, "do": do, "app": "shop", "environment": "prod", "component": "orders"}
        request |= {"deployment": "1f0c2d9a4b5e6f70", "settings": argocd_imitation.SETTINGS}
        if do != "observe":
            request |= {"key": "1f0c2d9a4b5e6f70/orders/forward", "not_after": argocd_imitation.now(15)}
        return handler.handler(request | {name.rstrip("_"): value for name, value in more.items()})

    return asked


@pytest.fixture
def release(ask):
    """Releases an image, and returns what a look before it has shown."""

    def released(number):
        seen = ask("observe", release=argocd_imitation.RELEASES[number])
        answer = ask("change", goal=seen["goal"], if_=seen["mark"], release=argocd_imitation.RELEASES[number])
        assert answer == {"sent": True}, answer
        return seen

    return released
