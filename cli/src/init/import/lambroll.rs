//! lambroll's `function.json`: the function, which callers reach by the alias that lambroll moves; and Jsonnet that is
//! data alone, which lambroll and ecspresso take.

use crate::ground::output;
use crate::init::import::expression::of_go;
use crate::init::import::members::Found;
use crate::init::import::{Imported, UnreadMembers, broken, image_change, repository};
use crate::init::names::name;
use serde_json::{Value, json};
use std::path::Path;
use windlass_domain::declaration::UNWRITTEN;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::document::syntax::{self, UniqueKeys};

/// The alias that lambroll moves where no option names another one.
const ALIAS: &str = "current";

/// The largest file, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Reads the file.
///
/// # Errors
/// The sentence that says what is wrong with it.
pub fn import(text: &str) -> Result<Imported, String> {
    let document = syntax::json("the file", text, LARGEST).map_err(|finding| {
        let why = broken(&finding);
        // What is JSON has no expression that is left to render.
        if serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')).is_ok() {
            return format!("{why}. {}", output::text(&finding.remedy).trim_end_matches('.'));
        }
        format!("{why}. Write what `lambroll render` prints into a file, and import that")
    })?;
    let mut imported = Imported::default();
    let mut file = UnreadMembers::written(document, text, "");
    let function = file.text(&["FunctionName"]).map_err(|other| other.sentence("the file"))?;
    let named = function.ok_or("it has no `FunctionName`")?;
    let (function, qualifier) = name_and_qualifier(&named);
    let mut rendered = |text: &str| {
        of_go(text, &mut imported).map_err(|expression| {
            format!(
                "`FunctionName` of the file has `{expression}`, which lambroll alone renders: write what `lambroll render` \
                 prints into a file, and import that"
            )
        })
    };
    let function = rendered(function)?;
    // A version and `$LATEST` are no aliases.
    let is_alias = |qualifier: &&str| !qualifier.starts_with('$') && !qualifier.bytes().all(|c| c.is_ascii_digit());
    let alias = qualifier.filter(is_alias).map(rendered).transpose()?;
    if named.contains(":function:") {
        file.set_aside(&["FunctionName"]);
        imported.change(format!(
            "`FunctionName` of the file is `{named}`, of which its name alone is carried over: it is looked for in the \
             account and the region of the environment"
        ));
    }
    let component = match function.replace(['{', '}'], "-") {
        made if name(&made) == "function-name" => "api".to_owned(),
        other => other,
    };
    let moved = alias.as_deref().unwrap_or(ALIAS);
    let mut written = json!({"kind": KindName::Lambda, "function": function, "alias": moved});
    image(&mut file, &mut written, &mut imported);
    imported.carry(&file, "the file");
    let here = alias.map(|alias| format!(", and `FunctionName` names `{alias}`")).unwrap_or_default();
    imported.note(format!(
        "lambroll moves the alias `{ALIAS}` unless `--alias` names another one{here}: write here the alias that your callers \
         use"
    ));
    let code = file.aside(&["Code"]);
    if !code.is_null() {
        let left = UnreadMembers::new(json!({"Code": code})).left().unwrap_or_default();
        imported.note(format!("{left}: a release brings the function's code"));
    }
    if file.takes_out("Publish") {
        imported.note(
            "`Publish` of the file: lambroll's own, and no property of the function: a release publishes a version where \
             the code is new",
        );
    }
    if let Some(left) = file.left() {
        imported.note(format!(
            "{left} stay as the function has them: Windlass changes its code and its alias alone, and your infrastructure code \
             sets the rest"
        ));
    }
    if let Some(rendered) = file.rendered() {
        imported.note(format!(
            "{rendered}: lambroll renders them at each deploy, and no release changes them: set new values with your \
             infrastructure code"
        ));
    }
    imported.add(&component, written);
    Ok(imported)
}

/// Returns the name of a function, and the alias or version behind it, out of an ARN or a part of one (AWS Lambda API
/// Reference, "CreateFunction"); any other text is a name.
fn name_and_qualifier(named: &str) -> (&str, Option<&str>) {
    let Some((_, rest)) = named.split_once(":function:") else { return (named, None) };
    rest.split_once(':').map_or((rest, None), |(name, qualifier)| (name, Some(qualifier)))
}

