//! Templates of AWS SAM: the functions of the components get tags, and a version and an alias of their own in place of
//! `AutoPublishAlias`, as `docs/integrate/cloudformation-and-sam.md` has them.

use super::edit::{Edit, TextChange};
use super::past_alias;
use super::target_resources::{Fit, name_fit};
use super::template_check::{OTHERS, WrittenOut, is_sound, is_taken};
use crate::init::application::{InitApplication, InitComponent, InitTarget};
use crate::init::pages::{TEMPLATES, block};
use crate::init::pieces::{PieceSort, Runs, stacks};
use crate::init::repository::Repository;
use crate::init::sam_template::SamTemplate;
use crate::init::template_tree::{self, Node, NodeContent, indent, line_end, line_start, member_end, next_line};

/// Returns the templates of a repository, as YAML.
pub fn all(repository: &Repository) -> impl Iterator<Item = (&str, &str)> {
    repository
        .ending(".yaml")
        .chain(repository.ending(".yml"))
        .filter(|(_, text)| text.contains("AWSTemplateFormatVersion") || text.contains("AWS::Serverless-"))
}

/// Edits the templates in which functions were found.
pub fn edit(
    application: &InitApplication,
    repository: &Repository,
    notes: &mut Vec<String>,
    covered: &mut Vec<String>,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (path, text) in all(repository) {
        let is_own = |it: &&InitComponent| it.piece.sort == PieceSort::Sam && it.piece.file == path;
        let own: Vec<&InitComponent> = application.components.iter().filter(is_own).collect();
        if own.is_empty() {
            continue;
        }
        let unchanged = || {
            format!(
                "`{path}` could not be changed because of how it is written: docs/integrate/cloudformation-and-sam.md of Windlass has what its functions need"
            )
        };
        let (Some(root), Ok(sam)) = (template_tree::read(text), SamTemplate::read(text)) else {
            notes.push(unchanged());
            continue;
        };
        let parameters = root.member("Parameters").map_or(&[][..], |(_, all)| all.members());
        let known: Vec<&str> = parameters.iter().filter_map(|(name, _)| name.text()).collect();
        let named = application.environment_expression(&known, |name| format!("!Ref {name}"), str::to_owned);
        let Some(environment) = named else {
            notes.push(format!("no parameter of `{path}` keeps the environment's name: docs/integrate/cloudformation-and-sam.md of Windlass has what its functions need"));
            continue;
        };
        let all_own = own.len();
        let own: Vec<&InitComponent> =
            own.into_iter().filter(|it| is_taken_up(application, &sam, it, notes, covered)).collect();
        if own.is_empty() {
            continue;
        }
        // What is left as it is would lose the preference that all functions have.
        if own.len() < all_own && !sam.value["Globals"]["Function"]["DeploymentPreference"].is_null() {
            notes.push(unchanged());
            continue;
        }
        for component in &own {
            covered.push(component.name.clone());
            notes.extend(past_alias::in_template(path, text, &root, stacks::id(&component.piece)));
        }
        let app = &application.app;
        let work =
            || Work { path, text, root: &root, sam: &sam, environment: environment.clone(), app, changes: Vec::new() };
        let mut edit = work().changed(&own);
        // Without what `Globals` have, a function that is left out would lose its alias.
        let stand_alone = edit.is_none() && OTHERS.iter().all(|it| sam.value["Globals"]["Function"][*it].is_null());
        let mut kept: Vec<&InitComponent> = Vec::new();
        for component in own.iter().copied().filter(|_| stand_alone) {
            kept.push(component);
            let changed = work().changed(&kept);
            if changed.is_none() {
                kept.pop();
            }
            edit = changed.or(edit);
        }
        match &edit {
            None => notes.push(unchanged()),
            Some(_) if kept.is_empty() => {}
            Some(_) => {
                let left = own.iter().filter(|it| !kept.iter().any(|kept| kept.name == it.name));
                notes.extend(left.map(|it| format!("`{}` of `{path}` could not be changed because of how it is written: docs/integrate/cloudformation-and-sam.md of Windlass has what it needs", stacks::id(&it.piece))));
            }
        }
        let parameter = environment.strip_prefix("!Ref ").unwrap_or_default();
        let why = super::lacking::unfit(&sam.value["Parameters"][parameter], application);
        edits.extend(edit.map(|mut edit| {
            edit.notes.extend(why.map(|why| {
                format!(
                    "the tag `windlass:environment` in `{path}` has the value of the parameter `{parameter}`, {why}"
                )
            }));
            edit
        }));
    }
    edits
}

