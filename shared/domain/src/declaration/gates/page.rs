//! Pages of a static site. Each is answered with a document, and the files of the site that it names are there.

use super::{At, ResolveGate, Sort};
use crate::declaration::aws_name::TextForm;
use crate::declaration::kinds::{AsWritten, VisitedPages};
use crate::declaration::name_text::NameText;
use crate::declaration::probe_url;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::finding::Finding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A page of a site. The page must be a document. Each script and style sheet that the page requests from its own
/// origin must exist and have the right type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The path of the page below the address of the site, such as `/` or `/about/`.
    pub path: Text,
    /// An address that serves the whole bucket, such as the address of a second distribution without an origin path.
    /// Write `before_switch` only for a site with the mode `prefix`. Before visitors get the release, Windlass then
    /// checks the page at this address, in the folder of the release. If the path is `/`, Windlass requests the `root`
    /// of the site, or `index.html` if `root` is absent or `none`. To any other path that ends with `/`, Windlass adds
    /// `index.html`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_switch: Option<Text>,
}

/// A page of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageGate {
    /// The component.
    pub site: String,
    /// The page's path below the address of the site, with a leading slash.
    pub page: String,
    /// An address that shows the whole bucket, if the page is looked at before the switch too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_switch: Option<String>,
}

impl Sort for PageGate {
    fn sort(&self) -> &'static str {
        "page"
    }

    /// Returns a name such as `web /about/`.
    fn name(&self) -> String {
        format!("{} {}", self.site, self.page)
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        let address = self.before_switch.as_mut();
        address.map(|url| NameText::address("before_switch", url, &probe_url::HTTP)).into_iter().collect()
    }

    fn threshold(&self) -> String {
        "a document whose scripts and style sheets are there".to_owned()
    }
}

impl ResolveGate for PageGate {
    type Written = Page;

    /// A site with an address has its first page as a gate.
    fn usual(component: &dyn AsWritten) -> Vec<Page> {
        let first = Page { path: Text::Everywhere("/".to_owned()), before_switch: None };
        component.visited().is_some_and(|it| it.has_address && it.has_first).then_some(first).into_iter().collect()
    }

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, page: &Page) -> Self {
        let visited = at.component.and_then(|(name, it)| Some((name, it.visited()?)));
        let site = if let Some((name, visited)) = visited {
            check(scope, at, visited, page);
            name.to_string()
        } else {
            scope.not_supported(
                &at.path,
                "Only a `static_site` has pages.",
                "Remove it, or measure the component with `alarms`, `metrics` or `probes`.",
            );
            String::new()
        };
        let path = join(&at.path, "before_switch");
        let before_switch =
            page.before_switch.as_ref().map(|text| probe_url::text(scope, &path, text, &probe_url::HTTP));
        Self { site, page: scope.text(&join(&at.path, "path"), &page.path, &PATH), before_switch }
    }
}

fn check(scope: &mut Scope<'_>, at: &At<'_>, visited: VisitedPages, page: &Page) {
    let path = &at.path;
    if !visited.has_address {
        let reason = "Nothing says where visitors reach the site.";
        let remedy = "Write `url` or `distribution` of the component, or remove `pages`.";
        let finding = Finding::missing_field(path, reason, remedy);
        scope.note(finding.resting_on(at.members(&["url", "distribution"])));
    }
    if page.before_switch.is_some() && !visited.has_folder {
        let reason = "In place a release has no folder of its own that could be looked at before visitors get it.";
        let finding =
            Finding::not_supported(join(path, "before_switch"), reason, "Remove it, or use the mode `prefix`.");
        scope.note(finding.resting_on(at.members(&["mode"])));
    }
}

const PATH: TextForm = TextForm {
    accepts: |text| {
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"?#\\".contains(c);
        text.len() <= 1024
            && text.starts_with('/')
            && !text.starts_with("//")
            && text.split('/').all(|part| part != ".." && part != ".")
            && text.chars().all(plain)
    },
    words: "a path such as `/` or `/about/`, without a question mark",
};
