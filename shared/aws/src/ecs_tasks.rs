use crate::Aws;
use crate::clock::time_of;
use crate::ecs::listed_tasks;
use crate::error::{OrFault, code, fault, message};
use crate::service_rollouts::switching;
use aws_sdk_ecs::types as ecs;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{Cluster, EcsTasksApi, Launch, Network, NewRun, Result, Run, RunContainer};

impl EcsTasksApi for Aws {
    async fn launch(&self, cluster: &str, service: &str) -> Result<Launch> {
        let named = format!("{cluster}/{service}");
        let sent = self.clients.ecs().describe_services().cluster(cluster).services(service).send().await;
        let found = sent.or_fault("DescribeServices", &named)?.services.unwrap_or_default().into_iter().next();
        found
            .map(launch_of)
            .ok_or_else(|| Fault::new(FaultName::NotFound, format!("DescribeServices {named}: there is none")))
    }

    async fn cluster(&self, name: &str) -> Result<Cluster> {
        let sent = self.clients.ecs().describe_clusters().clusters(name).include(ecs::ClusterField::Tags).send().await;
        let found = sent.or_fault("DescribeClusters", name)?.clusters.unwrap_or_default().into_iter().next();
        let found = found.filter(|cluster| cluster.status() != Some("INACTIVE"));
        let found = found.ok_or_else(|| {
            let message = format!("DescribeClusters {name}: there is none");
            Fault::new(FaultName::NotFound, message)
        })?;
        let tags = found.tags.unwrap_or_default().into_iter();
        Ok(Cluster {
            arn: found.cluster_arn.unwrap_or_default(),
            tags: tags.filter_map(|tag| tag.key.zip(tag.value)).collect(),
        })
    }

    async fn run_task(&self, run: &NewRun) -> Result<String> {
        let named = format!("{}/{}", run.cluster, run.task_definition);
        let own = ecs::ContainerOverride::builder().name(&run.container).set_command(Some(run.command.clone())).build();
        let launch = &run.launch;
        let launch_type = launch.launch_type.as_deref();
        let providers = launch.providers.iter().map(provider);
        let providers: Option<Vec<_>> = providers.collect();
        let tags = run.tags.iter();
        let tags = tags.map(|(key, value)| ecs::Tag::builder().key(key).value(value).build());
        let request = self.clients.ecs().run_task();
        let sent = request
            .cluster(&run.cluster)
            .task_definition(&run.task_definition)
            .count(1)
            .client_token(&run.token)
            .started_by(&run.started_by)
            .overrides(ecs::TaskOverride::builder().container_overrides(own).build())
            .set_launch_type(launch_type.map(ecs::LaunchType::from))
            .set_capacity_provider_strategy(providers.filter(|all| !all.is_empty()))
            .set_platform_version(launch.platform.clone())
            .set_network_configuration(launch.network.as_ref().map(network_of).transpose()?)
            .set_tags(Some(tags.collect()))
            .customize()
            .config_override(switching())
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            // The token was used with other parameters: the task that ECS runs is found by its list.
            Err(error) if code(&error) == Some("ConflictException") => {
                let message = format!("RunTask {named}: {}", message(&error));
                return Err(Fault::new(FaultName::Conflict, message));
            }
            Err(error) => return Err(fault(&error, "RunTask", &named)),
        };
        let mut arns = answer.tasks.unwrap_or_default().into_iter().filter_map(|task| task.task_arn);
        arns.next().ok_or_else(|| {
            let failures = answer.failures.unwrap_or_default();
            let reasons = failures.iter().map(|one| {
                let reason = one.reason().unwrap_or("no reason");
                let detail = one.detail().map(|detail| format!(" ({detail})"));
                format!("{reason}{}", detail.unwrap_or_default())
            });
            let reasons: Vec<String> = reasons.collect();
            let message = format!("RunTask {named}: ECS runs none: {}", reasons.join(", "));
            Fault::new(FaultName::Refused, message)
        })
    }

    async fn stop_task(&self, cluster: &str, task: &str, reason: &str) -> Result<()> {
        let sent = self.clients.ecs().stop_task().cluster(cluster).task(task).reason(reason).send().await;
        sent.or_fault("StopTask", task).map(drop)
    }

    async fn runs(&self, cluster: &str, family: &str, known: &[String]) -> Result<Vec<Run>> {
        let named = format!("{cluster}/{family}");
        let mut arns = known.to_vec();
        for status in [ecs::DesiredStatus::Running, ecs::DesiredStatus::Stopped] {
            // ECS takes `startedBy` beside no other filter, and the status is one.
            let request = self.clients.ecs().list_tasks().cluster(cluster).family(family).desired_status(status);
            arns.extend(listed_tasks(request, &named).await?);
        }
        // A task that stops in between is in both lists.
        arns.sort();
        arns.dedup();
        self.described_tasks(cluster, &named, &arns, run_of).await
    }
}

fn launch_of(service: ecs::Service) -> Launch {
    let providers = service.capacity_provider_strategy.unwrap_or_default();
    let providers = providers.into_iter().map(|one| (one.capacity_provider, one.weight, one.base));
    let network = service.network_configuration;
    let network = network.and_then(|network| network.awsvpc_configuration);
    Launch {
        launch_type: service.launch_type.map(|one| one.as_str().to_owned()),
        providers: providers.collect(),
        platform: service.platform_version,
        network: network.map(|network| Network {
            public_ip: network.assign_public_ip == Some(ecs::AssignPublicIp::Enabled),
            subnets: network.subnets,
            security_groups: network.security_groups.unwrap_or_default(),
        }),
    }
}

fn provider((name, weight, base): &(String, i32, i32)) -> Option<ecs::CapacityProviderStrategyItem> {
    ecs::CapacityProviderStrategyItem::builder().capacity_provider(name).weight(*weight).base(*base).build().ok()
}

fn network_of(network: &Network) -> Result<ecs::NetworkConfiguration> {
    let public_ip = if network.public_ip { ecs::AssignPublicIp::Enabled } else { ecs::AssignPublicIp::Disabled };
    let groups = &network.security_groups;
    let own = ecs::AwsVpcConfiguration::builder()
        .set_subnets(Some(network.subnets.clone()))
        .set_security_groups((!groups.is_empty()).then(|| groups.clone()))
        .assign_public_ip(public_ip)
        .build()
        .map_err(|error| Fault::internal(format!("a network without subnets: {error}")))?;
    Ok(ecs::NetworkConfiguration::builder().awsvpc_configuration(own).build())
}

fn run_of(task: ecs::Task) -> Run {
    let containers = task.containers.unwrap_or_default().into_iter();
    let containers = containers.map(|one| RunContainer {
        name: one.name.unwrap_or_default(),
        exit_code: one.exit_code,
        reason: one.reason.unwrap_or_default(),
    });
    Run {
        arn: task.task_arn.unwrap_or_default(),
        started_by: task.started_by.unwrap_or_default(),
        last_status: task.last_status.unwrap_or_default(),
        created: task.created_at.as_ref().map(time_of),
        started: task.started_at.as_ref().map(time_of),
        stopped: task.stopped_at.as_ref().map(time_of),
        stop_code: task.stop_code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
        stopped_reason: task.stopped_reason.unwrap_or_default(),
        containers: containers.collect(),
    }
}