/// Returns whether a function may be changed; a note says why not. Where the template has it under another name than the
/// target's, the target is elsewhere, and not covered.
fn is_taken_up(
    application: &InitApplication,
    sam: &SamTemplate,
    component: &InitComponent,
    notes: &mut Vec<String>,
    covered: &mut Vec<String>,
) -> bool {
    let (id, path) = (stacks::id(&component.piece), &component.piece.file);
    let properties = sam.properties(id);
    let owner = properties["Tags"]["windlass:app"].as_str().filter(|app| !app.contains("${"));
    let is_another = match &component.target {
        InitTarget::Function { function, .. } => {
            name_fit(application, properties["FunctionName"].as_str(), function) == Fit::Other
        }
        _ => false,
    };
    let why = if owner.is_some_and(|app| app != application.app) {
        let (app, name) = (&application.app, &component.name);
        format!(
            "its tag `windlass:app` names another application than `{app}`: leave `{name}` out of app.yaml, or hand the function over first (docs/let-go.md of Windlass)"
        )
    } else if is_another {
        format!(
            "its `FunctionName` is not the target of `{}`, for which `windlass-targets.sh` has what it needs",
            component.name
        )
    } else if sam.has_unknown_alias(id) {
        "only CloudFormation knows its `AutoPublishAlias`: docs/integrate/cloudformation-and-sam.md of Windlass has what it needs".to_owned()
    } else {
        return true;
    };
    if !is_another {
        covered.push(component.name.clone());
    }
    notes.push(format!("`{id}` of `{path}` is left as it is, because {why}"));
    false
}

/// Notes the functions that are no components here, and that SAM publishes only because of `Globals`.
fn others(sam: &SamTemplate, own: &[&InitComponent], path: &str) -> Vec<String> {
    let others = sam
        .published_by_globals()
        .into_iter()
        .filter(|(id, _)| !own.iter().any(|component| stacks::id(&component.piece) == id));
    let notes = others.map(|(id, alias)| format!("`{id}` of `{path}` is no component, and has its alias by `Globals`: write `AutoPublishAlias: {alias}`, and the `DeploymentPreference` of `Globals` where there is one, into its own properties before you deploy, because CloudFormation deletes the alias else"));
    notes.collect()
}

/// Notes the members that publish and shift and were not taken out, because they are merged from elsewhere.
fn left(sam: &SamTemplate, component: &InitComponent) -> Vec<String> {
    let properties = sam.properties(stacks::id(&component.piece));
    let there = OTHERS.iter().filter(|other| !properties[**other].is_null());
    let notes = there.map(|other| {
        format!(
            "`{other}` of `{}` in `{}` comes from another place of the template: take it out before you deploy, because SAM publishes and shifts as long as it is there",
            stacks::id(&component.piece),
            component.piece.file
        )
    });
    notes.collect()
}

/// Returns the logical id under which SAM makes the alias of a function. An id has letters and digits alone (source of
/// AWS SAM, `_construct_alias`).
fn made_id(function: &str, alias: &str) -> String {
    format!("{function}Alias{}", alias.replace('-', "D").replace('_', "U"))
}

/// Returns the changes that take members out of a map.
fn without(text: &str, map: &Node, is_out: impl Fn(&(Node, Node)) -> bool) -> Vec<TextChange> {
    let members = map.members();
    let mut places = Vec::new();
    if map.is_flow {
        let kept = members.iter().rposition(|member| !is_out(member));
        let before = members.windows(2).take(kept.unwrap_or_default());
        places.extend(before.filter(|pair| is_out(&pair[0])).map(|pair| pair[0].0.place.start..pair[1].0.place.start));
        let rest = kept.map_or(members, |kept| &members[kept + 1..]);
        if let [(first, _), ..] = rest {
            let begin = kept.map_or(first.place.start, |kept| members[kept].1.place.end);
            places.extend(rest.last().map(|(_, last)| begin..last.place.end));
        }
    } else {
        let out = members.iter().filter(|member| is_out(member));
        places.extend(out.map(|(key, value)| {
            let (begin, end) = (line_start(text, key.place.start), member_end(text, key, value));
            // The break before it goes, and the one behind it stays for what is put there.
            let before = text.get(..begin).unwrap_or_default();
            let kept = before.strip_suffix("\r\n").or_else(|| before.strip_suffix('\n'));
            kept.map_or(begin..next_line(text, end), |kept| kept.len()..end)
        }));
    }
    places.into_iter().map(|place| (place, String::new())).collect()
}

