//! The questions about one component's target, and the check that it is nobody else's, by the tags that were seen in
//! the account. Pure.

use super::account::{Account, LiveResource, SoughtTarget, TagOwner, each, is_free};
use super::answers::{Answers, Check, MemberPlace, Question, UNANSWERED};
use super::application::{Balancer, InitComponent, InitTarget};
use super::facts::InitFacts;
use super::pieces::requests::{self, TrialRequest};
use super::pieces::{Piece, Runs};
use super::text::DeclaredText;
use serde_json::json;
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::text::finding::FindingName;

/// The questions of one component.
pub struct TargetQuestions<'a> {
    /// Everything that was found.
    pub facts: &'a InitFacts,
    /// The application.
    pub app: &'a str,
    /// The environments.
    pub names: &'a [String],
    /// The answers.
    pub asked: &'a mut Answers,
    /// True while the answer must differ by environment, because nothing else of the target does.
    pub is_apart: bool,
    /// The cluster, while its service is asked for.
    pub cluster: Option<DeclaredText>,
}

/// Returns the text in place of an answer that is not there yet.
pub(super) fn unanswered() -> DeclaredText {
    DeclaredText::One(UNANSWERED.to_owned())
}

impl TargetQuestions<'_> {
    /// Asks everything of a piece.
    pub fn component(&mut self, piece: Piece) -> InitComponent {
        let runs = self.decided(&piece);
        let target = match &runs {
            Runs::Site { .. } => self.site(&piece),
            Runs::Function { named, alias, is_image } => {
                self.function(&piece, named.as_deref(), alias.as_deref(), *is_image)
            }
            Runs::Service { container, repository } => self.service(&piece, container.clone(), repository.clone()),
            Runs::Undecided => self.either(&piece),
        };
        InitComponent { name: piece.name.clone(), piece: Piece { runs, ..piece }, target }
    }

    /// Asks the questions that either answer leads to, so that all questions are shown at once.
    fn either(&mut self, piece: &Piece) -> InitTarget {
        self.asked.only_with = Some(format!("{}.runs=function", piece.name));
        self.function(piece, None, None, false);
        self.asked.only_with = Some(format!("{}.runs=service", piece.name));
        let target = self.service(piece, None, None);
        self.asked.only_with = None;
        target
    }

    /// Asks in which form it runs, where only a person knows that. It stays undecided until that is answered.
    fn decided(&mut self, piece: &Piece) -> Runs {
        if piece.runs != Runs::Undecided {
            return piece.runs.clone();
        }
        let question = Question::new(
            &format!("{}.runs", piece.name),
            &format!("what {} (`{}`) runs as: `function` or `service`", piece.sort, piece.file),
            None,
        );
        let answer = self.asked.ask(question, &|text| match text {
            "function" | "service" => Ok(()),
            _ => Err("write `function` or `service`".to_owned()),
        });
        match answer.as_str() {
            "function" => Runs::Function { named: None, alias: None, is_image: false },
            "service" => Runs::Service { container: None, repository: None },
            _ => Runs::Undecided,
        }
    }

    fn site(&mut self, piece: &Piece) -> InitTarget {
        let account = &self.facts.account;
        let all = |of: &dyn Fn(&super::account::InitDistribution) -> Option<String>| {
            each(self.names, |environment| account.distribution(self.wanted(piece, environment)).and_then(of))
                .map(DeclaredText::of)
        };
        let (ids, buckets) = (all(&|it| Some(it.id.clone())), all(&|it| it.bucket.clone()));
        let urls = all(&|it| it.host.as_ref().map(|host| format!("https://{host}")));
        let free = account.distributions.iter().filter(|it| self.is_free(it.belongs.as_ref()));
        let choices = free.clone().map(|it| it.id.clone()).collect();
        let open = free.filter_map(|it| it.bucket.clone()).filter(|it| self.is_free(account.buckets.get(it))).collect();
        let about = "the id of the distribution before the site, or `none`";
        let distribution = self.text(piece, InitTarget::SITE, "distribution", about, ids, choices);
        let distribution = (distribution != DeclaredText::One("none".to_owned())).then_some(distribution);
        let bucket = self.text(piece, InitTarget::SITE, "bucket", "the bucket of the site's files", buckets, open);
        let about = "the address under which visitors reach the site, or `none` for the distribution's own";
        let urls = urls.unwrap_or_else(|| DeclaredText::One("none".to_owned()));
        let url = self.text(piece, InitTarget::SITE, "url", about, Some(urls), Vec::new());
        let url = (url != DeclaredText::One("none".to_owned())).then_some(url);
        InitTarget::Site { bucket, distribution, url }
    }

    fn function(&mut self, piece: &Piece, named: Option<&str>, alias: Option<&str>, is_image: bool) -> InitTarget {
        let account = &self.facts.account;
        let seen =
            each(self.names, |environment| account.function(self.wanted(piece, environment))).map(DeclaredText::of);
        let named = named.map(|named| DeclaredText::One(named.to_owned()));
        let choices =
            account.functions.iter().filter(|it| self.is_free(it.belongs.as_ref())).map(|it| it.name.clone()).collect();
        let function =
            self.text(piece, InitTarget::FUNCTION, "function", "the function's name", named.or(seen), choices);
        let about = "the alias that callers of the function name";
        let alias = self.one(piece, "alias", about, Some(alias.unwrap_or("live").to_owned()));
        let repository = is_image.then(|| self.repository(piece, None));
        let request = self.request(piece);
        InitTarget::Function { function, alias, repository, request }
    }

    /// Returns the request with which each new version is tried: one that is known to change nothing, else a test event
    /// of which a person says that.
    ///
    /// # Errors
    /// The reason why there is none.
    fn request(&mut self, piece: &Piece) -> Result<TrialRequest, String> {
        let (repository, exceptions) = (&self.facts.repository, &self.facts.exceptions);
        let why = match requests::known(piece, &self.facts.pieces.pieces, repository) {
            Ok(request) => return Ok(request),
            Err(why) => why,
        };
        let events = requests::test_events(piece, repository);
        if events.is_empty() {
            return Err(why);
        }
        let shown = events.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
        let about = format!(
            "the test event that changes nothing, with which each new version is tried before callers get it: {shown}; `none` for none of them"
        );
        let named =
            |text: &str| events.iter().find(|path| *path == text).and_then(|it| requests::test_event(it, repository));
        let place = MemberPlace { kind: InitTarget::FUNCTION, member: "gates", environments: self.names, exceptions };
        let question = Question::new(&format!("{}.event", piece.name), &about, Some("none".to_owned()));
        let answer = self.asked.ask(question, &|text| match named(text) {
            Some(TrialRequest { name, payload, .. }) => {
                place.takes(&json!({"invocations": [{"name": name, "payload": payload}]}))
            }
            None if text == "none" => Ok(()),
            None => Err(format!("`{text}` is no test event here: write {shown}, or `none`")),
        });
        named(&answer).ok_or_else(|| format!("{why}, and nobody has confirmed that a test event changes nothing"))
    }

    /// Asks for the repository of its images.
    pub(super) fn repository(&mut self, piece: &Piece, proposed: Option<String>) -> String {
        self.one(piece, "repository", "the repository in Amazon ECR that its images are pushed to", proposed)
    }

    /// Returns whether something of this owner may be taken.
    pub(super) fn is_free(&self, belongs: Option<&TagOwner>) -> bool {
        is_free(belongs, self.app, self.names)
    }

    /// Returns the component of an environment, as it is looked for in the account.
    pub(super) fn wanted<'b>(&'b self, piece: &'b Piece, environment: &'b str) -> SoughtTarget<'b> {
        SoughtTarget { app: self.app, component: &piece.name, environment, environments: self.names }
    }

    /// Asks for a text that all environments share.
    pub(super) fn one(&mut self, piece: &Piece, member: &str, about: &str, proposed: Option<String>) -> String {
        let question = Question::new(&format!("{}.{member}", piece.name), about, proposed);
        self.asked.ask(question, &|text| is_one_word(text))
    }

    /// Asks for a text that may differ by environment.
    pub(super) fn text(
        &mut self,
        piece: &Piece,
        kind: KindName,
        member: &str,
        about: &str,
        proposed: Option<DeclaredText>,
        mut choices: Vec<String>,
    ) -> DeclaredText {
        choices.sort();
        choices.dedup();
        let form: Vec<String> = self.names.iter().map(|name| format!("{name}=…")).collect();
        let about = if self.names.len() > 1 {
            format!("{about}; with `{{environment}}` in it, or `{}`", form.join(","))
        } else {
            about.to_owned()
        };
        // A target belongs to one environment: a release into one must change nothing of another.
        let is_apart = self.is_apart || ["bucket", "distribution", "function"].contains(&member);
        let is_shared = |text: &DeclaredText| {
            is_apart && *text != DeclaredText::One("none".to_owned()) && text.is_shared(self.names)
        };
        let ours = Ownership {
            account: &self.facts.account,
            app: self.app,
            environments: self.names,
            cluster: self.cluster.clone(),
        };
        let proposed = proposed.filter(|text| !is_shared(text));
        let taken = proposed.as_ref().and_then(|text| ours.check(member, text).err());
        let about = match &taken {
            Some(why) => format!("{about}; {why}"),
            None => about,
        };
        let question = Question {
            key: format!("{}.{member}", piece.name),
            about,
            proposed: proposed.filter(|_| taken.is_none()).map(|text| text.spelled()),
            choices,
            only_with: None,
        };
        let (names, exceptions) = (self.names, &self.facts.exceptions);
        let check: Check<'_> = &|text| {
            is_one_word(text)?;
            let read = DeclaredText::read(text, names)?;
            if is_shared(&read) {
                return Err(format!(
                    "`{text}` is one target for {}: give each environment its own, with `{{environment}}` in it, or as `{}`",
                    names.join(" and "),
                    form.join(",")
                ));
            }
            if text == "none" {
                return Ok(());
            }
            ours.check(member, &read)?;
            let place = MemberPlace { kind, member, environments: names, exceptions };
            place.takes(&json!(read))
        };
        let answer = self.asked.ask(question, check);
        DeclaredText::read(&answer, names).unwrap_or_else(|_| unanswered())
    }

    /// Asks for the cluster, the service, its container and the repository of its images.
    pub(super) fn service(
        &mut self,
        piece: &Piece,
        container: Option<String>,
        repository: Option<String>,
    ) -> InitTarget {
        let account = &self.facts.account;
        let part = |at: usize| {
            let one = |environment: &str| {
                let found = account.service(self.wanted(piece, environment))?;
                let (cluster, service) = found.split_once('/')?;
                Some([cluster, service][at].to_owned())
            };
            each(self.names, one).map(DeclaredText::of)
        };
        let (clusters, services) = (part(0), part(1));
        let free: Vec<&LiveResource> = account.services.iter().filter(|it| self.is_free(it.belongs.as_ref())).collect();
        let all = |at: usize| free.iter().filter_map(move |it| it.name.split('/').nth(at).map(str::to_owned)).collect();
        let cluster = self.text(piece, InitTarget::SERVICE, "cluster", "the cluster of the service", clusters, all(0));
        self.is_apart = cluster.is_shared(self.names) && cluster != unanswered();
        self.cluster = Some(cluster.clone());
        let service = self.text(piece, InitTarget::SERVICE, "service", "the service's name", services, all(1));
        (self.is_apart, self.cluster) = (false, None);
        let names = self.services(&cluster, &service);
        let container = container.or_else(|| same(&names, |name| account.container(name)));
        let container = self.one(piece, "container", "the container whose image a release changes", container);
        let home = (self.facts.account_id.as_deref()).zip(self.facts.region.as_deref()).unwrap_or_default();
        let repository = repository.or_else(|| same(&names, |name| account.repository(name, &container, home)));
        let repository = self.repository(piece, repository);
        let balancer = |part: fn(&(String, String)) -> &String| {
            let of = |environment: &str| account.balancer(names.get(environment)?).map(part);
            each(self.names, |environment| of(environment).cloned()).map(DeclaredText::of)
        };
        let balancer = balancer(|it| &it.0)
            .zip(balancer(|it| &it.1))
            .map(|(load_balancer, target_group)| Balancer { load_balancer, target_group });
        InitTarget::Service { cluster, service, container, repository, balancer }
    }

    /// Returns the services of all environments, as `cluster/service`.
    fn services(&self, cluster: &DeclaredText, service: &DeclaredText) -> BTreeMap<String, String> {
        let names = self.names.iter().map(|environment| {
            let at = |text: &DeclaredText| text.at(self.app, environment);
            let name = format!("{}/{}", at(cluster), at(service));
            (environment.clone(), name)
        });
        names.collect()
    }
}

