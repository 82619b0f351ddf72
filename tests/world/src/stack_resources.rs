//! The resources of a stack in their own services: buckets, alarms, functions, their versions and aliases are those of
//! this world. Every other type is only a name.

use crate::World;
use crate::bucket::Bucket;
use crate::live_alias::LiveAlias;
use crate::live_function::LiveFunction;
use crate::package::Package;
use crate::stack_template::text_of;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveResource {
    /// Its name in the template.
    pub logical: String,
    /// Its name or ARN in its service.
    pub physical: String,
    /// Its type.
    pub kind: String,
    /// Its status.
    pub status: String,
    /// Its properties, with what their functions stood for.
    pub properties: Map<String, Value>,
    /// Its `DeletionPolicy`; empty where the template gives none.
    pub deletion_policy: String,
    /// Its `UpdateReplacePolicy`; empty where the template gives none.
    pub replace_policy: String,
    /// `MODIFIED` or `DELETED` if the last drift detection found that, and the places of the properties that differ.
    pub drift: Option<(String, BTreeSet<String>)>,
}

/// The reason for which a service refuses what a stack asks it for.
pub(crate) type Refusal = String;

fn refusal(why: &str) -> Refusal {
    format!("Resource handler returned message: \"{why}\" (HandlerErrorCode: GeneralServiceException)")
}

/// Returns whether a change of a property replaces the resource: those that name it do (AWS CloudFormation Template
/// Reference, "Update requires: Replacement").
pub(crate) fn replaces(property: &str) -> bool {
    property.ends_with("Name") || property == "KeySchema"
}

/// Returns the name or the ARN of a function as its name.
fn function_name(value: &Value) -> String {
    let text = text_of(value);
    let parts: Vec<&str> = text.split(':').collect();
    let name = parts.get(6).copied().unwrap_or(&text);
    name.to_owned()
}

