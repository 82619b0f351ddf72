//! The command line packs a stack: a folder `cdk.out`, a folder of `sam build` or a template becomes one archive, with
//! the template and the files that it names.

pub mod assembly;
pub mod built;
pub mod images;
pub mod manifest;
pub mod template;

use crate::ground::machine;
use crate::ground::packing::ZIP;
use crate::stack::assembly::Assembly;
use crate::stack::built::{BuiltStack, WantedStack, archive};
use crate::stack::images::StackImage;
use crate::stack::manifest::MANIFEST;
use std::collections::BTreeMap;
use std::path::Path;
use windlass_domain::declaration::kinds::StackNames;
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// The names of a template in a folder of `sam build`.
const TEMPLATES: [&str; 3] = ["template.yaml", "template.yml", "template.json"];

/// The folder that `sam build` makes.
const SAM_BUILD: &str = ".aws-sam/build";

/// A build that was packed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackedStack {
    /// The archive; empty where findings say why none was made.
    pub bytes: Vec<u8>,
    /// Everything that is wrong with the build.
    pub findings: Vec<Finding>,
    /// The images that its templates name.
    pub images: Vec<StackImage>,
}

/// Returns the names of a component that is a stack.
pub fn names<'d>(component: &ComponentName, declared: &'d ResolvedEnvironment) -> Option<StackNames<'d>> {
    declared.components.get(component)?.spec.as_kind().built_stack()
}

/// Returns whether bytes may be a template, so that it matters what their component is.
pub fn may_be_template(bytes: &[u8]) -> bool {
    let named = b"Resources";
    !bytes.starts_with(ZIP) && bytes.windows(named.len()).any(|window| window == named)
}

/// Packs what was built for a component that is a stack, and for the others that are packed with it; `None` for any
/// other component, and for a file that is an archive. `given` is how findings call it.
///
/// # Errors
/// A sentence that names what cannot be read.
pub fn pack(
    path: &Path,
    given: &str,
    component: &ComponentName,
    declared: Option<&ResolvedEnvironment>,
) -> Result<Option<PackedStack>, String> {
    let stack = declared.and_then(|declared| Some((declared, names(component, declared)?)));
    let Some((declared, names)) = stack else { return Ok(None) };
    if !path.is_dir() && machine::beginning(path, ZIP.len() as u64)?.starts_with(ZIP) {
        return Ok(None);
    }
    let others = declared.components.iter().filter_map(|(name, other)| {
        let names = other.spec.as_kind().built_stack()?;
        (names.packed_with == Some(component)).then_some((name, names))
    });
    let mut packed = PackedStack::default();
    let build = Build::of(path)?;
    let own = build.stack(&WantedStack { component, names, declared, given }, &mut packed)?;
    let mut with = BTreeMap::new();
    for (component, names) in others {
        let other = build.stack(&WantedStack { component, names, declared, given }, &mut packed)?;
        with.insert(component.clone(), other);
    }
    if packed.findings.is_empty() {
        packed.bytes = archive(own, with)?;
    }
    Ok(Some(packed))
}

/// The build that a path names.
enum Build<'p> {
    /// A folder `cdk.out`.
    Cdk(Assembly),
    /// A template, with the folder of `sam build` that it is in.
    Template { text: String, name: String, built: Option<&'p Path> },
    /// A folder of another sort.
    Other,
}

impl<'p> Build<'p> {
    fn of(path: &'p Path) -> Result<Self, String> {
        if !path.is_dir() {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            let built = path.parent().filter(|folder| folder.ends_with(SAM_BUILD));
            return Ok(Self::Template { text: machine::text(path)?, name, built });
        }
        if path.join(MANIFEST).is_file() {
            return Assembly::read(path).map(Self::Cdk);
        }
        match TEMPLATES.into_iter().find(|name| path.join(name).is_file()) {
            Some(name) => {
                Ok(Self::Template { text: machine::text(&path.join(name))?, name: name.to_owned(), built: Some(path) })
            }
            None => Ok(Self::Other),
        }
    }

    /// Returns what it has for a stack, and notes what is wrong and which images it names.
    fn stack(&self, wanted: &WantedStack<'_>, packed: &mut PackedStack) -> Result<BuiltStack, String> {
        let findings = &mut packed.findings;
        Ok(match self {
            Self::Cdk(assembly) => {
                let (built, images) = assembly.built(wanted, findings)?;
                packed.images.extend(images);
                built
            }
            Self::Template { .. } if wanted.names.packed_with.is_some() => {
                let reason = format!("`{}` has one template, which is that of one component.", wanted.given);
                let remedy = "Remove `artifact`, and release a template for each of the two.";
                findings.push(Finding::bad_value(wanted.member("artifact"), reason, remedy));
                BuiltStack::default()
            }
            Self::Template { text, name, built } => template::read(text, (name.as_str(), *built), wanted, findings)?,
            Self::Other => {
                let path = format!("components.{}", wanted.component);
                let reason = format!("`{}` is no folder of `cdk synth`, and none of `sam build`.", wanted.given);
                findings.push(Finding::bad_value(path, reason, "Name `cdk.out`, `.aws-sam/build`, or a template."));
                BuiltStack::default()
            }
        })
    }
}
