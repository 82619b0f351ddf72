//! The routes of the HTTP API: the one table of them.
//!
//! The engine finds the handler of a call here, and what its query and its body may say. `template.yaml`, its managed
//! policies and `docs/API.md` are held to the table by `tests/contract`.

use crate::release::action::ActionName::{
    self, Accept, Approve, Continue, Drill, HandOver, Hold, Pause, Recover, ReleaseHold, Remove, Rename, Restore,
    Rollback, SkipBake, Withdraw,
};
use crate::release::identity::EnvironmentId;
use crate::text::name::{AppName, EnvironmentName};
use Right::{Operate, Own};
use RouteName::{Act, ActOnApp};
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// The name of a route, by which its handler is found. [`crate::shown::api`] has the types of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
pub enum RouteName {
    /// A page of all applications, with what runs in their environments.
    Apps,
    /// A page of the figures of all applications.
    AllStats,
    /// A page of what was refused or not taken, and names no declared application.
    AllRefusals,
    /// The names of the environments, and the one that a Git ref or an image tag chooses.
    Environments,
    /// A plan. It answers 202 until the plan is drawn.
    Plan,
    /// A recorded release, and its uploads.
    Release,
    /// The text of the declaration in force.
    Declaration,
    /// A page of the history of an environment, or what came of an execution.
    Deployments,
    /// The record of a deployment, with its plan, steps and judgements. It answers 202 until that is recorded.
    Deployment,
    /// A page of what was refused or not taken.
    Refusals,
    /// The figures of an application, of each environment.
    Stats,
    /// The targets that a removal of the whole application would let go of.
    AppRemovable,
    /// The records that a rename of the whole application would take with it.
    AppRenamable,
    /// The components that run in an environment, and the deployment that is under way there.
    Environment,
    /// A page of the snapshots of an environment.
    Snapshots,
    /// A page of the drills of an environment.
    Drills,
    /// The targets that a removal would let go of.
    Removable,
    /// The records that a rename of a component would take with it.
    Renamable,
    /// The records that a hand-over would take with it.
    Takable,
    /// The start of a deployment. The body is a manifest.
    Start,
    /// The start of a deployment with wishes, or of what is only recorded: of its `version` alone.
    StartRecorded,
    /// The addresses at which artifacts of a release may be uploaded now; or of a plan alone, for which the right to
    /// see is enough.
    Uploads,
    /// The drawing of a plan. The body is that of a start, or of the action that it names.
    DrawPlan,
    /// The end of a deployment before its time, with the undoing of what it changed.
    Cancel,
    /// The start of an operator's action.
    Act(ActionName),
    /// The start of an action on a whole application.
    ActOnApp(ActionName),
}

impl RouteName {
    /// Returns the method of a call, and the segments of its path with these names in the places of the braces, one
    /// after the other. Both are empty where the API has no such route.
    pub fn call<'n>(self, names: &[&'n str]) -> (&'static str, Vec<&'n str>) {
        let (method, pattern) = ApiRoute::named(self).map_or(("", ""), |route| (route.method, route.pattern));
        let mut names = names.iter().copied();
        let filled = |segment: &'static str| if segment.starts_with('{') { names.next() } else { Some(segment) };
        (method, pattern.split('/').skip(1).filter_map(filled).collect())
    }
}

/// The right that a route needs, as the managed policies of the template give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The right to see, and to change nothing.
    See,
    /// The right to plan, and to change nothing.
    Plan,
    /// The right of CI to release into an environment.
    Release,
    /// The right of the operators of an environment.
    Operate,
    /// The right of those who approve plans of an environment.
    Approve,
    /// The right to change what belongs to a whole application or to two owners. No managed policy gives it.
    Own,
}

/// A route.
#[derive(Debug, Clone, Copy)]
pub struct ApiRoute {
    /// The method of HTTP.
    pub method: &'static str,
    /// The path, with names in braces where a call has its own.
    pub pattern: &'static str,
    /// The name.
    pub name: RouteName,
    /// The right that its caller needs.
    pub right: Right,
    /// The parameters that its query may have, beside those of every route.
    pub query: &'static [&'static str],
    /// The members that its body may have.
    pub body: &'static [&'static str],
    /// True if it is served below [`CI`] as well, to a CI job that shows a token.
    pub ci: bool,
}

/// The beginning of the paths of CI jobs that show a token. Claims count below it alone, and IAM's caller elsewhere
/// alone.
pub const CI: &str = "/ci";

/// The members that a body may have beside a manifest or beside the `version` of a recorded release, which alone may be
/// of one `component`. Each list behind is the end of this one.
const STARTED: &[&str] = &[
    "component",
    "from",
    "snapshot",
    "reason",
    "again",
    "allow_older",
    "accept_red",
    "through_hold",
    "preempt",
    "may_lose",
];