/// A template that is changed.
struct Work<'a> {
    path: &'a str,
    text: &'a str,
    root: &'a Node,
    sam: &'a SamTemplate,
    environment: String,
    app: &'a str,
    changes: Vec<TextChange>,
}

impl Work<'_> {
    /// Changes these functions; `None` where the template would not say what it said before.
    fn changed(mut self, own: &[&InitComponent]) -> Option<Edit> {
        let (path, text) = (self.path, self.text);
        let mut notes = others(self.sam, own, path);
        self.take_out_of_globals();
        let mut written = Vec::new();
        for component in own {
            written.extend(self.function(component, &mut notes));
        }
        self.refer(&written);
        let edit = Edit::new(path, text, self.changes);
        if !is_sound(text, &edit.after, &written) {
            return None;
        }
        notes.extend(written.iter().filter_map(|it| newest(text, it, path)));
        let after = SamTemplate::read(&edit.after).unwrap_or_default();
        notes.extend(own.iter().flat_map(|component| left(&after, component)));
        Some(Edit { notes, ..edit })
    }

    /// SAM refuses a key that is left empty, so such a one goes as well.
    fn take_out_of_globals(&mut self) {
        let globals = self.root.member("Globals").map(|(_, globals)| globals);
        let function = globals.and_then(|globals| globals.member("Function")).map(|(_, function)| function);
        let whole = &self.sam.value;
        let values = [whole, &whole["Globals"], &whole["Globals"]["Function"]];
        let maps = [Some(self.root), globals, function];
        for ((map, value), only) in maps.into_iter().zip(values).zip([Some("Globals"), Some("Function"), None]) {
            let is_out = |name: &str| is_taken(name, &value[name]) && only.is_none_or(|only| only == name);
            let taken = map.map(|map| without(self.text, map, |(key, _)| key.text().is_some_and(is_out)));
            if let Some(taken) = taken.filter(|taken| !taken.is_empty()) {
                self.changes.extend(taken);
                return;
            }
        }
    }

    /// Changes a function. Returns what is written out in place of what SAM made of it.
    fn function(&mut self, component: &InitComponent, notes: &mut Vec<String>) -> Option<WrittenOut> {
        let InitTarget::Function { alias, .. } = &component.target else { return None };
        let (path, text) = (self.path, self.text);
        let id = stacks::id(&component.piece);
        let resources = self.root.member("Resources").map(|(_, resources)| resources).filter(|it| !it.is_flow);
        let Some((resources, (key, function))) = resources.and_then(|all| Some((all, all.member(id)?))) else {
            notes.push(format!("`{id}` of `{path}` could not be found: docs/integrate/cloudformation-and-sam.md of Windlass has what it needs"));
            return None;
        };
        if let Some((_, properties)) = function.member("Properties") {
            self.changes
                .extend(without(text, properties, |(key, _)| key.text().is_some_and(|it| OTHERS.contains(&it))));
            if properties.member("Events").is_some() {
                notes.push(format!("the events of `{id}` reach the function past its alias: write them as resources that name the alias (docs/integrate/cloudformation-and-sam.md of Windlass, \"SAM\")"));
            }
        }
        if !self.tag(function) {
            notes.push(format!(
                "the tags of `{id}` in `{path}` could not be added: add `windlass:app` and `windlass:environment`"
            ));
        }
        let former = match &component.piece.runs {
            Runs::Function { alias, .. } => alias.as_deref(),
            _ => None,
        };
        // SAM made the alias under this id, whose name was its own or that of `Globals`: CloudFormation keeps it then.
        let live = former.map_or_else(|| format!("{id}Live"), |alias| made_id(id, alias));
        let known = [&live, &format!("{id}FirstVersion"), &made_id(id, alias)];
        // An earlier run's patch is applied, or somebody wrote the alias or the version.
        if known.iter().any(|known| resources.member(known).is_some()) || self.sam.own_alias(id).is_some() {
            return None;
        }
        let end = member_end(text, key, function);
        self.changes.push((end..end, published(id, &live, alias, indent(text, key.place.start))));
        let ids = [live, format!("{id}FirstVersion")];
        let written = former.map(|_| WrittenOut { function: id.to_owned(), ids });
        if written.is_some() {
            notes.push(format!("SAM has made a version of `{id}` under an id of its own: write that id in place of `{id}FirstVersion` (`aws cloudformation list-stack-resources` shows it: `{id}Version` with a hash), because CloudFormation publishes the same code no second time"));
        }
        written
    }

    /// Adds the tags of a function. Returns `false` where that is not possible.
    fn tag(&mut self, function: &Node) -> bool {
        let own = self.text.get(function.place.clone()).unwrap_or_default();
        let tags = [("windlass:app", self.app), ("windlass:environment", self.environment.as_str())];
        let new = tags.iter().filter(|(key, _)| !own.contains(key));
        let tags: Vec<String> = new.map(|(key, value)| format!("\"{key}\": {value}")).collect();
        if tags.is_empty() {
            return true;
        }
        let Some((key, properties)) = function.member("Properties").filter(|(_, it)| it.is_plain_map()) else {
            return false;
        };
        let Some((known, tagged)) = properties.member("Tags") else {
            let tags = if properties.is_flow {
                vec![format!("Tags: {{{}}}", tags.join(", "))]
            } else {
                std::iter::once("Tags:".to_owned()).chain(tags.iter().map(|tag| format!("  {tag}"))).collect()
            };
            self.put(key, properties, &tags);
            return true;
        };
        // A function of CloudFormation has no further members.
        let is_made = |(key, _): &(Node, Node)| key.text().is_none_or(|name| name == "Ref" || name.starts_with("Fn::"));
        if !tagged.is_plain_map() || tagged.members().iter().any(is_made) {
            return false;
        }
        self.put(known, tagged, &tags);
        true
    }

    /// Puts members before those of a map: lines of their own below its key, or behind its brace.
    fn put(&mut self, key: &Node, map: &Node, members: &[String]) {
        if map.is_flow {
            let (at, between) = (map.place.start + 1, if map.members().is_empty() { "" } else { ", " });
            self.changes.push((at..at, format!("{}{between}", members.join(", "))));
            return;
        }
        let inward = " ".repeat(indent(self.text, map.place.start));
        let at = line_end(self.text, key.place.end);
        let line = format!("\n{inward}");
        self.changes.push((at..at, format!("{line}{}", members.join(&line))));
    }

    /// Replaces all references to what SAM made.
    fn refer(&mut self, written: &[WrittenOut]) {
        for node in self.root.all() {
            let was = self.text.get(node.place.clone()).unwrap_or_default();
            match &node.part {
                NodeContent::Scalar(_) => {
                    let new = written.iter().fold(was.to_owned(), |text, it| it.replaced(&text));
                    if new != was {
                        self.changes.push((node.place.clone(), new.replace("\r\n", "\n")));
                    }
                }
                NodeContent::List(pair) => {
                    let texts: Vec<&str> = pair.iter().filter_map(Node::text).collect();
                    let new = written.iter().find_map(|it| it.replaced_pair(&texts)).into_iter().flatten();
                    self.changes.extend(pair.iter().map(|part| part.place.clone()).zip(new));
                }
                NodeContent::Map(_) | NodeContent::Alias => {}
            }
        }
    }
}

