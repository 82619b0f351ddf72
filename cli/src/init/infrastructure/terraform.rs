//! Terraform: the resources of the components get tags, and leave alone what Windlass owns. The ignored attributes and
//! the alias are those of `docs/integrate/terraform.md`.

use super::commands::SCRIPT;
use super::edit::Edit;
use super::hcl::{HclFile, ResourceBlock, ResourceChanges};
use super::lacking;
use super::past_alias;
use super::target_resources::{TargetResources, is_one, refers};
use crate::init::application::{InitApplication, InitComponent, InitTarget};
use crate::init::pages::{TERRAFORM, block};
use crate::init::repository::Repository;

/// The resources that get tags and nothing else.
const TAGGED: [&str; 2] = ["aws_cloudfront_distribution", "aws_s3_bucket"];

/// Edits all files.
pub fn edit(
    application: &InitApplication,
    repository: &Repository,
    notes: &mut Vec<String>,
    covered: &mut Vec<String>,
) -> Vec<Edit> {
    let mut files = Vec::new();
    for (path, text) in repository.ending(".tf") {
        match HclFile::read(path, text) {
            Ok(file) => files.push(file),
            Err(line) => notes.push(format!("`{path}` cannot be read from its line {line} on, and was left as it is: docs/integrate/terraform.md of Windlass has what its resources need")),
        }
    }
    if files.is_empty() {
        return Vec::new();
    }
    let known: Vec<&str> = files.iter().flat_map(HclFile::variables).collect();
    let named = application.environment_expression(&known, |name| format!("var.{name}"), |name| format!("{name:?}"));
    let Some(environment) = named else {
        notes.push("no variable of the Terraform code keeps the environment's name: docs/integrate/terraform.md of Windlass has what its resources need".to_owned());
        return Vec::new();
    };
    let work = Work {
        targets: TargetResources { application, all: files.iter().flat_map(HclFile::resources).collect() },
        tags: [
            ["\"windlass:app\"".to_owned(), format!("{:?}", application.app)],
            ["\"windlass:environment\"".to_owned(), environment],
        ],
    };
    let seen = application.components.iter().filter(|component| work.is_seen(component) && !work.is_left(component));
    covered.extend(seen.map(|component| component.name.clone()));
    let functions = work.targets.all.iter().filter(|it| it.sort == "aws_lambda_function");
    let functions = functions.filter(|it| work.component(it).is_some());
    notes.extend(functions.filter_map(|it| past_alias::in_terraform(&files, it)));
    for file in &files {
        let found = file.resources().filter_map(|found| Some((work.component(&found)?.name.as_str(), found)));
        notes
            .extend(found.filter_map(|(component, found)| lacking::noted(&work.targets, &found, component, file.path)));
    }
    files.iter().map(|file| work.edit(file)).collect()
}

/// Notes that resources of its sort are there, and none was found to be the target of a component.
pub fn unlike(component: &InitComponent, repository: &Repository) -> Option<String> {
    let sort = match component.target {
        InitTarget::Function { .. } => "aws_lambda_function",
        InitTarget::Service { .. } => "aws_ecs_service",
        InitTarget::Site { .. } => "aws_s3_bucket",
    };
    let resource = format!("resource \"{sort}\"");
    let is_there = repository.ending(".tf").any(|(_, text)| text.contains(&resource));
    is_there.then(|| format!("no `{sort}` of the Terraform code was found to be the target of `{}`, so that `windlass-targets.sh` has what it needs: where this code or a module makes it, write that there (docs/integrate/terraform.md of Windlass)", component.name))
}

struct Work<'a> {
    targets: TargetResources<'a>,
    tags: [[String; 2]; 2],
}

