use super::Result;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::time::Time;

/// A stack (AWS CloudFormation API Reference, Stack).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    /// Its id, an ARN. It differs from that of a deleted stack of the same name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `CREATE_COMPLETE`, `UPDATE_IN_PROGRESS`, `REVIEW_IN_PROGRESS`, …
    pub status: String,
    /// The reason of that status in AWS's words; empty where AWS gives none.
    pub reason: String,
    /// The id of the change set that made it or changed it last; `None` where it was changed without one.
    pub change_set: Option<String>,
    /// Its parameters. A value that is not shown is `****`. One that is taken from the Parameter Store is its name
    /// here.
    pub parameters: BTreeMap<String, String>,
    /// The values that its parameters of the Parameter Store had when it was changed last.
    pub resolved: BTreeMap<String, String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The role that CloudFormation acts with.
    pub role: Option<String>,
    /// The id of the stack that it is nested in.
    pub parent: Option<String>,
    /// True if it is protected from deletion.
    pub is_protected: bool,
    /// The time of its last change; `None` if it was never changed since it was made.
    pub updated: Option<Time>,
    /// The result of the last drift detection: `DRIFTED`, `IN_SYNC`, `UNKNOWN` or `NOT_CHECKED`, and its time.
    pub drift: Option<(String, Option<Time>)>,
}

/// A resource of a stack (AWS CloudFormation API Reference, StackResourceSummary).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its name in the template.
    pub logical: String,
    /// Its name or ARN in its service; empty while it has none.
    pub physical: String,
    /// Its type, such as `AWS::S3::Bucket`.
    pub kind: String,
    /// `CREATE_COMPLETE`, `UPDATE_FAILED`, `DELETE_SKIPPED`, …
    pub status: String,
}

/// A resource that the last drift detection found otherwise than the template has it (AWS CloudFormation API Reference,
/// StackResourceDrift).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DriftedResource {
    /// Its name in the template.
    pub logical: String,
    /// Its name or ARN in its service.
    pub physical: String,
    /// Its type.
    pub kind: String,
    /// `MODIFIED` or `DELETED`.
    pub status: String,
    /// The places of the properties that differ, such as `/Code/S3Key`.
    pub places: BTreeSet<String>,
}

/// Something that happened to a stack or to one of its resources (AWS CloudFormation API Reference, StackEvent).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackEvent {
    /// The resource, as it was then.
    pub resource: StackResource,
    /// The reason in AWS's words; empty where AWS gives none.
    pub reason: String,
    /// The token of the call that started the operation; `None` where it had none.
    pub token: Option<String>,
    /// The time.
    pub at: Time,
}

/// The template of a call: its text, or its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateFrom {
    /// The template stands in the call itself: at most 51,200 bytes.
    Body(String),
    /// The address in S3 that CloudFormation reads with the caller's rights: at most 1 MB.
    Url(String),
}

/// The value of a parameter of a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterValue {
    /// The value that the stack has.
    Former,
    /// This value.
    New(String),
}

/// A change set to be made (AWS CloudFormation API Reference, CreateChangeSet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChangeSet<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// Its name: at most 128 letters, digits and hyphens. A second one of the same name is refused as `Conflict`.
    pub name: &'a str,
    /// True for a stack that is not there yet: it then has the status `REVIEW_IN_PROGRESS`.
    pub creates: bool,
    /// The template.
    pub template: &'a TemplateFrom,
    /// The parameters. One that the template has and that is missing here gets its default.
    pub parameters: &'a BTreeMap<String, ParameterValue>,
    /// The stack's tags: they replace those it has.
    pub tags: &'a BTreeMap<String, String>,
    /// The capabilities, such as `CAPABILITY_NAMED_IAM`.
    pub capabilities: &'a [String],
    /// The role that CloudFormation acts with, now and later.
    pub role: &'a str,
    /// A text for a person.
    pub description: &'a str,
}

/// A page of a change set (AWS CloudFormation API Reference, DescribeChangeSet).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// Its id, an ARN.
    pub id: String,
    /// The id of the stack.
    pub stack: String,
    /// `CREATE_PENDING`, `CREATE_IN_PROGRESS`, `CREATE_COMPLETE`, `FAILED`, `DELETE_FAILED`, …
    pub status: String,
    /// The reason of that status in AWS's words; empty where AWS gives none.
    pub reason: String,
    /// `AVAILABLE`, `UNAVAILABLE`, `OBSOLETE`, `EXECUTE_IN_PROGRESS`, `EXECUTE_COMPLETE`, `EXECUTE_FAILED`.
    pub execution: String,
    /// The parameters as they will be. A value that is not shown is `****`.
    pub parameters: BTreeMap<String, String>,
    /// The values that its parameters of the Parameter Store have now.
    pub resolved: BTreeMap<String, String>,
    /// The changes of this page.
    pub changes: Vec<ResourceChange>,
    /// The page that follows.
    pub next: Option<String>,
}

