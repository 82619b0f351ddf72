"""What could not be set up for the whole run is reported by the first test that needs it; the others that need it are skipped."""

import pytest

BROKEN = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef, request):
    try:
        return (yield)
    except Exception:
        # The same name may be another fixture in another file, but not for the whole run.
        if fixturedef.scope == "session":
            request.session.stash.setdefault(BROKEN, set()).add(fixturedef.argname)
        raise


def pytest_runtest_setup(item):
    broken = item.session.stash.get(BROKEN, set()) & set(getattr(item, "fixturenames", ()))
    if broken:
        pytest.skip(f"an earlier test shows why there is no `{'`, `'.join(sorted(broken))}`")
