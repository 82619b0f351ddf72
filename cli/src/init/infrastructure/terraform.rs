//! Terraform: the resources of the components get tags, and leave alone what Windlass owns. The ignored attributes and
//! the alias are those of `docs/integrate/terraform.md`.

use super::edit::Edit;
use super::hcl::{Block, resources, variables};
use super::{edit, hcl_lines};
use crate::init::application::{InitApplication, InitComponent, InitTarget};
use crate::init::environments::pattern;
use crate::init::pages::{TERRAFORM, block};
use crate::init::repository::Repository;
use crate::init::text::Text;

/// The resources that get tags and nothing else.
const TAGGED: [&str; 2] = ["aws_cloudfront_distribution", "aws_s3_bucket"];

/// Edits all files.
pub fn edit(
    application: &InitApplication,
    repository: &Repository,
    notes: &mut Vec<String>,
    covered: &mut Vec<String>,
) -> Vec<Edit> {
    let files: Vec<(&str, &str)> = repository.ending(".tf").collect();
    if files.is_empty() {
        return Vec::new();
    }
    let known: Vec<&str> = files.iter().flat_map(|(_, text)| variables(text)).collect();
    let named =
        edit::environment_expression(application, &known, |name| format!("var.{name}"), |name| format!("{name:?}"));
    let Some(environment) = named else {
        notes.push("no variable of the Terraform code keeps the environment's name: docs/integrate/terraform.md of Windlass has what its resources need".to_owned());
        return Vec::new();
    };
    let work = Work {
        application,
        all: files.iter().flat_map(|(_, text)| resources(text)).collect(),
        tags: [
            ["\"windlass:app\"".to_owned(), format!("{:?}", application.app)],
            ["\"windlass:environment\"".to_owned(), environment],
        ],
    };
    let seen = application.components.iter().filter(|component| work.is_seen(component));
    covered.extend(seen.map(|component| component.name.clone()));
    files.iter().map(|(path, text)| work.edit(path, text, notes)).collect()
}

struct Work<'a> {
    application: &'a InitApplication,
    all: Vec<Block>,
    tags: [[String; 2]; 2],
}