/// The members of a body that CI sends, beside those of a manifest.
const RELEASED: &[&str] = STARTED.split_at(1).1;

/// The members with which a body names a snapshot of another environment, in the place of a manifest.
pub const PROMOTED: &[&str] = RELEASED.split_at(2).0;

/// The members that a body may have beside a manifest.
pub const BESIDE_A_MANIFEST: &[&str] = RELEASED.split_at(2).1;

/// The members of a body that override what would stop a release. Each is for operators.
pub const WISHES: &[&str] = BESIDE_A_MANIFEST.split_at(1).1;

/// The members of a plan's body, beside those of what it plans.
const PLANNED: &[&str] = &["action", "reason"];

const UPLOADED: &[&str] = &["artifacts", "plan"];
const NONE: &[&str] = &[];
const PAGED: &[&str] = &["limit", "after"];
const OF_A_MOVE: &[&str] = &["component", "to_component"];
const REASON: &[&str] = &["reason"];
const BACK: &[&str] = &["across", "component", "may_lose", "reason", "snapshot"];
const WATCHED: &[&str] = &["deployment", "reason"];
const APPROVED: &[&str] = &["deployment", "hash", "reason"];
const OF_A_COMPONENT: &[&str] = &["component", "reason"];
const WITHDRAWN: &[&str] = &["component", "pattern", "reason"];
const MOVED: &[&str] = &["component", "reason", "to_component"];
const CONFIRMED: &[&str] = &["confirm", "reason"];

