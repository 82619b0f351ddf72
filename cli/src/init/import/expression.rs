//! Expressions in the files of others, as variables of an environment: `{{ must_env `NAME` }}` and `${Name}`.

use crate::init::import::Imported;
use windlass_domain::declaration::UNWRITTEN;

/// Returns a text with the expressions of Go's templates as variables; a default becomes the value.
pub fn of_go(text: &str, imported: &mut Imported) -> String {
    let mut converted = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("{{") {
        converted.push_str(before);
        let Some((expression, after)) = from.split_once("}}") else {
            return converted + "{{" + from;
        };
        let words = words(expression);
        let (name, value) = match words.as_slice() {
            [function, name, value, ..] if function == "env" => (name.clone(), Some(value.clone())),
            [_, name, ..] => (name.clone(), None),
            _ => (expression.to_owned(), None),
        };
        converted.push_str(&variable(&name, value, imported));
        rest = after;
    }
    converted + rest
}

/// Returns a text with the substitutions of CloudFormation as variables, except for `${AWS::…}`, which is noted.
pub fn of_cloudformation(text: &str, imported: &mut Imported) -> String {
    let mut converted = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        converted.push_str(before);
        let Some((name, after)) = from.split_once('}') else {
            return converted + "${" + from;
        };
        converted.push_str(&variable(name, None, imported));
        rest = after;
    }
    converted + rest
}

fn variable(name: &str, value: Option<String>, imported: &mut Imported) -> String {
    let mut variable = crate::init::import::name(name).replace('-', "_");
    // Every declaration has variables of these names already.
    if ["app", "environment"].contains(&variable.as_str()) {
        variable += "_name";
    }
    if !imported.vars.contains_key(&variable) {
        if value.is_none() {
            imported.note(format!(
                "`{name}` is known only where that deployer runs: write its value as `vars.{variable}` of each environment"
            ));
        }
        let value = value.unwrap_or_else(|| UNWRITTEN.to_owned());
        imported.vars.insert(variable.clone(), value);
    }
    format!("{{{variable}}}")
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
        assert_eq!(converted, "shop-{env}-{side}{env}");
        assert_eq!(imported.vars["side"], "blue");
        assert_eq!((imported.vars["env"].as_str(), imported.notes.len()), ("write-me", 1));
        let converted = of_go("{{ tfstate `aws_ecr_repository.web.name` }}{{ broken", &mut imported);
        assert_eq!(converted, "{aws_ecr_repository_web_name}{{ broken");
        let converted = of_cloudformation("orders-${Stage}-fn", &mut imported);
        assert_eq!(converted, "orders-{stage}-fn");
        let converted = of_cloudformation("orders-${Environment}", &mut imported);
        assert_eq!(converted, "orders-{environment_name}");
    }
}