impl Work<'_> {
    fn edit(&self, path: &str, text: &str, notes: &mut Vec<String>) -> Edit {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        // This goes from the end, so that the numbers of the lines before stay.
        for found in resources(text).into_iter().rev() {
            let name = format!("`{}.{}` in `{path}`", found.sort, found.id);
            let mut changed = found.clone();
            if !self.change(&mut changed) {
                notes.push(format!("{name} is written so that it could not be changed by lines: docs/integrate/terraform.md of Windlass has what it needs"));
            }
            if changed.lines != found.lines {
                lines.splice(found.at..found.at + found.length, changed.lines);
            }
        }
        let whole = hcl_lines::read(&lines).and_then(|lines| lines.last().map(|line| line.after));
        if lines.is_empty() || whole == Some(Some(0)) {
            return Edit::new(path, text, &lines);
        }
        notes.push(format!("`{path}` is written so that it could not be changed by lines: docs/integrate/terraform.md of Windlass has what its resources need"));
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        Edit::new(path, text, &lines)
    }

    /// Changes a resource where it is a component's. Returns `false` where that is not possible.
    fn change(&self, found: &mut Block) -> bool {
        match found.sort.as_str() {
            "aws_lambda_function" => self.function(found).is_none_or(|component| {
                if found.attribute("publish").is_none() {
                    found.put(&[String::new(), "  publish = true # the version that the alias begins with".to_owned()]);
                }
                let is_done = found.tag(&self.tags) && found.ignore(&self.ignored("aws_lambda_function"));
                if self.has_alias(found) {
                    return is_done;
                }
                // With several functions, each alias would need its function's key.
                let stands_alone = is_one(found);
                if stands_alone {
                    Self::add_alias(found, component);
                }
                is_done && stands_alone
            }),
            "aws_lambda_alias" => {
                let function = found.attribute("function_name").unwrap_or_default();
                let is_ours = self.all.iter().any(|other| {
                    other.sort == "aws_lambda_function" && refers(function, other) && self.function(other).is_some()
                });
                !is_ours || found.ignore(&self.ignored("aws_lambda_alias"))
            }
            "aws_ecs_service" => {
                self.service(found).is_none()
                    || (found.tag(&self.tags) && found.ignore(&self.ignored("aws_ecs_service")))
            }
            "aws_ecs_task_definition" => {
                let of_service = |other: &Block| {
                    let task = other.attribute("task_definition").unwrap_or_default();
                    other.sort == "aws_ecs_service" && refers(task, found) && self.service(other).is_some()
                };
                if found.attribute("skip_destroy").is_none() && self.all.iter().any(of_service) {
                    found.put(&[
                        String::new(),
                        "  skip_destroy = true # an undo needs the revision that is replaced".to_owned(),
                    ]);
                }
                true
            }
            sort if TAGGED.contains(&sort) => !self.is_site(found) || found.tag(&self.tags),
            _ => true,
        }
    }

    /// Returns the attributes of a resource that the document says are ignored. The number of tasks is ignored only
    /// where something scales it.
    fn ignored(&self, sort: &str) -> Vec<String> {
        let page = block(TERRAFORM, &format!("resource \"{sort}\""));
        let (_, rest) = page.split_once(&format!("resource \"{sort}\"")).unwrap_or_default();
        let (_, rest) = rest.split_once("ignore_changes = [").unwrap_or_default();
        let (list, _) = rest.split_once(']').unwrap_or_default();
        let is_scaled = self.all.iter().any(|block| block.sort == "aws_appautoscaling_target");
        list.split(',').map(|name| name.trim().to_owned()).filter(|name| is_scaled || name != "desired_count").collect()
    }

    fn component(
        &self,
        found: &Block,
        attribute: &str,
        of: impl Fn(&InitTarget) -> Option<&Text>,
    ) -> Option<&InitComponent> {
        let all = self.application.components.iter().filter(|component| of(&component.target).is_some());
        let all: Vec<&InitComponent> = all.collect();
        let is_only = all.len() == 1 && self.all.iter().filter(|block| block.sort == found.sort).count() == 1;
        let named = found.text(attribute).and_then(pattern).map(Text::One);
        let fits = |component: &&InitComponent| named.is_some() && of(&component.target) == named.as_ref();
        all.iter().find(|component| fits(component)).or_else(|| all.first().filter(|_| is_only)).copied()
    }

    fn function(&self, found: &Block) -> Option<&InitComponent> {
        self.component(found, "function_name", |target| match target {
            InitTarget::Function { function, .. } => Some(function),
            _ => None,
        })
    }

    fn service(&self, found: &Block) -> Option<&InitComponent> {
        self.component(found, "name", |target| match target {
            InitTarget::Service { service, .. } => Some(service),
            _ => None,
        })
    }

    fn is_site(&self, found: &Block) -> bool {
        self.component(found, "bucket", |target| match target {
            InitTarget::Site { bucket, .. } => Some(bucket),
            _ => None,
        })
        .is_some()
    }

    fn is_seen(&self, component: &InitComponent) -> bool {
        self.all.iter().any(|found| {
            let of = match found.sort.as_str() {
                "aws_lambda_function" => self.function(found),
                "aws_ecs_service" => self.service(found),
                "aws_s3_bucket" => {
                    return matches!(component.target, InitTarget::Site { .. }) && self.is_site(found);
                }
                _ => None,
            };
            of.is_some_and(|of| of.name == component.name)
        })
    }

    fn has_alias(&self, function: &Block) -> bool {
        let of = |block: &Block| {
            let named = block.attribute("function_name");
            refers(named.unwrap_or_default(), function)
                || named.is_some() && named == function.attribute("function_name")
        };
        self.all.iter().any(|block| block.sort == "aws_lambda_alias" && of(block))
    }

    /// Adds the alias, as the document has it, behind the function.
    fn add_alias(function: &mut Block, component: &InitComponent) {
        let InitTarget::Function { alias, .. } = &component.target else {
            return;
        };
        let page = block(TERRAFORM, "resource \"aws_lambda_alias\"");
        let found = resources(page).into_iter().find(|block| block.sort == "aws_lambda_alias");
        let lines = found.into_iter().flat_map(|block| block.lines).map(|line| {
            line.replace("aws_lambda_function.api", &format!("aws_lambda_function.{}", function.id))
                .replace(
                    "\"aws_lambda_alias\" \"live\"",
                    &format!("\"aws_lambda_alias\" \"{}_{}\"", function.id, alias.replace('-', "_")),
                )
                .replace("= \"live\"", &format!("= {alias:?}"))
        });
        let lines: Vec<String> = lines.collect();
        function.lines.push(String::new());
        function.lines.extend(lines);
    }
}

/// Returns whether a block makes one resource, and not several or none.
fn is_one(found: &Block) -> bool {
    found.attribute("count").is_none() && found.attribute("for_each").is_none()
}

/// Returns whether an expression names a resource.
fn refers(expression: &str, block: &Block) -> bool {
    let name = format!("{}.{}", block.sort, block.id);
    expression.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
