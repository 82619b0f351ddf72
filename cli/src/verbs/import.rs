//! `windlass import`: makes a declaration from the files of another deployer.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine::{self, shown};
use crate::ground::output::{VerbOutput, error, text as in_words, unwritten};
use crate::ground::trouble::TroubleName;
use crate::init::declaration;
use crate::init::import::lambroll::{self, as_json};
use crate::init::import::{Imported, ecspresso, sam};
use crate::init::names::name;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use windlass_domain::declaration::Declaration;
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The deployer whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// `ecspresso.yml`, with the definitions that it names.
    Ecspresso,
    /// `function.json` of lambroll.
    Lambroll,
    /// A template of AWS SAM with `DeploymentPreference`.
    Sam,
}

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Import {
    /// The deployer whose file it is.
    #[arg(value_enum)]
    from: From,
    /// Its file.
    file: PathBuf,
    /// The application's name; else it is made of the first component's.
    #[arg(long, value_name = "NAME")]
    app: Option<AppName>,
    /// The environment that the file is of.
    #[arg(long, value_name = "NAME", default_value = "prod")]
    environment: EnvironmentName,
    /// Write the schema of declarations into this file, and name it in the first line, for editors.
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
}

impl Import {
    /// Prints the declaration. The three lists of what became of the file's members stand at its top, and on standard
    /// error. The exit status is that of `windlass validate` for the printed text: 3 where a person has to write
    /// something before it is valid.
    ///
    /// # Errors
    /// If a file cannot be read, or is not of that deployer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let imported = self.read()?;
        let first = imported.components.keys().next().cloned().unwrap_or_default();
        let app = self.app.as_ref().map_or_else(|| name(&first), ToString::to_string);
        let file = shown(&self.file);
        let text = imported.text(&app, self.environment.as_str(), &file);
        let text = self.with_schema(text)?;
        let findings = Declaration::parse(&text).err().unwrap_or_default();
        let Imported { carried, changed, notes, .. } = &imported;
        let document = json!({"text": text, "carried_over": carried, "carried_over_otherwise": changed,
            "not_carried_over": notes, "findings": findings});
        if !output.is_json() {
            for (list, entries) in [
                ("carried over", carried),
                ("carried over, with another meaning", changed),
                ("not carried over", notes),
            ] {
                for entry in entries {
                    error(&format!("{list}: {entry}"));
                }
            }
            for finding in &findings {
                error(&format!("not valid yet: {}", in_words(&finding.line())));
            }
        }
        output.document(&document, &text);
        // The exit status is that of `windlass validate` for the printed text.
        if findings.is_empty() { Ok(Exit::Good) } else { Ok(Exit::Rejected) }
    }

    /// Writes the schema's file, where one is asked for, and returns the declaration with the line that names it.
    fn with_schema(&self, text: String) -> Result<String, Failure> {
        let Some(path) = &self.schema else { return Ok(text) };
        std::fs::write(path, declaration::schema_text()).map_err(|error| unwritten(path, &error))?;
        Ok(format!("{}\n{text}", declaration::schema_line(&shown(path))))
    }

    fn read(&self) -> Result<Imported, Failure> {
        let text = machine::text(&self.file).map_err(|why| {
            Failure::of(
                TroubleName::FileNotRead,
                format!("{why}. Name the file as it lies here, or from another folder by its path"),
            )
        })?;
        let folder = self.file.parent().map(PathBuf::from).unwrap_or_default();
        let beside = |path: &str| {
            let path = folder.join(path);
            let text = machine::text(&path)?;
            as_json(&path, text).map_err(|why| format!("`{}` cannot be read: {why}", shown(&path)))
        };
        let imported = match self.from {
            From::Ecspresso => as_json(&self.file, text)
                .map_err(|why| {
                    format!("{why}. Write what `ecspresso render config` prints into a file, and import that")
                })
                .and_then(|text| ecspresso::import(&text, &beside)),
            From::Lambroll => as_json(&self.file, text)
                .map_err(|why| format!("{why}. Write what `lambroll render` prints into a file, and import that"))
                .and_then(|text| lambroll::import(&text)),
            From::Sam => sam::import(&text),
        };
        imported.map_err(|why| {
            let file = shown(&self.file);
            Failure::of(TroubleName::FileNotRead, format!("`{file}` cannot be imported: {why}"))
        })
    }
}
