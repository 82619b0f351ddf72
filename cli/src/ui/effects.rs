//! The effect of an act without a plan, which is shown beside the act's form.

use crate::ground::failure::Failure;
use crate::ground::terminal::Tone;
use crate::ui::acts::OfferedAct;
use crate::ui::http::Fields;
use crate::ui::parts::{mark, state, times};
use crate::ui::server::{Server, app_name, environment_name};
use crate::view::effects::{AcceptedComponent, Effect, EffectLine};
use maud::{Markup, html};
use windlass_domain::release::identity::EnvironmentId;

const TITLES: [&str; 4] = ["Component", "There now", "Recorded", "Becomes the truth"];

fn drawn(effect: &Effect) -> Markup {
    html! {
        (lines(&effect.lines))
        @if !effect.accepted.is_empty() {
            div.wide { table.accepted {
                thead { tr { @for title in TITLES { th scope="col" { (title) } } } }
                tbody { @for one in &effect.accepted { (row(one)) } }
            } }
        }
        (lines(&effect.then))
    }
}

/// Shows lines: those on a component in a list.
fn lines(all: &[EffectLine]) -> Markup {
    let line = |one: &EffectLine| {
        html! { @if let Some(before) = &one.state { (state(before)) " " } (times(&one.words)) }
    };
    html! { @for several in all.chunk_by(|one, other| one.component.is_some() == other.component.is_some()) {
        @if several.iter().any(|one| one.component.is_some()) {
            ul.plain { @for one in several { li { b { (one.component.as_deref().unwrap_or("")) } " " (line(one)) } } }
        } @else {
            @for one in several { p { (line(one)) } }
        }
    } }
}

fn row(one: &AcceptedComponent) -> Markup {
    let (becomes, why) = one.becomes.shown();
    html! { tr {
        th scope="row" { (one.component) }
        td data-name=(TITLES[1]) { (one.seen.as_deref().unwrap_or("–")) }
        td data-name=(TITLES[2]) { (one.recorded.as_deref().unwrap_or("–")) }
        td data-name=(TITLES[3]) { (state(&becomes)) @if let Some(why) = why { " " (times(why)) } }
    } }
}

impl Server {
    /// Shows what an act would do. Where that could not be read, the reason stands in its place: the act can be done
    /// all the same.
    pub(super) async fn would(&self, act: &OfferedAct, fields: &Fields) -> Markup {
        let effect = self.read_would(act, fields).await;
        html! {
            h2 { "What this would do" }
            div.would { @match effect {
                Ok(effect) => (drawn(&effect)),
                Err(why) => p { (mark(Tone::Still, "not known")) " " (times(&why.message)) },
            } }
        }
    }

    async fn read_would(&self, act: &OfferedAct, fields: &Fields) -> Result<Effect, Failure> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let (app, name) = (app_name(value("app"))?, environment_name(value("environment"))?);
        let id = fields.get("id").or(fields.get("deployment")).cloned();
        Effect::read(&self.windlass, EnvironmentId::new(&app, &name), act.verb, id).await
    }
}
