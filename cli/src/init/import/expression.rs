//! Expressions in the files of others, as variables of an environment: `{{ must_env `NAME` }}` and `${Name}`.

use crate::init::import::Imported;
use crate::init::names;
use std::collections::BTreeSet;
use windlass_domain::declaration::UNWRITTEN;
use windlass_domain::text::name::LONGEST;

/// Returns a text with the expressions of Go's templates as variables; a default becomes the value.
///
/// # Errors
/// The first expression that is more than a function and its arguments, such as `if`: only its own deployer makes a text
/// of it.
pub fn of_go(text: &str, imported: &mut Imported) -> Result<String, String> {
    if let Some(more) = more_than_a_value(text) {
        return Err(format!("{{{{{more}}}}}"));
    }
    let mut converted = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("{{") {
        let Some((expression, after)) = from.split_once("}}") else { return Ok(converted + before + "{{" + from) };
        // A mark takes the space in front of an expression away, or behind it (Go, package `text/template`).
        let begins = |text: &&str| text.starts_with(|c: char| c.is_ascii_whitespace());
        let (before, expression) = match expression.strip_prefix('-').filter(begins) {
            Some(expression) => (before.trim_ascii_end(), expression),
            None => (before, expression),
        };
        let ends = |text: &&str| text.ends_with(|c: char| c.is_ascii_whitespace());
        let (expression, after) = match expression.strip_suffix('-').filter(ends) {
            Some(expression) => (expression, after.trim_ascii_start()),
            None => (expression, after),
        };
        converted.push_str(before);
        let words = words(expression);
        let whole = words.join(" ");
        // The first two read the same variable of the process. All others differ by their function, too.
        let (read, name, value) = match words.as_slice() {
            [function, name, value] if function == "env" => (name, name, Some(value.clone())),
            [function, name] if ["env", "must_env"].contains(&function.as_str()) => (name, name, None),
            [_, name] => (&whole, name, None),
            _ => (&whole, &whole, None),
        };
        converted.push_str(&variable(read, name, value, imported));
        rest = after;
    }
    Ok(converted + rest)
}

/// The words of Go's templates that are no functions (Go, package `text/template`, "Actions").
const ACTIONS: [&str; 10] = ["if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"];

/// Returns the first expression that is an action, a comment, or has a pipe or a variable of the template.
fn more_than_a_value(text: &str) -> Option<&str> {
    let mut expressions = text.split("{{").skip(1).filter_map(|from| Some(from.split_once("}}")?.0));
    expressions.find(|expression| {
        let bare = expression.trim_start_matches('-').trim_ascii_start();
        let first = bare.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        // What is in quotes is an argument.
        let unquoted: String = bare.split(['`', '"']).step_by(2).collect();
        ACTIONS.contains(&first) || bare.starts_with("/*") || unquoted.contains(['|', '$'])
    })
}

/// Returns a text with the substitutions of CloudFormation as variables; the default of a parameter becomes the value.
pub fn of_cloudformation(text: &str, imported: &mut Imported) -> String {
    let mut converted = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        converted.push_str(before);
        let Some((name, after)) = from.split_once('}') else { return converted + "${" + from };
        let known = imported.expressions.get(name).cloned();
        let variable = known.unwrap_or_else(|| of_a_stack(name, imported));
        converted.extend(["{", variable.as_str(), "}"]);
        rest = after;
    }
    converted + rest
}

/// Returns the variable that stands for a value of a stack.
fn of_a_stack(name: &str, imported: &mut Imported) -> String {
    let default = imported.defaults.get(name).cloned();
    let variable = added(name, name, default.clone(), &BTreeSet::new(), imported);
    imported.change(match default {
        Some(value) => {
            format!("`{name}` is `{value}` unless the stack has another value: look at `vars.{variable}` of each environment")
        }
        None => unknown(name, &variable),
    });
    variable
}

/// Returns the variable that stands for the name which CloudFormation gives a resource, and is called as no component of
/// another one. The caller says what to write.
pub fn of_a_resource(id: &str, imported: &mut Imported) -> String {
    if let Some(known) = imported.expressions.get(id) {
        return known.clone();
    }
    let components: BTreeSet<String> =
        imported.components.keys().map(|component| component.replace('-', "_")).collect();
    added(id, id, None, &components, imported)
}

fn unknown(named: &str, variable: &str) -> String {
    format!(
        "`{named}` is known only where that deployer runs: write its value as `vars.{variable}` of each environment"
    )
}

