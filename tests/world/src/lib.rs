//! AWS in memory, behind the engine's ports.
//!
//! Each service imitates AWS and not our own verbs: RevisionIds that move, ETags, versions,
//! conditions, asynchronous updates. One service, one file, named like its port. Every file has a
//! state struct that tests read and write directly to set a scene or to look at the outcome.
//! Every method of a port begins and ends with a hook for mishaps; see [`mishaps`].

mod alias_shift;
pub mod appconfig;
mod applications;
mod bucket;
pub mod call_gate;
pub mod calls;
pub mod clock;
pub mod cloudformation;
pub mod cloudfront;
pub mod cloudtrail;
pub mod cloudwatch;
pub mod codedeploy;
mod codedeploy_documents;
mod codedeploy_progress;
pub mod conformance;
mod deletions;
mod deployment_group;
pub mod dynamodb;
pub mod ecr;
pub mod ecs;
pub mod ecs_tasks;
pub mod eventbridge;
pub mod external;
pub mod iam;
pub mod inputs;
mod json_services;
pub mod lambda;
pub mod lambda_invoke;
mod listing;
mod live_alias;
mod live_change_set;
pub mod live_deployment;
pub mod live_function;
pub mod live_rollout;
pub mod live_service_deployment;
mod live_stack;
mod live_task;
pub mod logs;
pub mod metric_source;
pub mod mishaps;
pub mod outside;
mod package;
pub mod pausing;
pub mod probe;
pub mod quotas;
pub mod rollout;
pub mod run;
pub mod s3;
mod shifting;
pub mod sns;
pub mod sqs;
mod stack_changes;
mod stack_progress;
mod stack_resources;
mod stack_template;
mod stacks;
pub mod stale_reads;
pub mod stepfunctions;
mod stepping;
mod task_sets;
mod task_starts;
mod trial;
mod uploads;

use std::cell::{RefCell, RefMut};
use std::rc::Rc;
use windlass_domain::declaration::resolved::Place;
use windlass_engine::config::{Config, Configured};
use windlass_engine::ports::{AssumeRole, TargetPorts};

/// All services. Cloning gives another handle on the same world.
#[derive(Debug, Clone)]
pub struct World {
    shared: Rc<Shared>,
    place: Place,
    /// The time that each of its writes of objects may take, in milliseconds, where these writes are switching changes.
    once_ms: Option<u64>,
}

#[derive(Debug, Clone)]
struct Shared {
    config: Config,
    clock: RefCell<clock::State>,
    dynamodb: RefCell<dynamodb::State>,
    s3: RefCell<s3::State>,
    cloudformation: RefCell<cloudformation::State>,
    cloudfront: RefCell<cloudfront::State>,
    lambda: RefCell<lambda::State>,
    codedeploy: RefCell<codedeploy::State>,
    ecs: RefCell<ecs::State>,
    quotas: RefCell<quotas::State>,
    cloudtrail: RefCell<cloudtrail::State>,
    ecr: RefCell<ecr::State>,
    iam: RefCell<iam::State>,
    lambda_invoke: RefCell<lambda_invoke::State>,
    ecs_tasks: RefCell<ecs_tasks::State>,
    cloudwatch: RefCell<cloudwatch::State>,
    appconfig: RefCell<appconfig::State>,
    logs: RefCell<logs::State>,
    probe: RefCell<probe::State>,
    stepfunctions: RefCell<stepfunctions::State>,
    eventbridge: RefCell<eventbridge::State>,
    external: RefCell<external::State>,
    sns: RefCell<sns::State>,
    sqs: RefCell<sqs::State>,
    mishaps: RefCell<mishaps::State>,
}

impl Default for World {
    fn default() -> Self {
        let config = Config {
            artifacts_bucket: "artifacts".into(),
            account: "111111111111".into(),
            stack: "windlass".into(),
            region: "eu-west-1".into(),
            in_vpc: false,
            local_endpoint: None,
            task_roles: vec!["arn:aws:iam::*:role/windlass-task-*".into()],
            deployers: iam::deployers(),
            place_role: "arn:aws:iam::111111111111:role/windlass-place".into(),
            links: "https://windlass.example".into(),
        };
        Self {
            shared: Rc::new(Shared {
                config,
                clock: RefCell::default(),
                dynamodb: RefCell::default(),
                s3: RefCell::default(),
                cloudformation: RefCell::default(),
                cloudfront: RefCell::default(),
                lambda: RefCell::default(),
                codedeploy: RefCell::default(),
                ecs: RefCell::default(),
                quotas: RefCell::default(),
                cloudtrail: RefCell::default(),
                ecr: RefCell::default(),
                iam: RefCell::default(),
                lambda_invoke: RefCell::default(),
                ecs_tasks: RefCell::default(),
                cloudwatch: RefCell::default(),
                appconfig: RefCell::default(),
                logs: RefCell::default(),
                probe: RefCell::default(),
                stepfunctions: RefCell::default(),
                eventbridge: RefCell::default(),
                external: RefCell::default(),
                sns: RefCell::default(),
                sqs: RefCell::default(),
                mishaps: RefCell::default(),
            }),
            place: Place::default(),
            once_ms: None,
        }
    }
}

impl World {
    /// The state of `s3`, to set a scene or to look.
    pub fn s3(&self) -> RefMut<'_, s3::State> {
        let mut state = self.shared.s3.borrow_mut();
        state.now = self.true_time();
        state
    }

    /// The state of `ecr`, to set a scene or to look.
    pub fn ecr(&self) -> RefMut<'_, ecr::State> {
        let mut state = self.shared.ecr.borrow_mut();
        state.now = self.true_time();
        state
    }
}

macro_rules! ecs {
    ($($name:ident),*) => {
        impl World {
            $(
                #[doc = concat!("The state of `", stringify!($name), "`, to set a scene or to look.")]
                pub fn $name(&self) -> RefMut<'_, $name::State> {
                    self.shared.$name.borrow_mut()
                }
            )*
        }
    };
}

ecs!(
    clock,
    codedeploy,
    dynamodb,
    cloudformation,
    cloudfront,
    lambda,
    ecs,
    cloudwatch,
    appconfig,
    logs,
    probe,
    quotas,
    cloudtrail,
    iam,
    lambda_invoke,
    ecs_tasks,
    stepfunctions,
    eventbridge,
    external,
    sns,
    sqs,
    mishaps
);

impl World {
    /// The place that this handle reaches.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Another world that is now as this one is, without a gate.
    #[must_use]
    pub fn copy(&self) -> Self {
        let copy =
            Self { shared: Rc::new(Shared::clone(&self.shared)), place: self.place.clone(), once_ms: self.once_ms };
        copy.mishaps().gate = None;
        copy
    }
}

impl AssumeRole for World {
    fn at(&self, place: &Place) -> Self {
        Self { shared: Rc::clone(&self.shared), place: place.clone(), once_ms: None }
    }
}

impl TargetPorts for World {}

impl Configured for World {
    fn config(&self) -> &Config {
        &self.shared.config
    }
}
