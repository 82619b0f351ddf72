"""The application `pier`: sites in place and behind a distribution, functions with and without an alias, a service; in two accounts.

    home    in Windlass's own account; what merges to `main` arrives by itself
    abroad  in another account, through a role; a person starts it
"""

import enforced
from application import HOME_ACCOUNT, INVOCATIONS, Application
from shop import REPOSITORY

HOME, ABROAD = "home", "abroad"
OTHER_ACCOUNT = "222222222222"
TARGET_ROLE = REPOSITORY / "examples/target-role.yaml"
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/windlass-target-pier-abroad"
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
            parameters = {
                "WindlassAccount": HOME_ACCOUNT,
                "App": "pier",
                "Environment": ABROAD,
                "SiteBucketArns": "arn:aws:s3:::pier-pages-*",
                "TaskRoleArns": "arn:aws:iam::*:role/pier-task-*",
            }
            self.shop.deploy_stack("target-role", TARGET_ROLE, parameters, self.client("cloudformation"))
            role = ROLE.rpartition("/")[2]
            enforced.name_sessions(self.client("iam"), role)
            enforced.allow_where_it_is_checked(self.client("iam"), role)

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