/// A change of one resource (AWS CloudFormation API Reference, ResourceChange).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceChange {
    /// `Add`, `Modify`, `Remove`, `Import`, `Dynamic`, …
    pub action: String,
    /// The policy for the former resource: `Delete`, `Retain`, `Snapshot`, `ReplaceAndDelete`, …; empty where AWS says
    /// nothing.
    pub policy: String,
    /// Its name in the template.
    pub logical: String,
    /// Its name or ARN in its service; empty while it has none.
    pub physical: String,
    /// Its type.
    pub kind: String,
    /// `True`, `False` or `Conditional`; empty where it is not changed.
    pub replacement: String,
    /// The names of the properties that change.
    pub properties: BTreeSet<String>,
    /// The id of the nested change set, of a nested stack.
    pub nested: Option<String>,
}

/// Something that CloudFormation's own validation says against a change set (AWS CloudFormation API Reference,
/// OperationEvent, `VALIDATION_ERROR`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidationError {
    /// The resource's name in the template; empty where it concerns none.
    pub logical: String,
    /// The resource's type; empty where it concerns none.
    pub kind: String,
    /// The name of the validation, such as `NAME_CONFLICT_VALIDATION`.
    pub validation: String,
    /// The place in the template, such as `/Resources/Web/Properties/BucketName`; empty where it is not known.
    pub place: String,
    /// The reason in AWS's words.
    pub reason: String,
    /// True if the change set has failed by it; false for a warning.
    pub fails: bool,
}

/// The summary of a template (AWS CloudFormation API Reference, GetTemplateSummary).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateSummary {
    /// Its parameters by name.
    pub parameters: BTreeMap<String, TemplateParameter>,
    /// Its transforms, such as `AWS::Serverless-2016-10-31`.
    pub transforms: Vec<String>,
    /// The types of its resources.
    pub types: Vec<String>,
}

/// A parameter of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateParameter {
    /// Its type, such as `String` or `AWS::SSM::Parameter::Value<String>`.
    pub kind: String,
    /// True if it has a default.
    pub has_default: bool,
    /// True if nobody is shown its value.
    pub is_secret: bool,
}

/// AWS CloudFormation. A stack is named by its name or its id; a deleted one only by its id.
pub trait CloudFormationApi {
    /// Reads a stack; `NotFound` if there is none of that name or id.
    async fn stack(&self, stack: &str) -> Result<Stack>;

    /// Lists all resources of a stack: AWS has at most 500 in one.
    async fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>>;

    /// Lists the resources that the last drift detection of a stack found modified or deleted.
    async fn drifted(&self, stack: &str) -> Result<Vec<DriftedResource>>;

    /// Reads a page of a stack's events, newest first, and the place of the next one.
    async fn stack_events(&self, stack: &str, next: Option<&str>) -> Result<(Vec<StackEvent>, Option<String>)>;

    /// Reads a stack's template as it was sent, or that of one of its change sets.
    async fn template(&self, stack: &str, change_set: Option<&str>) -> Result<String>;

    /// Reads what a template says of itself. It runs no macro. `Refused` if it is no template.
    async fn template_summary(&self, template: &TemplateFrom) -> Result<TemplateSummary>;

    /// Makes a change set, and returns its id. `Conflict` if there is one of its name, or the stack's status allows
    /// none. CloudFormation goes on with it: it is made when its status says so.
    async fn create_change_set(&self, new: &NewChangeSet<'_>) -> Result<String>;

    /// Reads a page of a change set, by its name and its stack or by its id alone; `NotFound` if there is none.
    async fn change_set(&self, stack: Option<&str>, change_set: &str, next: Option<&str>) -> Result<ChangeSet>;

    /// Lists the names of all change sets of a stack, with the time at which each was made; none of a stack that is
    /// gone.
    async fn change_sets(&self, stack: &str) -> Result<Vec<(String, Option<Time>)>>;

    /// Lists what CloudFormation's own validation says against a change set, by its id; `NotFound` if there is none.
    async fn validation_errors(&self, change_set: &str) -> Result<Vec<ValidationError>>;

    /// Deletes a change set, by its id. One that is gone is deleted.
    async fn delete_change_set(&self, change_set: &str) -> Result<()>;

    /// Executes a change set, by its id. `Conflict` if it cannot be executed any more: it was executed, is obsolete, or
    /// is gone. Events carry the token.
    async fn execute_change_set(&self, change_set: &str, token: &str) -> Result<()>;

    /// Deletes a stack, but for the resources that are named: only of one in `DELETE_FAILED` may there be some.
    async fn delete_stack(&self, stack: &str, retain: &[String], role: &str, token: &str) -> Result<()>;

    /// Deletes a stack, by its id, with a role without rights: the empty place of a change set goes, and nothing that
    /// is in any other stack. One that is gone is deleted. `Conflict` if its status allows no deletion.
    async fn delete_place(&self, stack: &str, role: &str) -> Result<()>;

    /// Takes an update back that is in progress. `Conflict` if none is in `UPDATE_IN_PROGRESS`.
    async fn cancel_update(&self, stack: &str, token: &str) -> Result<()>;

    /// Tries once more to take an update back whose own way back has failed. `Conflict` unless the stack is in
    /// `UPDATE_ROLLBACK_FAILED`.
    async fn continue_rollback(&self, stack: &str, role: &str, token: &str) -> Result<()>;
}
