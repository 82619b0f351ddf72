//! The questions about the target of a service. Pure.

use super::account::{Live, each};
use super::application::{Balancer, Target, Text};
use super::pieces::Piece;
use super::targets::{TargetQuestions, unanswered};
use std::collections::BTreeMap;

impl TargetQuestions<'_> {
    /// Asks for the cluster, the service, its container and the repository of its images.
    pub(super) fn service(&mut self, piece: &Piece, container: Option<String>, repository: Option<String>) -> Target {
        let account = &self.facts.account;
        let part = |at: usize| {
            let one = |environment: &str| {
                let told = account.service(self.wanted(piece, environment))?;
                let (cluster, service) = told.split_once('/')?;
                Some([cluster, service][at].to_owned())
            };
            each(self.names, one).map(Text::of)
        };
        let (clusters, services) = (part(0), part(1));
        let free: Vec<&Live> = account.services.iter().filter(|it| self.is_free(it.belongs.as_ref())).collect();
        let all = |at: usize| free.iter().filter_map(move |it| it.name.split('/').nth(at).map(str::to_owned)).collect();
        let cluster = self.text(piece, "ecs", "cluster", "the cluster of the service", clusters, all(0));
        self.is_apart = cluster.is_shared(self.names) && cluster != unanswered();
        self.cluster = Some(cluster.clone());
        let service = self.text(piece, "ecs", "service", "the service's name", services, all(1));
        (self.is_apart, self.cluster) = (false, None);
        let names = self.services(&cluster, &service);
        let container = container.or_else(|| same(&names, |name| account.container(name)));
        let container = self.one(piece, "container", "the container whose image a release changes", container);
        let home = (self.facts.account_id.as_deref()).zip(self.facts.region.as_deref()).unwrap_or_default();
        let repository = repository.or_else(|| same(&names, |name| account.repository(name, &container, home)));
        let repository = self.repository(piece, repository);
        let balancer = |part: fn(&(String, String)) -> &String| {
            let of = |environment: &str| account.balancer(names.get(environment)?).map(part);
            each(self.names, |environment| of(environment).cloned()).map(Text::of)
        };
        let balancer = balancer(|it| &it.0)
            .zip(balancer(|it| &it.1))
            .map(|(load_balancer, target_group)| Balancer { load_balancer, target_group });
        Target::Service { cluster, service, container, repository, balancer }
    }

    /// Returns the services of all environments, as `cluster/service`.
    fn services(&self, cluster: &Text, service: &Text) -> BTreeMap<String, String> {
        let names = self.names.iter().map(|environment| {
            let at = |text: &Text| text.at(self.app, environment);
            let name = format!("{}/{}", at(cluster), at(service));
            (environment.clone(), name)
        });
        names.collect()
    }
}

/// Returns what all environments' services have in common.
fn same(services: &BTreeMap<String, String>, of: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut all = services.values().map(|name| of(name));
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first)).then_some(first)
}