/// Notes that references to the version that SAM made lead to another one, which is the newest no longer.
fn newest(text: &str, written: &WrittenOut, path: &str) -> Option<String> {
    let (version, id) = (format!("{}.Version", written.function), written.ids.last()?);
    let is_named = text.lines().any(|line| line.contains(&version) && written.replaced(line) != line);
    is_named.then(|| {
        format!(
            "`{version}` in `{path}` exists only with `AutoPublishAlias`, and was the newest version: `{id}` stands in its place, which no release changes. Take out what needs the newest one, such as an alarm on `ExecutedVersion`"
        )
    })
}

/// Returns the version and the alias, as the document has them.
fn published(id: &str, live: &str, alias: &str, inward: usize) -> String {
    let (_, text) = block(TEMPLATES, "# no AutoPublishAlias").split_once("FirstVersion:").unwrap_or_default();
    let text = format!("FirstVersion:{text}")
        .replace("FirstVersion", &format!("{id}FirstVersion"))
        .replace("!Ref Function", &format!("!Ref {id}"))
        .replace("Live:", &format!("{live}:"))
        .replace("Name: live", &format!("Name: {alias}"));
    let lines = text
        .trim_end()
        .lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("\n{}{line}", " ".repeat(inward)) });
    std::iter::once("\n".to_owned()).chain(lines).collect()
}