const fn get(pattern: &'static str, name: RouteName, query: &'static [&'static str]) -> ApiRoute {
    ApiRoute { method: "GET", pattern, name, right: Right::See, query, body: NONE, ci: false }
}

const fn post(pattern: &'static str, name: RouteName, right: Right, body: &'static [&'static str]) -> ApiRoute {
    ApiRoute { method: "POST", pattern, name, right, query: NONE, body, ci: false }
}

const fn ci(route: ApiRoute) -> ApiRoute {
    ApiRoute { ci: true, ..route }
}

/// All routes. No two of them match the same call.
pub const ROUTES: &[ApiRoute] = &[
    get("/apps", RouteName::Apps, PAGED),
    get("/stats", RouteName::AllStats, &["days", "limit", "after"]),
    get("/refusals", RouteName::AllRefusals, PAGED),
    ci(get("/apps/{app}/environments", RouteName::Environments, &["ref", "image_tag"])),
    ci(get("/apps/{app}/plans/{id}", RouteName::Plan, NONE)),
    ci(get("/apps/{app}/releases/{version}", RouteName::Release, NONE)),
    ci(get("/apps/{app}/declaration", RouteName::Declaration, NONE)),
    ci(get("/apps/{app}/deployments", RouteName::Deployments, &["environment", "execution", "limit", "after"])),
    ci(get("/apps/{app}/deployments/{id}", RouteName::Deployment, NONE)),
    ci(get("/apps/{app}/refusals", RouteName::Refusals, PAGED)),
    ci(get("/apps/{app}/stats", RouteName::Stats, &["environment", "days"])),
    get("/apps/{app}/removable", RouteName::AppRemovable, NONE),
    post("/apps/{app}/remove", ActOnApp(Remove), Own, CONFIRMED),
    get("/renames/{app}/{to_app}", RouteName::AppRenamable, NONE),
    post("/renames/{app}/{to_app}", ActOnApp(Rename), Own, CONFIRMED),
    ci(get("/apps/{app}/environments/{environment}", RouteName::Environment, &["observe"])),
    ci(get("/apps/{app}/environments/{environment}/snapshots", RouteName::Snapshots, PAGED)),
    ci(get("/apps/{app}/environments/{environment}/drills", RouteName::Drills, PAGED)),
    get("/apps/{app}/environments/{environment}/removable", RouteName::Removable, &["component"]),
    get("/apps/{app}/environments/{environment}/renamable", RouteName::Renamable, OF_A_MOVE),
    ci(post("/apps/{app}/environments/{environment}/releases", RouteName::Start, Right::Release, RELEASED)),
    post("/apps/{app}/environments/{environment}/starts", RouteName::StartRecorded, Operate, STARTED),
    ci(post("/apps/{app}/environments/{environment}/uploads", RouteName::Uploads, Right::Release, UPLOADED)),
    ci(post("/apps/{app}/environments/{environment}/plans", RouteName::DrawPlan, Right::Plan, PLANNED)),
    post("/apps/{app}/environments/{environment}/deployments/{id}/cancel", RouteName::Cancel, Operate, REASON),
    ci(post("/apps/{app}/environments/{environment}/rollbacks", Act(Rollback), Operate, BACK)),
    post("/apps/{app}/environments/{environment}/drills", Act(Drill), Operate, REASON),
    post("/apps/{app}/environments/{environment}/restores", Act(Restore), Operate, OF_A_COMPONENT),
    post("/apps/{app}/environments/{environment}/withdrawals", Act(Withdraw), Operate, WITHDRAWN),
    post("/apps/{app}/environments/{environment}/recover", Act(Recover), Operate, WATCHED),
    post("/apps/{app}/environments/{environment}/accept", Act(Accept), Operate, REASON),
    post("/apps/{app}/environments/{environment}/pause", Act(Pause), Operate, &["deployment", "for", "reason"]),
    post("/apps/{app}/environments/{environment}/continue", Act(Continue), Operate, WATCHED),
    post("/apps/{app}/environments/{environment}/skip-bake", Act(SkipBake), Operate, WATCHED),
    post("/apps/{app}/environments/{environment}/approve", Act(Approve), Right::Approve, APPROVED),
    post("/apps/{app}/environments/{environment}/remove", Act(Remove), Operate, OF_A_COMPONENT),
    post("/apps/{app}/environments/{environment}/rename", Act(Rename), Operate, MOVED),
    ApiRoute { method: "PUT", ..post("/apps/{app}/environments/{environment}/hold", Act(Hold), Operate, REASON) },
    ApiRoute {
        method: "DELETE",
        // A DELETE need not have a body.
        query: REASON,
        ..post("/apps/{app}/environments/{environment}/hold", Act(ReleaseHold), Operate, REASON)
    },
    get("/hand-overs/{app}/{environment}/{to_app}/{to_environment}", RouteName::Takable, OF_A_MOVE),
    post("/hand-overs/{app}/{environment}/{to_app}/{to_environment}", Act(HandOver), Own, MOVED),
];

/// The names that a path has where its pattern has braces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoutePlace {
    /// `{app}`.
    pub app: Option<AppName>,
    /// `{environment}`.
    pub environment: Option<EnvironmentName>,
    /// `{to_app}`.
    pub to_app: Option<AppName>,
    /// `{to_environment}`.
    pub to_environment: Option<EnvironmentName>,
    /// `{id}` or `{version}`, which may be any text.
    pub id: String,
}

impl RoutePlace {
    /// Returns the environment that the path is about, if it is about one.
    pub fn of(&self) -> Option<EnvironmentId<'_>> {
        Some(EnvironmentId::new(self.app.as_ref()?, self.environment.as_ref()?))
    }

    /// Returns the environment that takes over, if the path names one.
    pub fn to(&self) -> Option<EnvironmentId<'_>> {
        Some(EnvironmentId::new(self.to_app.as_ref()?, self.to_environment.as_ref()?))
    }

    /// Returns the names that the path has, each with the member of a request that says the same.
    pub fn named(&self) -> Vec<(&'static str, &str)> {
        let named = [
            ("app", self.app.as_ref().map(AppName::as_str)),
            ("environment", self.environment.as_ref().map(EnvironmentName::as_str)),
            ("to_app", self.to_app.as_ref().map(AppName::as_str)),
            ("to_environment", self.to_environment.as_ref().map(EnvironmentName::as_str)),
        ];
        named.into_iter().filter_map(|(member, name)| Some((member, name?))).collect()
    }

    /// Takes in a segment of a path; `None` if it is not as the pattern says.
    fn take(&mut self, pattern: &str, segment: &str) -> Option<()> {
        match pattern {
            "{app}" => self.app = Some(AppName::new(segment).ok()?),
            "{environment}" => self.environment = Some(EnvironmentName::new(segment).ok()?),
            "{to_app}" => self.to_app = Some(AppName::new(segment).ok()?),
            "{to_environment}" => self.to_environment = Some(EnvironmentName::new(segment).ok()?),
            "{id}" | "{version}" => segment.clone_into(&mut self.id),
            _ => return (pattern == segment).then_some(()),
        }
        Some(())
    }
}

impl ApiRoute {
    /// Returns the route of a call, and the names in its path; `None` if the API has none, or if a name is no name.
    pub fn of(method: &str, path: &str) -> Option<(&'static Self, RoutePlace)> {
        let mut of_method = ROUTES.iter().filter(|route| route.method == method);
        of_method.find_map(|route| Some((route, route.place(path)?)))
    }