/// Checks a name as AWS has them, without anything that a shell or YAML reads as more than a letter.
fn is_one_word(text: &str) -> Result<(), String> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_./:@+=,{}".contains(c);
    if !text.is_empty() && text.chars().all(letters) {
        return Ok(());
    }
    Err("write it as one word, of letters, digits and `-_./:@+`".to_owned())
}

/// Returns what all environments' services have in common.
fn same(services: &BTreeMap<String, String>, of: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut all = services.values().map(|name| of(name));
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// The targets of one component.
pub struct Ownership<'a> {
    /// The account.
    pub account: &'a Account,
    /// The application.
    pub app: &'a str,
    /// All environments.
    pub environments: &'a [String],
    /// The cluster of a service.
    pub cluster: Option<DeclaredText>,
}

impl Ownership<'_> {
    /// Checks that no environment's target is an installation's, or carries the tags of another application or
    /// environment.
    ///
    /// # Errors
    /// The owner, and the next step.
    pub fn check(&self, member: &str, text: &DeclaredText) -> Result<(), String> {
        for environment in self.environments {
            let name = self.name(member, text, environment);
            if let Some(of) = self.account.installation(member, &name) {
                return Err(format!(
                    "{}: `{name}` belongs to the installation `{of}` of Windlass, and no release changes that. Name the {member} of your own application",
                    FindingName::PartOfWindlass
                ));
            }
            let owner = self.account.owner(member, &name);
            let Some(owner) = owner.filter(|it| !it.may_be(self.app, environment)) else { continue };
            let is_it = if owner.app == self.app {
                String::new()
            } else {
                format!(", answer `app={}` if this is its repository", owner.app)
            };
            return Err(format!(
                "TargetNotOurs: `{name}` carries the tags of `{owner}`, whose releases would be refused as soon as it has those of `{}/{environment}`. Name another {member}{is_it}, or hand it over first: docs/let-go.md of Windlass shows how, and `--no-account` writes the declaration that it takes",
                self.app
            ));
        }
        Ok(())
    }

    /// Returns the name of an environment's target: of a service as `cluster/service`.
    fn name(&self, member: &str, text: &DeclaredText, environment: &str) -> String {
        let name = text.at(self.app, environment);
        match (member, &self.cluster) {
            ("service", Some(cluster)) => format!("{}/{name}", cluster.at(self.app, environment)),
            _ => name,
        }
    }
}
