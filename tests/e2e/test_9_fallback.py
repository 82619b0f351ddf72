"""A distribution that answers what is missing with a document: that is shown in words, and a release whose script is missing goes not live, or not for long.

docs/integrate/distribution.md says what to set instead; its functions are tried as they stand there.
"""

import http.client
import re
import shutil
import urllib.parse

import pytest
from cloud import REPOSITORY
from command_line import CommandLine
from visited_site import Plaza

FALLBACK = {"ErrorCode": 403, "ResponsePagePath": "/index.html", "ResponseCode": "200", "ErrorCachingMinTTL": 0}
FUNCTIONS = re.findall(r"^```js\n(.*?)^```$", (REPOSITORY / "docs/integrate/distribution.md").read_text(), re.MULTILINE | re.DOTALL)


class Arcade(Plaza):
    """A site in place, its visitors, and who watches its deployments."""

    def __init__(self, aws, folder):
        super().__init__(aws, "in_place", "arcade")
        self.windlass = CommandLine(aws, "arcade", folder)

    def words(self, version):
        """Returns what `windlass watch` says of a release."""
        return self.windlass.run("watch", "arcade", "open", version).out

    def visit(self, path):
        """Status, type and text, as the distribution answers them."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.aws.endpoint).netloc, timeout=30)
        connection.request("GET", path, headers={"Host": self.domain})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", "").partition(";")[0], answer.read().decode()

    def set(self, **config):
        """Changes the distribution, as its owner would."""
        found = self.aws.cloudfront.get_distribution_config(Id=self.distribution)
        # The local cloud leaves it out where it is empty, and the SDK asks for it.
        changed = {"Comment": ""} | found["DistributionConfig"] | config
        self.aws.cloudfront.update_distribution(Id=self.distribution, IfMatch=found["ETag"], DistributionConfig=changed)

    def rewrite(self, code):
        """Lets a function on viewer requests do the rest."""
        name = f"arcade-{len(code)}"
        config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
        made = self.aws.cloudfront.create_function(Name=name, FunctionConfig=config, FunctionCode=code.encode())
        self.aws.cloudfront.publish_function(Name=name, IfMatch=made["ETag"])
        arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
        behavior = self.aws.cloudfront.get_distribution_config(Id=self.distribution)["DistributionConfig"]["DefaultCacheBehavior"]
        association = {"Quantity": 1, "Items": [{"EventType": "viewer-request", "FunctionARN": arn}]}
        self.set(CustomErrorResponses={"Quantity": 0}, DefaultCacheBehavior=behavior | {"FunctionAssociations": association})


@pytest.fixture(scope="module")
def arcade(aws, tmp_path_factory):
    """Its first release is live, and from now on every missing file is answered with the document."""
    arcade = Arcade(aws, tmp_path_factory.mktemp("arcade"))
    arcade.domain = arcade.make_targets()
    # What is missing is refused, unless others serve it: these files the test forgets.
    arcade.declare(elsewhere=["assets/forgotten-*"])
    assert arcade.release("1.0.0") == ""
    assert "warning" not in arcade.words("1.0.0")
    arcade.set(CustomErrorResponses={"Quantity": 1, "Items": [FALLBACK]})
    return arcade


def test_the_fallback_is_shown_in_words(arcade):
    assert arcade.visit("/assets/gone.js")[:2] == (200, "text/html")
    assert arcade.release("1.1.0") == ""
    words = arcade.words("1.1.0")
    assert "warning: TargetNotReady: a missing file (403) is answered with `/index.html` and status 200" in words, words
    assert "remove the custom error response, and let a CloudFront function on viewer requests rewrite only addresses without extension" in words, words
    assert "a script that is nowhere, is answered with status 200 and type `text/html" in words, words


def test_a_release_whose_script_is_missing_does_not_go_live(arcade):
    live = arcade.visit("/")
    document = '<!doctype html><script src="assets/lost-1.js"></script>'
    assert arcade.release("1.1.1", {"index.html": document}) == "BadArchive"
    assert "`assets/lost-1.js`, which the archive lacks" in arcade.words("1.1.1")
    assert arcade.visit("/") == live


def test_a_release_whose_script_others_should_serve_does_not_stay_live(arcade):
    live = arcade.visit("/")
    document = '<!doctype html><script src="assets/forgotten-1.js"></script>'
    assert arcade.release("1.2.0", {"index.html": document}) == "GateFailed"
    words = arcade.words("1.2.0")
    assert "/assets/forgotten-1.js` is answered with status 200 and type `text/html" in words, words
    assert "is it in the archive, and does the distribution send it to the site's bucket" in words, words
    assert arcade.visit("/") == live


@pytest.mark.skipif(not shutil.which("node"), reason="the local cloud runs CloudFront functions by Node.js")
def test_what_is_said_to_set_instead_answers_right_and_is_not_warned_of(arcade):
    single_page, folders = FUNCTIONS
    arcade.rewrite(single_page)
    assert arcade.visit("/assets/gone.js")[0] == 403
    assert arcade.visit("/orders/7")[:2] == (200, "text/html")
    assert arcade.release("1.3.0", {"de/index.html": "<!doctype html>auf deutsch"}) == ""
    assert "warning" not in arcade.words("1.3.0")
    arcade.rewrite(folders)
    assert (arcade.visit("/de")[0], arcade.visit("/de/")[2]) == (301, "<!doctype html>auf deutsch")
    assert arcade.visit("/assets/gone.js")[0] == 403
