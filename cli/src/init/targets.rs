//! The questions about one component's target. Pure.

use super::account::{Owner, SoughtTarget, each, is_free};
use super::answers::{Answers, Check, Question, UNANSWERED};
use super::application::{Component, Target, Text};
use super::ownership::Ownership;
use super::pieces::{Piece, Runs};
use super::proposal::{InitFacts, question};
use super::well_formed::MemberPlace;

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
    pub cluster: Option<Text>,
}

/// The kind of a site.
const SITE: &str = "static_site";

/// Returns the text in place of an answer that is not there yet.
pub(super) fn unanswered() -> Text {
    Text::One(UNANSWERED.to_owned())
}

impl TargetQuestions<'_> {
    /// Asks everything of a piece.
    pub fn component(&mut self, piece: Piece) -> Component {
        let runs = self.decided(&piece);
        let target = match &runs {
            Runs::Site { .. } => self.site(&piece),
            Runs::Function { named, alias, is_image } => {
                self.function(&piece, named.as_deref(), alias.as_deref(), *is_image)
            }
            Runs::Service { container, repository } => self.service(&piece, container.clone(), repository.clone()),
            Runs::Undecided => self.either(&piece),
        };
        Component { name: piece.name.clone(), piece: Piece { runs, ..piece }, target }
    }

    /// Asks the questions that either answer leads to, so that all questions are shown at once.
    fn either(&mut self, piece: &Piece) -> Target {
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
        let question = question(
            &format!("{}.runs", piece.name),
            &format!("what {} (`{}`) runs as: `function` or `service`", piece.sort, piece.file),
            None,
        );
        let told = self.asked.ask(question, &|text| match text {
            "function" | "service" => Ok(()),
            _ => Err("write `function` or `service`".to_owned()),
        });
        match told.as_str() {
            "function" => Runs::Function { named: None, alias: None, is_image: false },
            "service" => Runs::Service { container: None, repository: None },
            _ => Runs::Undecided,
        }
    }

    fn site(&mut self, piece: &Piece) -> Target {
        let account = &self.facts.account;
        let all = |of: &dyn Fn(&super::account::Distribution) -> Option<String>| {
            each(self.names, |environment| account.distribution(self.wanted(piece, environment)).and_then(of))
                .map(Text::of)
        };
        let (ids, buckets) = (all(&|it| Some(it.id.clone())), all(&|it| it.bucket.clone()));
        let urls = all(&|it| it.host.as_ref().map(|host| format!("https://{host}")));
        let free = |it: &&super::account::Distribution| self.is_free(it.belongs.as_ref());
        let choices = account.distributions.iter().filter(free).map(|it| it.id.clone()).collect();
        let about = "the id of the distribution before the site, or `none`";
        let distribution = self.text(piece, SITE, "distribution", about, ids, choices);
        let distribution = (distribution != Text::One("none".to_owned())).then_some(distribution);
        let free = |it: &&super::account::Distribution| self.is_free(it.belongs.as_ref());
        let choices = account
            .distributions
            .iter()
            .filter(free)
            .filter_map(|it| it.bucket.clone())
            .filter(|bucket| self.is_free(account.buckets.get(bucket)))
            .collect();
        let bucket = self.text(piece, SITE, "bucket", "the bucket of the site's files", buckets, choices);
        let about = "the address under which visitors reach the site, or `none` for the distribution's own";
        let urls = urls.unwrap_or_else(|| Text::One("none".to_owned()));
        let url = self.text(piece, SITE, "url", about, Some(urls), Vec::new());
        let url = (url != Text::One("none".to_owned())).then_some(url);
        Target::Site { bucket, distribution, url }
    }

    fn function(&mut self, piece: &Piece, named: Option<&str>, alias: Option<&str>, is_image: bool) -> Target {
        let account = &self.facts.account;
        let seen = each(self.names, |environment| account.function(self.wanted(piece, environment))).map(Text::of);
        let named = named.map(|named| Text::One(named.to_owned()));
        let choices =
            account.functions.iter().filter(|it| self.is_free(it.belongs.as_ref())).map(|it| it.name.clone()).collect();
        let function = self.text(piece, "lambda", "function", "the function's name", named.or(seen), choices);
        let about = "the alias that callers of the function name";
        let alias = self.one(piece, "alias", about, Some(alias.unwrap_or("live").to_owned()));
        let repository = is_image.then(|| self.repository(piece, None));
        Target::Function { function, alias, repository }
    }

    /// Asks for the repository of its images.
    pub(super) fn repository(&mut self, piece: &Piece, proposed: Option<String>) -> String {
        self.one(piece, "repository", "the repository in Amazon ECR that its images are pushed to", proposed)
    }

    /// Returns whether something of this owner may be taken.
    pub(super) fn is_free(&self, belongs: Option<&Owner>) -> bool {
        is_free(belongs, self.app, self.names)
    }

    /// Returns the component of an environment, as it is looked for in the account.
    pub(super) fn wanted<'b>(&'b self, piece: &'b Piece, environment: &'b str) -> SoughtTarget<'b> {
        SoughtTarget { app: self.app, component: &piece.name, environment, environments: self.names }
    }

    /// Asks for a text that all environments share.
    pub(super) fn one(&mut self, piece: &Piece, member: &str, about: &str, proposed: Option<String>) -> String {
        let question = question(&format!("{}.{member}", piece.name), about, proposed);
        self.asked.ask(question, &|text| is_one_word(text))
    }

    /// Asks for a text that may differ by environment.
    pub(super) fn text(
        &mut self,
        piece: &Piece,
        kind: &str,
        member: &str,
        about: &str,
        proposed: Option<Text>,
        mut choices: Vec<String>,
    ) -> Text {
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
        let is_shared = |text: &Text| is_apart && *text != Text::One("none".to_owned()) && text.is_shared(self.names);
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
            proposed: proposed.filter(|_| taken.is_none()).map(|text| text.written()),
            choices,
            only_with: None,
        };
        let (names, exceptions) = (self.names, &self.facts.exceptions);
        let check: Check<'_> = &|text| {
            is_one_word(text)?;
            let read = Text::read(text, names)?;
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
            place.takes(&read)
        };
        let told = self.asked.ask(question, check);
        Text::read(&told, names).unwrap_or_else(|_| unanswered())
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
