//! The parts that every page is made of: its frame, a state by word and shape, a time, a link.

use crate::ground::failure::Failure;
use crate::ground::output;
use crate::ground::terminal::{ShownState, Tone};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::BTreeSet;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::foreign;
use windlass_domain::text::name::AppName;
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

/// A length of time in two steps at most: `3d 4h`, `4m 12s`.
pub use windlass_domain::text::time::lasting as span;

/// The look of all pages.
pub const STYLE: &str = include_str!("page.css");

/// The script that makes pages move; they can be read without it.
pub const SCRIPT: &str = include_str!("page.js");

/// The place where a page stands: served, with links that lead on, or in a file of its own.
#[derive(Debug, Clone)]
pub enum PagePlace {
    /// Below this path.
    Served(String),
    /// In one file, which leads only to itself: to the environment and to these deployments.
    File(BTreeSet<String>),
}

impl PagePlace {
    /// Returns whether acts are possible from here.
    pub fn acts(&self) -> bool {
        matches!(self, Self::Served(_))
    }

    /// Returns the address of the board.
    pub fn board(&self) -> String {
        match self {
            Self::Served(base) => format!("{base}/"),
            Self::File(_) => "#".to_owned(),
        }
    }

    /// Returns the address of a page or a file below the board.
    pub fn below(&self, path: &str) -> String {
        format!("{}{path}", self.board())
    }

    /// Returns the address of an environment.
    pub fn environment(&self, of: EnvironmentId<'_>) -> String {
        let (app, environment) = (of.app(), of.environment());
        match self {
            Self::Served(base) => format!("{base}/apps/{app}/environments/{environment}"),
            Self::File(_) => format!("#{app}-{environment}"),
        }
    }

    /// Returns the address of a deployment; `None` where the file does not have it.
    pub fn deployment(&self, app: &AppName, id: &str) -> Option<String> {
        match self {
            Self::Served(base) => Some(format!("{base}/apps/{app}/deployments/{id}")),
            Self::File(has) => has.contains(id).then(|| format!("#{id}")),
        }
    }
}

/// A page: its title, the way to it, and the time after which it is looked at again.
pub struct BrowserPage<'a> {
    /// The place of the pages.
    pub stand: &'a PagePlace,
    /// Its title.
    pub title: &'a str,
    /// The pages above it, with their addresses.
    pub above: Vec<(String, String)>,
    /// The time after which it is looked at again, in seconds, if it moves.
    pub again_s: Option<u64>,
}

impl BrowserPage<'_> {
    /// Renders it as text.
    pub fn render(&self, body: &Markup) -> String {
        let again = self.again_s.filter(|_| self.stand.acts());
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · Windlass" }
                    // Without this a browser asks for an icon.
                    link rel="icon" href="data:,";
                    @if self.stand.acts() {
                        link rel="stylesheet" href=(self.stand.below("page.css"));
                        script src=(self.stand.below("page.js")) defer {}
                        // Without scripts it moves too, in longer steps; but not where somebody is typing a filter.
                        @if again.is_some_and(|seconds| seconds < 10) { noscript { meta http-equiv="refresh" content="5"; } }
                    } @else {
                        style { (PreEscaped(STYLE)) }
                    }
                }
                body {
                    a.skip href="#main" { "To the content" }
                    header {
                        nav aria-label="Where this is" {
                            @if self.stand.acts() { a.brand href=(self.stand.board()) { "Windlass" } }
                            @else { span.brand { "Windlass" } }
                            @for (name, to) in &self.above { span.way aria-hidden="true" { "/" } a href=(to) { (name) } }
                        }
                    }
                    main id="main" tabindex="-1" data-again=[again] { (body) }
                    @if !self.stand.acts() { script { (PreEscaped(SCRIPT)) } }
                }
            }
        };
        foreign::terminal(&page.into_string()).into_owned()
    }
}

/// Returns the class of a tone in the style.
pub const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Moving => "moving",
        Tone::Noted => "noted",
        Tone::Still => "still",
    }
}

/// Shows words in a tone: the style draws its shape before them.
pub fn mark(tone: Tone, words: &str) -> Markup {
    html! { span class={ "mark " (class(tone)) } { (times(words)) } }
}

/// Shows a state.
pub fn state(state: &ShownState) -> Markup {
    mark(state.tone, &state.words)
}

/// Shows a point in time: in UTC, and in the browser's own time beside it where scripts run.
pub fn when(at: Time) -> Markup {
    let rfc = at.to_string();
    let utc = rfc.replace('T', " ").replace('Z', " UTC");
    html! { time datetime=(rfc) { (utc) } }
}

