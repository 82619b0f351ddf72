//! The server: which page is at which address, and what is read for it.

use super::acts::PageAction;
use super::board::Board;
use super::guard::{Doorway, Guard};
use super::http::{Fields, HttpAnswer, HttpRequest, read, send};
use super::parts::{BrowserPage, PagePlace, SCRIPT, STYLE, mark};
use super::way_back::{self, LastDrill};
use super::{deployment, environment, logs};
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine::now;
use crate::ground::terminal::Tone;
use crate::talk::installation::Endpoint;
use crate::talk::listing::{List, ListPage, page, whole};
use crate::talk::windlass::{self, RouteName, Windlass};
use crate::view::overview::observed;
use crate::view::record;
use maud::{Markup, html};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::net::{TcpListener, TcpStream};
use windlass_domain::deployment::drill::Drill;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::deployments::{Deployments, HistoryEntry, Record};
use windlass_domain::shown::api::environments::{Apps, Environment};
use windlass_domain::shown::api::recorded::{AllStats, ListedSnapshot, Snapshots};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The number of deployments and snapshots that a page has.
const HISTORY: usize = 40;
const SNAPSHOTS: usize = 20;

/// The pages, and the installation that they show.
pub struct Server {
    pub(super) windlass: Windlass,
    pub(super) endpoint: Endpoint,
    pub(super) guard: Guard,
    pub(super) stand: PagePlace,
    pub(super) did: RefCell<Vec<PageAction>>,
    /// The log groups and the drills that were read already.
    groups: logs::AnswerCache,
    drills: RefCell<BTreeMap<String, Drill>>,
    /// The file that leads a browser here, until one has come.
    way: RefCell<Option<Doorway>>,
    /// The forms that were sent, each with the number of its act; `None` while it is being handed in.
    pub(super) once: RefCell<BTreeMap<String, Option<usize>>>,
}

impl Server {
    /// Makes the pages of an installation. `way` is the file that leads a browser to them, if there is one.
    pub fn new(windlass: Windlass, endpoint: Endpoint, guard: Guard, way: Option<Doorway>) -> Self {
        let stand = PagePlace::Served(guard.base());
        Self {
            windlass,
            endpoint,
            guard,
            stand,
            did: RefCell::default(),
            groups: logs::AnswerCache::default(),
            drills: RefCell::default(),
            way: RefCell::new(way),
            once: RefCell::default(),
        }
    }

    /// Serves until the program ends.
    pub async fn serve(self, listener: TcpListener) -> Result<Exit, Failure> {
        let server = Rc::new(self);
        loop {
            // A connection that fails does not end the others.
            if let Ok((stream, _)) = listener.accept().await {
                tokio::task::spawn_local(Rc::clone(&server).connection(stream));
            }
        }
    }

    async fn connection(self: Rc<Self>, mut stream: TcpStream) {
        let answer = match read(&mut stream).await {
            Ok(request) => self.answer(&request).await,
            Err(answer) => answer,
        };
        send(&mut stream, &answer).await;
    }