    /// Returns the route of this name.
    pub fn named(name: RouteName) -> Option<&'static Self> {
        ROUTES.iter().find(|route| route.name == name)
    }

    fn place(&self, path: &str) -> Option<RoutePlace> {
        let mut place = RoutePlace::default();
        let mut segments = path.trim_matches('/').split('/');
        for pattern in self.pattern.trim_matches('/').split('/') {
            place.take(pattern, segments.next()?)?;
        }
        segments.next().is_none().then_some(place)
    }

    /// Returns the path with these names in it; `None` if one of them is not there.
    pub fn path(&self, names: &Map<String, Value>) -> Option<String> {
        let segments = self.pattern.split('/').map(|segment| {
            let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            name.map_or(Some(segment), |name| names.get(name)?.as_str())
        });
        Some(segments.collect::<Option<Vec<&str>>>()?.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names() -> Value {
        json!({
            "app": "shop", "environment": "prod", "to_app": "bank", "to_environment": "live", "id": "1f0c",
            "version": "1.4.0",
        })
    }

    fn path(route: &ApiRoute) -> String {
        route.path(names().as_object().unwrap()).unwrap()
    }

    #[test]
    fn each_route_is_found_by_its_own_path_alone() {
        for route in ROUTES {
            let path = path(route);
            let (found, place) = ApiRoute::of(route.method, &path).unwrap();
            assert_eq!((found.pattern, found.name), (route.pattern, route.name));
            assert_eq!(ROUTES.iter().filter(|other| other.name == route.name).count(), 1, "{:?}", route.name);
            assert_eq!(place.app.is_some(), route.pattern.contains("{app}"));
            assert_eq!(place.of().is_some(), route.pattern.contains("{environment}"));
            let named = path.split('/').zip(route.pattern.split('/')).filter(|(_, segment)| segment.starts_with('{'));
            let (method, segments) = route.name.call(&named.map(|(name, _)| name).collect::<Vec<_>>());
            assert_eq!((method, format!("/{}", segments.join("/"))), (route.method, path.clone()));
            assert_eq!(place.to_environment.is_some(), route.pattern.contains("{to_environment}"));
            let of_a_request = place.named().into_iter().filter(|(member, name)| names()[*member] == **name);
            let braces = route.pattern.matches('{').count() - usize::from(!place.id.is_empty());
            assert_eq!(of_a_request.count(), braces, "{}", route.pattern);
            assert_eq!(place.id.is_empty(), !route.pattern.contains("{id}") && !route.pattern.contains("{version}"));
            assert_eq!(ApiRoute::of(route.method, &format!("{path}/")).map(|(found, _)| found.name), Some(route.name));
            for (method, path) in [("PATCH", path.clone()), (route.method, format!("{path}/more"))] {
                let is_other = ApiRoute::of(method, &path).is_none_or(|(found, _)| found.name != route.name);
                assert!(is_other, "{method} {path}");
            }
        }
    }

    #[test]
    fn a_path_with_a_name_that_is_none_has_no_route() {
        for (method, path) in [
            ("GET", ""),
            ("GET", "/"),
            ("GET", "/apps/Shop/stats"),
            ("GET", "/apps//stats"),
            ("POST", "/apps/shop/environments/Prod/rollbacks"),
            ("POST", "/renames/shop/A"),
            ("GET", "/hand-overs/shop/prod/bank/{to_environment}"),
            ("POST", "/apps"),
            ("get", "/apps"),
        ] {
            assert!(ApiRoute::of(method, path).is_none(), "{method} {path}");
        }
    }

    #[test]
    fn ci_jobs_release_upload_plan_roll_back_and_read_what_is_of_one_application() {
        let of_ci = ROUTES.iter().filter(|route| route.ci);
        let (reads, acts): (Vec<&ApiRoute>, Vec<&ApiRoute>) = of_ci.partition(|route| route.right == Right::See);
        assert!(reads.iter().all(|route| route.pattern.starts_with("/apps/{app}/")) && reads.len() > 8, "{reads:?}");
        let acts: Vec<RouteName> = acts.into_iter().map(|route| route.name).collect();
        assert_eq!(acts, [RouteName::Start, RouteName::Uploads, RouteName::DrawPlan, Act(Rollback)]);
    }

    #[test]
    fn a_path_needs_all_of_its_names() {
        let route = ApiRoute::named(Act(Rollback)).unwrap();
        assert_eq!(path(route), "/apps/shop/environments/prod/rollbacks");
        assert_eq!(route.path(json!({"app": "shop"}).as_object().unwrap()), None);
    }

    #[test]
    fn what_is_seen_has_no_body_and_what_acts_says_why() {
        for route in ROUTES {
            assert_eq!(route.method == "GET", route.right == Right::See, "{}", route.pattern);
            let acts = route.right != Right::See && route.name != RouteName::Uploads;
            assert_eq!(route.body.contains(&"reason"), acts, "{}", route.pattern);
        }
        assert_eq!(PROMOTED, ["from", "snapshot"]);
        assert_eq!((BESIDE_A_MANIFEST.first(), WISHES.first()), (Some(&"reason"), Some(&"again")));
    }
}