impl Work<'_> {
    fn edit(&self, file: &HclFile<'_>) -> Edit {
        let (mut all, mut notes) = (Vec::new(), Vec::new());
        for found in file.resources() {
            let mut changes = ResourceChanges::default();
            if !self.change(&found, &mut changes) {
                notes.push(format!("`{}.{}` in `{}` could not be changed because of how it is written: docs/integrate/terraform.md of Windlass has what it needs", found.sort, found.id, file.path));
            }
            notes.extend(self.left_alone(&found, file.path));
            let changes = found.changed(changes);
            if let Some((component, false)) = self.targets.component(&found).filter(|_| !changes.is_empty()) {
                notes.push(format!("`{}.{}` in `{}` is changed because its name, an expression or the one of a single environment, may be that of the target of `{}`: leave its change out of the patch if it is another one", found.sort, found.id, file.path, component.name));
            }
            all.extend(changes);
        }
        let edit = Edit::new(file.path, file.text, all);
        if HclFile::read(file.path, &edit.after).is_ok() {
            return Edit { notes, ..edit };
        }
        let note = format!(
            "`{}` could not be changed because of how it is written: docs/integrate/terraform.md of Windlass has what its resources need",
            file.path
        );
        Edit { notes: vec![note], ..Edit::new(file.path, file.text, Vec::new()) }
    }

    /// Changes a resource where it is a component's. Returns `false` where that is not possible.
    fn change(&self, found: &ResourceBlock<'_>, changes: &mut ResourceChanges) -> bool {
        match found.sort {
            "aws_lambda_function" => self.component(found).is_none_or(|component| {
                if found.attribute("publish").is_none() {
                    changes.members.push_str("\n  publish = true # the version that the alias begins with\n");
                }
                let is_done = self.tag(found, changes) && self.ignore(found, changes);
                let mut aliases = self.targets.all.iter().filter(|other| other.sort == "aws_lambda_alias");
                if aliases.any(|alias| is_alias_of(alias, found)) {
                    return is_done;
                }
                // With several functions, each alias would need its function's key.
                let stands_alone = is_one(found);
                if stands_alone {
                    changes.behind = alias(found, component);
                }
                is_done && stands_alone
            }),
            "aws_lambda_alias" => self.component(found).is_none() || self.ignore(found, changes),
            "aws_ecs_service" => {
                self.component(found).is_none() || (self.tag(found, changes) && self.ignore(found, changes))
            }
            "aws_ecs_task_definition" => {
                let of_service = |other: &ResourceBlock<'_>| {
                    let task = other.attribute("task_definition").unwrap_or_default();
                    other.sort == "aws_ecs_service" && refers(task, found) && self.component(other).is_some()
                };
                if found.attribute("skip_destroy").is_none() && self.targets.all.iter().any(of_service) {
                    let line = "\n  skip_destroy = true # an undo needs the revision that is replaced\n";
                    changes.members.push_str(line);
                }
                true
            }
            sort if TAGGED.contains(&sort) => self.component(found).is_none() || self.tag(found, changes),
            _ => true,
        }
    }

    /// Adds the tags of a resource, unless Terraform would never write them.
    fn tag(&self, found: &ResourceBlock<'_>, changes: &mut ResourceChanges) -> bool {
        found.ignores_tags() || found.tag(&self.tags, changes)
    }

    /// Notes a resource of a component whose tags Terraform leaves as they are.
    fn left_alone(&self, found: &ResourceBlock<'_>, path: &str) -> Option<String> {
        self.component(found).filter(|_| found.ignores_tags())?;
        let by = if found.sort == "aws_ecs_service" {
            format!("`{SCRIPT}` has `aws resourcegroupstaggingapi tag-resources` for it")
        } else {
            let app = &self.targets.application.app;
            format!(
                "tag it by `aws resourcegroupstaggingapi tag-resources --resource-arn-list ARN --tags windlass:app={app},windlass:environment=ENVIRONMENT`"
            )
        };
        Some(format!(
            "`{}.{}` in `{path}` ignores changes of its tags (`ignore_changes`), so that Terraform would never write those of Windlass: {by}",
            found.sort, found.id
        ))
    }

    /// Returns whether the tags of a component are left to the script: those of a service that Terraform leaves alone.
    fn is_left(&self, component: &InitComponent) -> bool {
        let mut services = self.targets.all.iter().filter(|it| it.sort == "aws_ecs_service" && it.ignores_tags());
        services.any(|it| self.component(it).is_some_and(|of| of.name == component.name))
    }

    /// Adds the attributes of a resource that the document says are ignored. The number of tasks is ignored only where
    /// something scales it.
    fn ignore(&self, found: &ResourceBlock<'_>, changes: &mut ResourceChanges) -> bool {
        let is_scaled = self.targets.all.iter().any(|other| other.sort == "aws_appautoscaling_target");
        let ignored = of_page(found.sort, |it| it.ignored().into_iter().map(str::to_owned).collect::<Vec<_>>());
        let names = ignored.iter().map(String::as_str).filter(|name| is_scaled || *name != "desired_count");
        found.ignore(&names.collect::<Vec<_>>(), changes)
    }

    /// Returns the component that a resource, or the function of an alias, is the target of.
    fn component(&self, found: &ResourceBlock<'_>) -> Option<&InitComponent> {
        let of = |it: &&ResourceBlock<'_>| it.sort == "aws_lambda_function" && is_alias_of(found, it);
        if found.sort == "aws_lambda_alias" {
            return self.component(self.targets.all.iter().find(of)?);
        }
        self.targets.component(found).map(|(component, _)| component)
    }

    /// Returns whether the code makes the target of a component.
    fn is_seen(&self, component: &InitComponent) -> bool {
        let makes =
            |found: &&ResourceBlock<'_>| !["aws_cloudfront_distribution", "aws_lambda_alias"].contains(&found.sort);
        let mut seen = self.targets.all.iter().filter(makes).filter_map(|found| self.component(found));
        seen.any(|of| of.name == component.name)
    }
}

fn is_alias_of(alias: &ResourceBlock<'_>, function: &ResourceBlock<'_>) -> bool {
    let named = alias.attribute("function_name");
    refers(named.unwrap_or_default(), function) || named.is_some() && named == function.attribute("function_name")
}

/// Looks at a resource of this sort, as the document has it.
fn of_page<T: Default>(sort: &str, look: impl Fn(&ResourceBlock<'_>) -> T) -> T {
    let Ok(page) = HclFile::read("docs/integrate/terraform.md", block(TERRAFORM, &format!("resource \"{sort}\"")))
    else {
        return T::default();
    };
    page.resources().find(|found| found.sort == sort).map(|found| look(&found)).unwrap_or_default()
}

/// Returns the alias of a function, as the document has it.
fn alias(function: &ResourceBlock<'_>, component: &InitComponent) -> String {
    let InitTarget::Function { alias, .. } = &component.target else { return String::new() };
    of_page("aws_lambda_alias", |page| {
        page.text()
            .replace("aws_lambda_function.api", &format!("aws_lambda_function.{}", function.id))
            .replace(
                "\"aws_lambda_alias\" \"live\"",
                &format!("\"aws_lambda_alias\" \"{}_{}\"", function.id, alias.replace('-', "_")),
            )
            .replace("= \"live\"", &format!("= {alias:?}"))
    })
}