impl World {
    /// Makes a resource, and returns its name in its service.
    pub(crate) fn make_resource(
        &self,
        made: &LiveResource,
        name: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<String, Refusal> {
        let own = |property: &str| made.properties.get(property).map(text_of);
        match made.kind.as_str() {
            "AWS::S3::Bucket" => {
                let name = own("BucketName").unwrap_or_else(|| name.to_lowercase());
                let mut objects = self.s3();
                if objects.buckets.contains_key(&name) {
                    return Err(refusal(&format!("{name} already exists")));
                }
                let bucket = Bucket { tags: tags.clone(), versioned: is_versioned(made), ..Bucket::default() };
                objects.buckets.insert(name.clone(), bucket);
                Ok(name)
            }
            "AWS::Lambda::Function" => {
                let name = own("FunctionName").unwrap_or_else(|| name.to_owned());
                let package = self.package_of_stack(made)?;
                let mut state = self.lambda();
                if state.functions.contains_key(&name) {
                    return Err(refusal(&format!("Function already exist: {name}")));
                }
                let mut function = LiveFunction::new(&name, package);
                configure(&mut function, made, tags);
                state.functions.insert(name.clone(), function);
                Ok(name)
            }
            "AWS::Lambda::Version" => self.with_function(made, |function| {
                let latest = function.latest();
                let published = function.publish(&latest.code_sha256, &latest.revision_id, "");
                published.map(|version| version.arn).map_err(|fault| refusal(&fault.message))
            }),
            "AWS::Lambda::Alias" => self.with_function(made, |function| {
                let (name, version) = (own("Name").unwrap_or_default(), own("FunctionVersion").unwrap_or_default());
                if function.aliases.contains_key(&name) {
                    return Err(refusal(&format!("Alias already exists: {name}")));
                }
                let arn = format!("{}:{name}", function.arn());
                function.aliases.insert(name, LiveAlias::at(&version));
                Ok(arn)
            }),
            "AWS::CloudWatch::Alarm" => {
                let name = own("AlarmName").unwrap_or_else(|| name.to_owned());
                // AWS says so a little later, when it has evaluated the alarm for the first time.
                let is_well = own("TreatMissingData").is_some_and(|missing| missing == "notBreaching");
                self.set_alarm(&name, if is_well { "OK" } else { "INSUFFICIENT_DATA" }, &[]);
                Ok(name)
            }
            _ => Ok(own(&name_property(made)).unwrap_or_else(|| name.to_owned())),
        }
    }

    /// Brings a resource to other properties than it had.
    pub(crate) fn change_resource(
        &self,
        from: &LiveResource,
        to: &LiveResource,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), Refusal> {
        match to.kind.as_str() {
            "AWS::S3::Bucket" => {
                let mut objects = self.s3();
                let bucket = objects.buckets.get_mut(&to.physical);
                let bucket = bucket.ok_or_else(|| refusal("The specified bucket does not exist"))?;
                bucket.versioned = is_versioned(to);
                bucket.tags.clone_from(tags);
            }
            "AWS::Lambda::Function" => {
                // The trap: the code is sent only where the template's has changed, whatever runs there now.
                let has_new_code = from.properties.get("Code") != to.properties.get("Code");
                let package = has_new_code.then(|| self.package_of_stack(to)).transpose()?;
                let mut state = self.lambda();
                let function = state.functions.get_mut(&to.physical);
                let function = function.ok_or_else(|| refusal("Function not found"))?;
                if let Some(package) = package {
                    function.package = package;
                }
                configure(function, to, tags);
            }
            "AWS::Lambda::Alias" => self.with_function(to, |function| {
                // The trap: whatever changes of an alias, its version goes to that of the template.
                let property = |name: &str| to.properties.get(name).map(text_of).unwrap_or_default();
                let alias = function.aliases.get_mut(&property("Name"));
                let alias = alias.ok_or_else(|| refusal("Alias not found"))?;
                alias.point(&property("FunctionVersion"), vec![]);
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    }

    /// Deletes a resource; one that is gone is deleted.
    pub(crate) fn delete_resource(&self, gone: &LiveResource) -> Result<(), Refusal> {
        match gone.kind.as_str() {
            "AWS::S3::Bucket" => {
                let mut objects = self.s3();
                let bucket = objects.buckets.get(&gone.physical);
                if bucket.is_some_and(|bucket| bucket.keys.values().any(|versions| !versions.is_empty())) {
                    return Err(refusal("The bucket you tried to delete is not empty"));
                }
                objects.buckets.remove(&gone.physical);
            }
            "AWS::Lambda::Function" => {
                self.lambda().functions.remove(&gone.physical);
            }
            "AWS::CloudWatch::Alarm" => {
                let name = self.regional(&gone.physical);
                self.cloudwatch().alarms.remove(&name);
            }
            "AWS::Lambda::Version" | "AWS::Lambda::Alias" => {
                let of = gone.properties.get("FunctionName").map(function_name).unwrap_or_default();
                if let Some(function) = self.lambda().functions.get_mut(&of) {
                    let own = gone.physical.rsplit(':').next().unwrap_or_default();
                    function.aliases.remove(own);
                    own.parse().ok().and_then(|number: u64| function.versions.remove(&number));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Does something with the function that a version or an alias belongs to.
    fn with_function<T>(
        &self,
        of: &LiveResource,
        then: impl FnOnce(&mut LiveFunction) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let name = of.properties.get("FunctionName").map(function_name).unwrap_or_default();
        let mut state = self.lambda();
        let function = state.functions.get_mut(&name);
        then(function.ok_or_else(|| refusal(&format!("Function not found: {name}")))?)
    }

    /// Reads the code of a function where its template says it is.
    fn package_of_stack(&self, of: &LiveResource) -> Result<Package, Refusal> {
        let code = of.properties.get("Code").cloned().unwrap_or_default();
        if let Some(image) = code["ImageUri"].as_str() {
            return Ok(Package::Image(image.to_owned()));
        }
        let (Some(bucket), Some(key)) = (code["S3Bucket"].as_str(), code["S3Key"].as_str()) else {
            return Ok(Package::Zip(text_of(&code["ZipFile"]).into()));
        };
        let objects = self.s3();
        let version = objects.buckets.get(bucket).and_then(|bucket| bucket.current(key));
        let version = version.ok_or_else(|| refusal("Error occurred while GetObject. S3 Error Code: NoSuchKey"))?;
        Ok(Package::Zip(version.bytes.clone()))
    }
}

fn is_versioned(bucket: &LiveResource) -> bool {
    let configured = bucket.properties.get("VersioningConfiguration");
    configured.is_some_and(|it| it["Status"] == "Enabled")
}

/// Brings what a function has beside its code to what the template says.
fn configure(function: &mut LiveFunction, of: &LiveResource, tags: &BTreeMap<String, String>) {
    let mut configuration = of.properties.clone();
    configuration.remove("Code");
    function.configure(&Value::Object(configuration).to_string());
    function.tags.clone_from(tags);
    function.timeout_s = of.properties.get("Timeout").and_then(Value::as_u64).unwrap_or(3);
}

/// Returns the property that names a resource of a type whose service is not in this world, such as `QueueName`.
fn name_property(of: &LiveResource) -> String {
    let kind = of.kind.rsplit("::").next().unwrap_or_default();
    format!("{kind}Name")
}