/// Returns the variable that stands for an expression, which no other expression has.
fn variable(expression: &str, named: &str, value: Option<String>, imported: &mut Imported) -> String {
    if let Some(variable) = imported.expressions.get(expression).cloned() {
        let kept = imported.vars.get(&variable).cloned().unwrap_or_default();
        if let Some(other) = value.filter(|value| *value != kept && kept != UNWRITTEN) {
            imported.change(format!(
                "`{named}` is `{kept}` in one place and `{other}` in another where nobody sets it: `vars.{variable}` is \
                 the first one in both"
            ));
        }
        return format!("{{{variable}}}");
    }
    let variable = added(expression, named, value.clone(), &BTreeSet::new(), imported);
    imported.change(match &value {
        Some(value) => format!(
            "`{named}` is `{value}` unless that deployer's process has another value: look at `vars.{variable}` of each \
             environment"
        ),
        None => unknown(named, &variable),
    });
    format!("{{{variable}}}")
}

/// Adds a variable that stands for an expression, with a value to be written where none is known. Its name is none of
/// `others`.
fn added(
    expression: &str,
    named: &str,
    value: Option<String>,
    others: &BTreeSet<String>,
    imported: &mut Imported,
) -> String {
    let mut variable = names::name(named).replace('-', "_");
    // Every declaration has variables of these names already.
    if ["app", "environment"].contains(&variable.as_str()) {
        variable += "_name";
    }
    let is_taken = |name: &str| imported.vars.contains_key(name) || others.contains(name);
    let variable = names::free(&variable, LONGEST, "_", is_taken);
    imported.vars.insert(variable.clone(), value.unwrap_or_else(|| UNWRITTEN.to_owned()));
    imported.expressions.insert(expression.to_owned(), variable.clone());
    variable
}

/// Splits an expression into its words: bare ones, and those in quotes or backticks.
fn words(expression: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in expression.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => {
                quote = None;
                words.push(std::mem::take(&mut word));
            }
            (None, '`' | '"') => quote = Some(letter),
            (None, ' ' | '\t' | '(' | ')' | '|') => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (_, letter) => word.push(letter),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_a_variable_and_its_default_the_value() {
        let mut imported = Imported::default();
        let converted = of_go("shop-{{ must_env `ENV` }}-{{ env `SIDE` `blue` }}{{must_env \"ENV\"}}", &mut imported);
        assert_eq!(converted.as_deref(), Ok("shop-{env}-{side}{env}"));
        assert_eq!(imported.vars["side"], "blue");
        assert_eq!(imported.vars["env"], "write-me");
        assert_eq!(of_go("{{ env `SIDE` `green` }}", &mut imported).as_deref(), Ok("{side}"));
        assert_eq!(
            imported.changed,
            [
                "`ENV` is known only where that deployer runs: write its value as `vars.env` of each environment",
                "`SIDE` is `blue` unless that deployer's process has another value: look at `vars.side` of each environment",
                "`SIDE` is `blue` in one place and `green` in another where nobody sets it: `vars.side` is the first one in \
                 both",
            ]
        );
        let converted = of_go("{{ tfstate `aws_ecr_repository.web.name` }}{{ broken", &mut imported);
        assert_eq!(converted.as_deref(), Ok("{aws_ecr_repository_web_name}{{ broken"));
        let converted = of_cloudformation("orders-${Stage}-fn", &mut imported);
        assert_eq!(converted, "orders-{stage}-fn");
        imported.defaults.insert("Environment".to_owned(), "dev".to_owned());
        let converted = of_cloudformation("orders-${Environment}-${Environment}", &mut imported);
        assert_eq!(converted, "orders-{environment_name}-{environment_name}");
        assert_eq!(imported.vars["environment_name"], "dev");
        assert_eq!(
            imported.changed.last().unwrap(),
            "`Environment` is `dev` unless the stack has another value: look at `vars.environment_name` of each environment"
        );
    }

    #[test]
    fn marks_trim_and_what_only_a_deployer_renders_is_refused() {
        for (text, wanted) in [
            ("a {{- must_env `A` -}} b", Ok("a{a}b")),
            ("a {{must_env `A` -}} b", Ok("a {a}b")),
            ("a {{- must_env `A`}} b", Ok("a{a} b")),
            ("{{ must_env `if|$` }}", Ok("{if}")),
            ("{{ iffy `A` }}", Ok("{a}")),
            ("{{ must_env `A` }}-{{ must_env `B` | lower }}", Err("{{ must_env `B` | lower }}")),
            ("web{{ if ne (must_env `A`) `b` }}-{{ env `C` `d` }}{{ end }}", Err("{{ if ne (must_env `A`) `b` }}")),
            ("{{- range $x := list }}", Err("{{- range $x := list }}")),
            ("{{end}}", Err("{{end}}")),
            ("{{ $a }}", Err("{{ $a }}")),
            ("{{/* why */}}", Err("{{/* why */}}")),
        ] {
            let mut imported = Imported::default();
            let read = of_go(text, &mut imported);
            assert_eq!(read.as_deref().map_err(String::as_str), wanted, "{text}");
            assert!(read.is_ok() || imported == Imported::default(), "{text}");
        }
    }
}