/// Writes the repository of a function that is an image, by which the declaration says that it is one.
fn image(file: &mut UnreadMembers, written: &mut Value, imported: &mut Imported) {
    let package = file.text(&["PackageType"]);
    let package = imported.of_type(package, "the file", "write `repository` where the function is an image");
    let mut is_image = package.as_deref() == Some("Image");
    if let Some(other) = package.filter(|package| !["Image", "Zip"].contains(&package.as_str())) {
        file.set_aside(&["PackageType"]);
        imported.note(format!(
            "`PackageType` of the file is `{other}`, which is neither `Image` nor `Zip`: write `repository` where the \
             function is an image"
        ));
    }
    let image = file.text(&["Code", "ImageUri"]);
    // One of another type is an image as well. A member without a value is as one that is not there.
    let is_there = match &image {
        Ok(image) => image.is_some(),
        Err(other) => other.member == "Code.ImageUri" && other.found != Found::Nothing,
    };
    is_image |= is_there;
    let image = imported.of_type(image, "the file", "write `repository`");
    let known = image.as_deref().and_then(repository);
    match image {
        Some(image) => {
            file.set_aside(&["Code", "ImageUri"]);
            match &known {
                Some(known) => imported.change(format!("`Code.ImageUri` of the file: {}", image_change(&image, known))),
                None => imported
                    .note(format!("the image `{image}` is from no known repository of Amazon ECR: write `repository`")),
            }
        }
        None if is_image && !is_there => {
            file.set_aside(&["PackageType"]);
            imported.note("the function is an image, and the file does not name it: write `repository`");
        }
        _ => {}
    }
    if is_image {
        written["repository"] = json!(known.as_deref().unwrap_or(UNWRITTEN));
    }
}

/// Returns a file of Jsonnet as JSON, and any other file as it is.
///
/// # Errors
/// The sentence that says why it has to be evaluated, or what is wrong with it.
pub fn as_json(path: &Path, text: String) -> Result<String, String> {
    if path.extension().is_none_or(|extension| extension != "jsonnet") {
        return Ok(text);
    }
    let text = with_slashes(&text);
    let UniqueKeys(data) = json5::from_str(&text).map_err(|error| match json5::from_str::<Value>(&text) {
        // It is data, but for a key that is there twice.
        Ok(_) => error.to_string(),
        Err(_) => format!("it is Jsonnet, and more than data: {error}"),
    })?;
    Ok(data.to_string())
}

/// Returns Jsonnet with `//` in place of each `#` that begins a comment, as JSON5 has it (Jsonnet, "Specification",
/// "Lexing").
fn with_slashes(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => {
                written.push_str("//");
                rest = &rest[1..];
                rest.find('\n').unwrap_or(rest.len())
            }
            '"' | '\'' => quoted(rest, first),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            other => other.len_utf8(),
        };
        let (taken, left) = rest.split_at(length);
        written.push_str(taken);
        rest = left;
    }
    written
}

