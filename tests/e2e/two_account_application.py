"""The application `pier`: sites in place and behind a distribution, functions with and without an alias, a service; in two accounts.

    home    in Windlass's own account; what merges to `main` arrives by itself
    abroad  in another account, through a role; a person starts it
"""

from application import HOME_ACCOUNT, INVOCATIONS, OTHER_ACCOUNT, Application, target_role

HOME, ABROAD = "home", "abroad"
ROLE = target_role("pier", ABROAD)
IMAGES = "pier/agent"
ENVIRONMENTS = {
    HOME: {"deploy": {"branch": "main"}},
    ABROAD: {"deploy": {"tag": "stable"}, "start": "manual", "role_arn": ROLE},
    # The role of another environment: it asks for another ExternalId.
    "astray": {"start": "manual", "role_arn": ROLE},
}


class Pier(Application):
    """The application in one of its environments."""

    def __init__(self, aws, environment):
        super().__init__(aws, "pier", environment, OTHER_ACCOUNT if environment == ABROAD else HOME_ACCOUNT)

    def make_targets(self):
        super().make_targets()
        if self.environment == ABROAD:
            self.let_windlass_in()

    def declare(self, version="1.0.0", distribution="E0"):
        """Uploads the declaration of all environments, and waits until it is in force."""
        site = {"kind": "static_site", "bucket": "pier-pages-{environment}", "hashed": ["assets/**"]}
        components = {
            "leaflet": {**site, "prefix": "leaflet", "on_artifact": True},
            # The local cloud serves no distribution of another account.
            "cover": {**site, "prefix": "cover", "mode": "prefix", "distribution": distribution, "gates": {"pages": []}},
            "bell": {"kind": "lambda", "function": "pier-bell-{environment}", "on_artifact": True, "gates": {"invocations": INVOCATIONS}},
            "camera": {"kind": "lambda", "function": "pier-camera-{environment}", "repository": "pier/camera"},
            "agent": {"kind": "ecs", "cluster": "pier-{environment}", "service": "agent", "container": "agent", "repository": IMAGES},
        }
        gates = {"bake": "10s", "alarms": ["pier-{environment}-errors"]}
        super().declare(self.declaration(ENVIRONMENTS, gates, version, **components))
