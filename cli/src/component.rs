//! Components as the command line names them: `web=dist.zip`, `web=dist/`, `agent=image:shop/agent:1.4.0`; and
//! containers of a service with several images: `agent/web=image:shop/web:1.4.0`.

use std::path::PathBuf;
use std::str::FromStr;
use windlass_domain::name::ComponentName;
use windlass_domain::part::Part;

/// A component, or a container of one, with the bytes that it is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentArgument {
    /// Its name.
    pub part: Part,
    /// Its bytes.
    pub source: Source,
}

/// The place of a component's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, or a folder that is put into an archive.
    Path(PathBuf),
    /// An image that is in its repository already.
    Image(String),
}

impl FromStr for ComponentArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, source) = text.split_once('=').ok_or_else(|| {
            "write `<component>=<file or folder>` or `<component>=image:<repository>:<tag>`".to_owned()
        })?;
        let part = match name.split_once('/') {
            None => ComponentName::new(name).map_err(|error| error.to_string())?.into(),
            Some(_) => Part::try_from(name.to_owned()).map_err(|error| error.to_string())?,
        };
        let source = match source.strip_prefix("image:") {
            _ if source.is_empty() => return Err(format!("nothing is given for `{name}`")),
            Some("") => return Err(format!("`{name}` names no image")),
            Some(image) => Source::Image(image.to_owned()),
            None if part.container.is_some() => {
                return Err(format!("`{name}` takes an image: write `{name}=image:<repository>:<tag>`"));
            }
            None => Source::Path(PathBuf::from(source)),
        };
        Ok(Self { part, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Result<Source, String> {
        text.parse().map(|parsed: ComponentArgument| parsed.source)
    }

    #[test]
    fn a_component_is_a_path_or_an_image() {
        assert_eq!(source("web=dist.zip"), Ok(Source::Path("dist.zip".into())));
        assert_eq!(source("web=a=b/"), Ok(Source::Path("a=b/".into())));
        let image = source("agent=image:shop/agent:1.4.0");
        assert_eq!(image, Ok(Source::Image("shop/agent:1.4.0".into())));
        let image = source("agent/web=image:shop/web:1.4.0");
        assert_eq!(image, Ok(Source::Image("shop/web:1.4.0".into())));
    }

    #[test]
    fn anything_else_is_told() {
        for text in [
            "web",
            "Web=dist.zip",
            "=dist.zip",
            "web=",
            "agent=image:",
            "agent/web=dist.zip",
            "agent/=image:shop/web:1",
        ] {
            assert!(source(text).is_err(), "{text}");
        }
    }
}
