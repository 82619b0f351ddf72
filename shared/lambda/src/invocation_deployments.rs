//! The deployments that an invocation worked for. They are asked for at its end, for the lines that are about the whole
//! of it.

use std::collections::BTreeSet;
use std::fmt::Debug;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Span, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Keeps with each span the deployments that were named in it, or in a span within it.
pub(crate) struct InvocationDeployments;

#[derive(Default)]
struct Deployments(BTreeSet<String>);

/// The field `deployment` among those of a span.
#[derive(Default)]
struct DeploymentField(Option<String>);

impl Visit for DeploymentField {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "deployment" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for InvocationDeployments {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut found = DeploymentField::default();
        attributes.record(&mut found);
        keep(found, id, &context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut found = DeploymentField::default();
        values.record(&mut found);
        keep(found, id, &context);
    }
}

fn keep<S: Subscriber + for<'a> LookupSpan<'a>>(found: DeploymentField, id: &Id, context: &Context<'_, S>) {
    let (Some(name), Some(span)) = (found.0, context.span(id)) else {
        return;
    };
    for span in span.scope() {
        let mut extensions = span.extensions_mut();
        if extensions.get_mut::<Deployments>().is_none() {
            extensions.insert(Deployments::default());
        }
        if let Some(named) = extensions.get_mut::<Deployments>() {
            named.0.insert(name.clone());
        }
    }
}

/// Returns the deployments that were named in the present span so far; several are one text, separated by commas.
pub(crate) fn deployments() -> Option<String> {
    let named = Span::current().with_subscriber(|(id, subscriber)| {
        let registry = subscriber.downcast_ref::<Registry>()?;
        let span = registry.span(id)?;
        let extensions = span.extensions();
        let named: Vec<&str> = extensions.get::<Deployments>()?.0.iter().map(String::as_str).collect();
        Some(named.join(", "))
    });
    named.flatten()
}
