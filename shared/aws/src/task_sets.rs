//! The task sets of a service, which CodeDeploy deploys; and the places where tasks run.

use crate::counts::count;
use aws_sdk_ecs::types as ecs;
use windlass_domain::appspec::{Network, Shape};
use windlass_engine::ports::TaskSet;

pub(crate) fn task_set_of(told: ecs::TaskSet) -> TaskSet {
    TaskSet {
        shape: shape_of(&told),
        id: told.id.unwrap_or_default(),
        status: told.status.unwrap_or_default(),
        task_definition: told.task_definition.unwrap_or_default(),
        stability: told.stability_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        desired: count(told.computed_desired_count),
        running: count(told.running_count),
        pending: count(told.pending_count),
    }
}

fn shape_of(told: &ecs::TaskSet) -> Shape {
    let balancers = told.load_balancers().iter();
    let mut containers = balancers.filter_map(|one| {
        let port = u32::try_from(one.container_port?).ok()?;
        Some((one.container_name.clone()?, port))
    });
    let providers = told.capacity_provider_strategy().iter();
    let network = told.network_configuration();
    Shape {
        container: containers.next(),
        platform_version: told.platform_version.clone(),
        network: network.and_then(|network| network.awsvpc_configuration()).and_then(network_of),
        providers: providers.map(|one| (one.capacity_provider.clone(), one.base, one.weight)).collect(),
    }
}

/// Returns the network; `None` where a member is missing. CodeDeploy takes all of a network's members, or the service's
/// own network.
fn network_of(told: &ecs::AwsVpcConfiguration) -> Option<Network> {
    let security_groups = told.security_groups().to_vec();
    let public_ip = told.assign_public_ip()?.as_str().to_owned();
    (!security_groups.is_empty()).then(|| Network { subnets: told.subnets().to_vec(), security_groups, public_ip })
}

/// Returns the capacity of a service, which has a launch type or a strategy of capacity providers (Amazon ECS API
/// Reference, Service).
pub(crate) fn capacity(
    launch: Option<&ecs::LaunchType>,
    strategy: Vec<ecs::CapacityProviderStrategyItem>,
) -> Vec<String> {
    let launch = launch.into_iter().map(|launch| launch.as_str().to_owned());
    let providers = strategy.into_iter().map(|one| one.capacity_provider);
    launch.chain(providers).collect()
}
