//! The engine decides by AWS's words without an SDK, so each table of words is typed by hand. The SDK is made from AWS's
//! own model: where a newer one has a word that a table lacks, the word has to be decided about.

use aws_sdk_appconfig::types::DeploymentState;
use aws_sdk_cloudformation::types::{
    ChangeSetStatus, ExecutionStatus as ChangeSetExecutionStatus, StackDriftStatus, StackResourceDriftStatus,
    StackStatus,
};
use aws_sdk_cloudwatch::types::{StateValue, StatusCode};
use aws_sdk_codedeploy::types::{DeploymentStatus, LifecycleEventStatus};
use aws_sdk_ecr::types::ImageTagMutability;
use aws_sdk_ecs::types::{
    DeploymentLifecycleHookStage, DeploymentLifecycleHookStatus, DeploymentRolloutState, DeploymentStrategy,
    ServiceDeploymentLifecycleStage, ServiceDeploymentStatus, TaskDefinitionStatus, TaskStopCode,
};
use aws_sdk_lambda::types::{LastUpdateStatus, LastUpdateStatusReasonCode, ProvisionedConcurrencyStatusEnum, State};
use aws_sdk_sfn::types::ExecutionStatus;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use windlass_engine::kinds::{appconfig, ecs, lambda, stack, words_of_codedeploy};
use windlass_engine::ports::{ALARM_STATES, EXECUTION_STATUSES, POINTS_STATUSES, TAG_MUTABILITIES};

/// The words of types of AWS's API, by the type.
type Words = BTreeMap<&'static str, BTreeSet<&'static str>>;

/// Returns the words that the engine's tables have.
fn known() -> Words {
    let of_ports = vec![
        ("ExecutionStatus", EXECUTION_STATUSES.map(|(word, _)| word).to_vec()),
        ("ImageTagMutability", TAG_MUTABILITIES.map(|(word, _)| word).to_vec()),
        ("StateValue", ALARM_STATES.map(|(word, _)| word).to_vec()),
        ("StatusCode", POINTS_STATUSES.map(|(word, _)| word).to_vec()),
    ];
    let all =
        [appconfig::words(), words_of_codedeploy(), ecs::words(), lambda::words(), stack::words(), of_ports].concat();
    let types = all.len();
    let known: Words = all.into_iter().map(|(of, words)| (of, words.into_iter().collect())).collect();
    assert_eq!(known.len(), types, "two tables are of one type");
    known
}

/// Returns the words that the SDK has.
fn of_sdk() -> Words {
    let types = [
        ("ChangeSetStatus", ChangeSetStatus::values()),
        ("DeploymentLifecycleHookStatus", DeploymentLifecycleHookStatus::values()),
        ("DeploymentRolloutState", DeploymentRolloutState::values()),
        ("DeploymentState", DeploymentState::values()),
        ("DeploymentStatus", DeploymentStatus::values()),
        ("DeploymentStrategy", DeploymentStrategy::values()),
        ("ExecutionStatus", ExecutionStatus::values()),
        ("ExecutionStatus of a change set", ChangeSetExecutionStatus::values()),
        ("ImageTagMutability", ImageTagMutability::values()),
        ("LastUpdateStatus", LastUpdateStatus::values()),
        ("LastUpdateStatusReasonCode", LastUpdateStatusReasonCode::values()),
        ("LifecycleEventStatus", LifecycleEventStatus::values()),
        ("ProvisionedConcurrencyStatusEnum", ProvisionedConcurrencyStatusEnum::values()),
        ("ServiceDeploymentLifecycleStage", ServiceDeploymentLifecycleStage::values()),
        ("ServiceDeploymentStatus", ServiceDeploymentStatus::values()),
        ("StackDriftStatus", StackDriftStatus::values()),
        ("StackResourceDriftStatus", StackResourceDriftStatus::values()),
        ("StackStatus", StackStatus::values()),
        ("State", State::values()),
        ("StateValue", StateValue::values()),
        ("StatusCode", StatusCode::values()),
        ("TaskDefinitionStatus", TaskDefinitionStatus::values()),
        ("TaskStopCode", TaskStopCode::values()),
    ];
    let mut all: Words = types.into_iter().map(|(of, words)| (of, words.iter().copied().collect())).collect();
    // A pause is at a stage of which the other type has no word.
    all.entry("ServiceDeploymentLifecycleStage").or_default().extend(DeploymentLifecycleHookStage::values());
    all
}

#[test]
fn each_word_of_aws_that_decides_is_one_that_the_engine_knows() {
    let (known, of_sdk) = (known(), of_sdk());
    for (of, words) in &of_sdk {
        assert!(words.len() > 2, "{of} has no more than {words:?}");
    }
    assert_eq!(known, of_sdk, "left are the engine's tables, right is the SDK");
}

/// A kind whose tables are compared with nothing would not show a new word.
#[test]
fn the_tables_of_each_kind_that_has_some_are_compared() {
    let kinds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/src/kinds");
    let has_tables = |folder: &Path| {
        let mut files = fs::read_dir(folder).into_iter().flatten();
        files.any(|file| fs::read_to_string(file.unwrap().path()).is_ok_and(|text| text.contains("pub fn words()")))
    };
    let folders = fs::read_dir(kinds).unwrap().map(|folder| folder.unwrap().path());
    let folders: Vec<_> = folders.filter(|folder| has_tables(folder)).collect();
    assert!(folders.len() > 4, "{folders:?}");
    for folder in folders {
        let kind = folder.file_name().unwrap().to_str().unwrap();
        let calls = [format!("{kind}::words()"), format!("words_of_{kind}()")];
        assert!(
            calls.iter().any(|call| include_str!("words.rs").contains(call)),
            "the tables of {kind} are not compared"
        );
    }
}