/// Shows a point in time without the day, where the day stands nearby.
pub fn clock(at: Time) -> Markup {
    html! { time.clock datetime=(at) { (at.clock()) " UTC" } }
}

/// The form of the times in sentences, with a digit for each 0.
const FORM: &[u8] = b"0000-00-00T00:00:00Z";

fn is_time(text: &[u8]) -> bool {
    let mut each = text.iter().zip(FORM);
    each.all(|(is, form)| match form {
        b'0' => is.is_ascii_digit(),
        form => is == form,
    })
}

/// Shows a sentence, with each point in time in it as pages have times.
pub fn times(text: &str) -> Markup {
    let first = text.as_bytes().windows(FORM.len()).position(is_time);
    let parts = first.and_then(|first| {
        let (before, rest) = text.split_at(first);
        let (at, after) = rest.split_at(FORM.len());
        Some((before, Time::parse(at)?, after))
    });
    html! { @match parts {
        Some((before, at, after)) => { (before) (when(at)) (times(after)) }
        None => (text),
    } }
}

/// Shows a text for people.
pub fn prose(text: &Prose) -> Markup {
    times(&output::text(text))
}

/// Shows the steps that can be taken next, as commands; nothing where there is none.
pub fn next(steps: Option<&str>) -> Markup {
    html! { @if let Some(steps) = steps { p.now { "Next: " (times(steps)) } } }
}

/// Shows the age of something; where scripts run the time stands over it, in both zones.
pub fn age(at: Time, now: Time) -> Markup {
    html! { time.age datetime=(at) { (span(now.ms_since(at) / 1000)) } }
}

/// Shows a pair of a list of facts; nothing where there is no value.
pub fn fact(name: &str, value: Option<Markup>) -> Markup {
    html! { @if let Some(value) = value { div { dt { (name) } dd { (value) } } } }
}

/// Shows the command that does what a page does.
pub fn typed(command: &str) -> Markup {
    html! { p { "The same, typed:" } pre.typed { code { (command) } } }
}

/// Shows why something was refused or could not be shown: the message, and each finding with its remedy.
pub fn failure(failure: &Failure) -> Markup {
    html! {
        div.refusal role="alert" {
            p { (mark(Tone::Bad, "not done")) " " (times(&failure.message)) }
            @if !failure.findings.is_empty() {
                ul { @for one in &failure.findings {
                    li { b { (one.name) } " " code { (one.path) } " " (prose(&one.reason)) p.next { (prose(&one.remedy)) } }
                } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        let table = [(0, "0s"), (59, "59s"), (252, "4m 12s"), (3600, "1h"), (273_600, "3d 4h"), (3601, "1h")];
        for (seconds, words) in table {
            assert_eq!(span(seconds), words);
        }
    }

    #[test]
    fn each_time_in_a_sentence_is_a_time_of_the_page() {
        let at = |rfc: &str| {
            let utc = rfc.replace('T', " ").replace('Z', " UTC");
            format!("<time datetime=\"{rfc}\">{utc}</time>")
        };
        let (one, two) = ("2026-11-20T12:00:00Z", "2026-11-20T13:00:00Z");
        let table = [
            ("held by ann".to_owned(), "held by ann".to_owned()),
            (format!("between {one} and {two}: <é>"), format!("between {} and {}: &lt;é&gt;", at(one), at(two))),
            (one.to_owned(), at(one)),
            ("2026-13-40T12:00:00Z".to_owned(), "2026-13-40T12:00:00Z".to_owned()),
            ("2026-11-20T12:00".to_owned(), "2026-11-20T12:00".to_owned()),
        ];
        for (text, wanted) in table {
            assert_eq!(times(&text).into_string(), wanted);
        }
    }

    #[test]
    fn a_file_leads_only_to_what_it_has() {
        let app = AppName::new("shop").unwrap();
        let file = PagePlace::File(["1f".to_owned()].into());
        assert_eq!(file.deployment(&app, "1f").as_deref(), Some("#1f"));
        assert_eq!(file.deployment(&app, "2e"), None);
    }

    #[test]
    fn a_text_of_somebody_elses_is_never_markup() {
        let hostile = "</style><script>alert(1)</script>\"'&";
        let page = BrowserPage {
            stand: &PagePlace::Served("/x".into()),
            title: hostile,
            above: vec![(hostile.into(), hostile.into())],
            again_s: None,
        };
        let failed = Failure::usage(hostile);
        let text = page.render(&html! { (mark(Tone::Good, hostile)) (failure(&failed)) });
        assert!(!text.contains("<script>alert") && !text.contains("</style><"), "{text}");
        assert_eq!(text.matches("&lt;script&gt;alert(1)").count(), 5, "{text}");
    }
}