    /// Answers a request.
    pub async fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        let segments = match self.guard.segments(request) {
            Ok(segments) => segments,
            Err(answer) => return answer,
        };
        if request.method == "GET" && request.is_of_program() {
            return match self.document(&segments, &request.query).await {
                Ok(document) => HttpAnswer::document(200, &document),
                Err(failure) => HttpAnswer::document(status_of(&failure, true), &failure.as_json()),
            };
        }
        // Dropped, the file is gone.
        self.way.take();
        let answer = match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["page.css"]) => Ok(HttpAnswer::file("text/css; charset=utf-8", STYLE)),
            ("GET", ["page.js"]) => Ok(HttpAnswer::file("text/javascript; charset=utf-8", SCRIPT)),
            // The links of the board are from its address, which ends with a slash.
            ("GET", []) if !request.path.ends_with('/') => Ok(HttpAnswer::see(self.stand.board())),
            ("GET", []) => self.board(&request.query).await,
            ("GET", ["stats"]) => self.figures(&request.query).await,
            ("GET", ["apps", app, "environments", name]) => self.environment(app, name, &request.query).await,
            ("GET", ["apps", app, "deployments", id]) => self.deployment(app, id).await,
            ("GET", ["apps", app, "deployments", id, "logs"]) => self.logs(app, id).await,
            ("GET", ["did", number]) => self.did(number).await,
            ("GET", ["acts", act]) => self.form(act, &request.query).await,
            ("POST", ["acts", act, "plan"]) => self.plan(act, &request.form).await,
            ("POST", ["acts", act, "do"]) => self.act(act, &request.form).await,
            _ => Err(nothing()),
        };
        answer.unwrap_or_else(|failure| self.failed(&failure, None))
    }

    async fn board(&self, query: &Fields) -> Result<HttpAnswer, Failure> {
        let apps = whole::<Apps>(&self.windlass, &List::everywhere(RouteName::Apps, vec![])).await?.listed;
        let looks = looks(query);
        let observed = if looks { observed(&self.windlass, &apps).await } else { BTreeMap::new() };
        let board = Board {
            stand: &self.stand,
            apps: &apps,
            observed,
            observes: looks,
            filter: query.get("q").map_or("", String::as_str),
            now: now(),
        };
        Ok(HttpAnswer::page(200, board.page()))
    }

    async fn figures(&self, query: &Fields) -> Result<HttpAnswer, Failure> {
        let days: u64 = query.get("days").and_then(|text| text.parse().ok()).unwrap_or(30);
        let text = days.to_string();
        let list = List::everywhere(RouteName::AllStats, vec![("days", &text)]);
        let apps = whole::<AllStats>(&self.windlass, &list).await?.listed;
        Ok(HttpAnswer::page(200, super::figures::page(&self.stand, &apps, days)))
    }

    /// Reads what the page of an environment shows: the answer of the API, its newest deployments, its newest snapshots.
    pub(super) async fn read_environment(
        &self,
        app: &str,
        name: &str,
        query: &Fields,
    ) -> Result<(Value, ListPage<HistoryEntry>, ListPage<ListedSnapshot>), Failure> {
        let (app, name) = (app_name(app)?, environment_name(name)?);
        let observe: &[(&str, &str)] = if looks(query) { &[("observe", "true")] } else { &[] };
        let names = [app.as_str(), name.as_str()];
        let of = EnvironmentId::new(&app, &name);
        let (deployments, snapshots) = (List::of::<HistoryEntry>(of), List::of::<ListedSnapshot>(of));
        futures::try_join!(
            self.windlass.get(RouteName::Environment, &names, observe),
            page::<Deployments>(&self.windlass, &deployments, HISTORY, query.get("after").map(String::as_str)),
            page::<Snapshots>(&self.windlass, &snapshots, SNAPSHOTS, None),
        )
    }

    async fn environment(&self, app: &str, name: &str, query: &Fields) -> Result<HttpAnswer, Failure> {
        let (answer, history, snapshots) = self.read_environment(app, name, query).await?;
        let here: Environment = windlass::read(&answer)?;
        let shown = environment::ShownEnvironment {
            stand: &self.stand,
            environment: &here,
            history: &history.listed,
            next: history.next.as_deref(),
            snapshots: &snapshots.listed,
            drill: &self.last_drill(&here).await,
            now: now(),
        };
        Ok(HttpAnswer::page(200, shown.page()))
    }

    /// Returns the last drill that has ended. It changes no more, and is read once, however often the page is looked
    /// at.
    async fn last_drill(&self, here: &Environment) -> LastDrill {
        let id = way_back::known(here).map(|known| known.drill.0.clone());
        let read = id.and_then(|id| self.drills.borrow().get(&id).cloned());
        if read.is_some() {
            return Ok(read);
        }
        let last = way_back::last(&self.windlass, here).await;
        if let Ok(Some(drill)) = &last {
            let mut drills = self.drills.borrow_mut();
            drills.insert(drill.id.0.clone(), drill.clone());
        }
        last
    }

    pub(super) async fn record(&self, app: &str, id: &str) -> Result<Option<Record>, Failure> {
        record::of_deployment(&self.windlass, &app_name(app)?, id).await
    }

    async fn deployment(&self, app: &str, id: &str) -> Result<HttpAnswer, Failure> {
        let record = match self.record(app, id).await {
            // An execution that was started a moment ago shows with a delay at Step Functions.
            Err(failure) if failure.exit == Exit::Rejected && self.has_begun(id) => None,
            read => read?,
        };
        let Some(record) = record else {
            let body = html! {
                h1 { (app) " " (id) }
                p role="status" { (mark(Tone::Still, "accepted, and not recorded yet")) }
            };
            return Ok(self.page(200, "Accepted", Some(2), &body));
        };
        let shown = deployment::ShownDeployment {
            stand: &self.stand,
            record: &record,
            groups: Some(&self.groups.of(&self.endpoint, &record, now()).await),
            now: now(),
        };
        Ok(HttpAnswer::page(200, shown.page()))
    }

    async fn logs(&self, app: &str, id: &str) -> Result<HttpAnswer, Failure> {
        let record = self.record(app, id).await?.ok_or_else(|| Failure::usage("it has changed nothing yet"))?;
        let aws = self.endpoint.aws().await?;
        let body = logs::shown(&aws, &record, &self.stand, &self.endpoint.typed()).await;
        Ok(self.page(200, "Logs", None, &body))
    }

    pub(super) fn page(&self, status: u16, title: &str, again_s: Option<u64>, body: &Markup) -> HttpAnswer {
        let page = BrowserPage { stand: &self.stand, title, above: vec![], again_s };
        HttpAnswer::page(status, page.render(body))
    }
}

/// Returns whether the targets are to be looked at.
pub(super) fn looks(query: &Fields) -> bool {
    query.get("observe").is_some_and(|wish| wish == "true")
}

/// Returns the status of an answer about a failure; `is_read` if a page was asked for.
pub(super) fn status_of(failure: &Failure, is_read: bool) -> u16 {
    match failure.exit {
        Exit::Usage if is_read => 404,
        Exit::Usage | Exit::Rejected => 400,
        Exit::Held => 409,
        _ => 502,
    }
}

pub(super) fn nothing() -> Failure {
    Failure::usage("there is no such page")
}

pub(super) fn app_name(text: &str) -> Result<AppName, Failure> {
    AppName::new(text).map_err(|_| nothing())
}

pub(super) fn environment_name(text: &str) -> Result<EnvironmentName, Failure> {
    EnvironmentName::new(text).map_err(|_| nothing())
}