/// Returns the length of the text in quotes with which this one begins.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + quote.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_function_is_an_image_where_the_file_has_one_or_says_so() {
        for (more, wanted) in [
            (r#""Role": "r""#, None),
            (r#""Code": null"#, None),
            (r#""Code": "x""#, None),
            (r#""Code": {"ImageUri": null, "S3Bucket": "b"}"#, None),
            (r#""Code": {"ImageUri": 5}"#, Some(UNWRITTEN)),
            (r#""PackageType": "Zip""#, None),
            (r#""PackageType": "Image", "Code": null"#, Some(UNWRITTEN)),
        ] {
            let imported = import(&format!("{{\"FunctionName\": \"f\", {more}}}")).unwrap();
            assert_eq!(imported.components["f"]["repository"].as_str(), wanted, "{more}");
        }
    }

    #[test]
    fn an_arn_is_a_name_and_an_alias() {
        const ARN: &str = "arn:aws:lambda:{{ must_env `REGION` }}:111111111111:function:";
        for (named, name, function, alias) in [
            ("hello".to_owned(), "hello", "hello", "current"),
            (format!("{ARN}hello"), "hello", "hello", "current"),
            (format!("{ARN}hello:live"), "hello", "hello", "live"),
            (format!("{ARN}hello:7"), "hello", "hello", "current"),
            (format!("{ARN}hello:$LATEST"), "hello", "hello", "current"),
            ("111111111111:function:hello:live".to_owned(), "hello", "hello", "live"),
            (format!("{ARN}{{{{ must_env `STAGE` }}}}-hello"), "stage-hello", "{stage}-hello", "current"),
        ] {
            let imported = import(&json!({"FunctionName": named}).to_string()).unwrap();
            let wanted = json!({"kind": "lambda", "function": function, "alias": alias});
            assert_eq!(imported.components, BTreeMap::from([(name.to_owned(), wanted)]), "{named}");
            assert!(!imported.vars.contains_key("region"), "{named}");
        }
    }

    #[test]
    fn a_key_that_is_there_twice_is_kept_once() {
        let text = "{\"FunctionName\": \"a\", \"FunctionName\": \"b\"}";
        let finding = syntax::json("the file", text, LARGEST).unwrap_err();
        let wanted = format!("{}. Keep one of the two, with everything that belongs to it", broken(&finding));
        assert_eq!(import(text), Err(wanted));
        let text = "{\"FunctionName\": {{ must_env `A` }}}";
        let finding = syntax::json("the file", text, LARGEST).unwrap_err();
        let wanted = format!("{}. Write what `lambroll render` prints into a file, and import that", broken(&finding));
        assert_eq!(import(text), Err(wanted));
    }

    #[test]
    fn an_instruction_to_lambroll_does_not_stay_as_the_function_has_it() {
        const OWN: &str = "`Publish` of the file: lambroll's own, and no property of the function: a release publishes a \
                           version where the code is new";
        for publish in ["true", "false", "null"] {
            let imported = import(&format!("{{\"FunctionName\": \"f\", \"Publish\": {publish}}}")).unwrap();
            // The first note is about the alias.
            assert_eq!(imported.notes[1..], [OWN], "{publish}");
        }
    }

    #[test]
    fn data_is_json_and_what_has_to_be_evaluated_is_refused() {
        let file = Path::new("ecs-task-def.jsonnet");
        let text = "{\n  // why\n  cpu: '256', /* and */\n  \"memory\": 512,\n}\n".to_owned();
        let data: Value = serde_json::from_str(&as_json(file, text).unwrap()).unwrap();
        assert_eq!(data, serde_json::json!({"cpu": "256", "memory": 512}));
        for (text, wanted) in [
            (
                "// a\n# its name\n{ FunctionName: \"f\", /* s */ Timeout: 1, }",
                json!({"FunctionName": "f", "Timeout": 1}),
            ),
            ("#!/usr/bin/env jsonnet\n/*/ # */{a: 1} # \"end", json!({"a": 1})),
            (
                "{a: '#1', b: \"it's \\\"#2\\\"\", /* # \" */ c: 'x\\'#3', // # '\n d: '//'}",
                json!({"a": "#1", "b": "it's \"#2\"", "c": "x'#3", "d": "//"}),
            ),
            ("{\"größe\": '#ä', # ü\n}", json!({"größe": "#ä"})),
        ] {
            let data = as_json(file, text.to_owned()).map(|text| serde_json::from_str::<Value>(&text).unwrap());
            assert_eq!(data, Ok(wanted), "{text}");
        }
        for text in [
            "local a = 1; {cpu: a}",
            "{cpu: 1 # of two",
            "{cpu: @'c:\\', b: 1}",
            "{cpu: std.extVar('CPU')}",
            "{name: 'a' + 'b'}",
            "(import 'base.libsonnet') + {cpu: '256'}",
        ] {
            let why = as_json(file, text.to_owned()).unwrap_err();
            assert!(why.contains("it is Jsonnet, and more than data: "), "{text}: {why}");
        }
        let why = as_json(file, "{a: {b: 1, 'b': 2}}".to_owned()).unwrap_err();
        assert_eq!(why, "`b` is written twice in the same place at line 1 column 5");
        let yaml = "cpu: 256 # why\n".to_owned();
        assert_eq!(as_json(Path::new("task.yml"), yaml.clone()), Ok(yaml));
    }
}
