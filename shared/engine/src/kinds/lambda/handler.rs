//! Checks whether a zip has the file that the runtime of a function begins with, and whether Lambda may read or run it.
//!
//! The runtime and the handler show which file that is. A layer, a variable of the environment or a link can bring it
//! too: then it is a warning that it is not there. Of a runtime that is not known here nothing is said.

use super::package::{FileFindings, ROOT};
use crate::kinds::archive::Entry;
use crate::ports::Function;
use windlass_domain::text::finding::{Finding, FindingName};

/// The file that a runtime begins with.
struct Beginning {
    /// Its path in the package, without an ending.
    stem: String,
    /// The endings that may follow, the usual one first.
    endings: &'static [&'static str],
    /// The end of the folders in which the runtime finds packages of others, if it looks for the handler there too.
    packages: Option<&'static str>,
    /// True if Lambda runs it as a program, whatever the handler says.
    is_program: bool,
    /// True if the function cannot run without it.
    is_sure: bool,
}

impl Beginning {
    /// Returns the file, by the rules of the runtime; `None` if they do not show one.
    fn of(runtime: &str, handler: &str) -> Option<Self> {
        let is = |family: &str| runtime.starts_with(family);
        let one = |stem: &str, endings: &'static [&'static str]| Self {
            stem: stem.to_owned(),
            endings,
            packages: None,
            is_program: false,
            is_sure: true,
        };
        // "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]", `Runtime.InvalidEntrypoint` (AWS
        // Lambda Developer Guide, "Building a custom runtime for AWS Lambda": an executable file at the root).
        if is("provided") {
            return Some(Self { is_program: true, ..one("bootstrap", &[""]) });
        }
        let handler = handler.strip_prefix(ROOT).unwrap_or(handler).trim_start_matches("./");
        if handler.starts_with('/') || handler.split('/').any(|part| part == "..") {
            return None;
        }
        // "Define Lambda function handler in Python": `directory.file.function` or `directory/file.function`.
        if is("python") {
            let (module, _) = handler.rsplit_once('.')?;
            let endings = &[".py", ".pyc", "/__init__.py", "/__init__.pyc"];
            return Some(one(&module.replace('.', "/"), endings));
        }
        // "Could not find the specified handler assembly … The assembly should be located in the root of your uploaded
        // .zip file" ("Define Lambda function handler in C#": `ASSEMBLY::TYPE::METHOD`, or the assembly alone).
        if is("dotnet") {
            return Some(one(handler.split("::").next()?, &[".dll"]));
        }
        // "Define Lambda function handler in Java": `package.Class::method`. The class may be in any library.
        if is("java") {
            let class = handler.split("::").next()?.replace('.', "/");
            return Some(Self { is_sure: false, ..one(&class, &[".class"]) });
        }
        let name = handler.rfind('/').map_or(0, |slash| slash + 1);
        let (stem, _) = handler.split_at(name + handler.get(name..)?.find('.')?);
        // "Define Lambda function handler in Node.js": `folder/file.export`. Where no file has one of these endings,
        // the runtime asks Node.js, which finds folders and packages as well (`UserFunction.js` in
        // github.com/aws/aws-lambda-nodejs-runtime-interface-client).
        if is("nodejs") {
            let endings = &[".js", ".mjs", ".cjs", "", "/index.js", "/package.json"];
            return Some(Self { packages: Some("node_modules/"), ..one(stem, endings) });
        }
        // "Define Lambda function handler in Ruby": `file.method` or `file.Class.method`.
        is("ruby").then(|| Self { packages: Some("/lib/"), ..one(stem, &[".rb"]) })
    }

    /// Returns whether this is a name of the file. A compiled module has its platform in its name.
    fn fits(&self, name: &str) -> bool {
        let is_module = |rest: &str| rest.starts_with('.') && rest.rsplit('.').next() == Some("so");
        let is_compiled = |rest: &str| is_module(rest) || rest.strip_prefix("/__init__").is_some_and(is_module);
        let name = name.trim_start_matches('/');
        name.strip_prefix(self.stem.as_str()).is_some_and(|rest| self.endings.contains(&rest) || is_compiled(rest))
    }

    /// Returns the folder in which a file lies that would fit at the root.
    fn folder_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        let mut parts = name.match_indices('/').map(|(at, _)| name.split_at(at + 1));
        parts.find(|(_, rest)| self.fits(rest)).map(|(folder, _)| folder)
    }

    /// Returns whether a package of others may bring it.
    fn is_brought_by(&self, name: &str) -> bool {
        // Nobody looks into a library of Java.
        let is_library = !self.is_sure && name.starts_with("lib/");
        let is_package = |folder: &str| self.packages.is_some_and(|packages| folder.ends_with(packages));
        is_library || self.folder_of(name).is_some_and(is_package)
    }

    /// Returns the folder of the package of Node.js that the handler names, as `@acme/api/handler` does.
    fn package(&self) -> Option<String> {
        let packages = self.packages.filter(|_| self.endings.contains(&"/package.json"))?;
        let depth = if self.stem.starts_with('@') { 2 } else { 1 };
        let named: Vec<&str> = self.stem.split('/').take(depth).collect();
        Some(format!("{packages}{}/", named.join("/")))
    }

    /// Returns the folder in which the files lie that were to be at the root.
    fn folder_around<'n>(&self, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        let folders = names.filter_map(|name| self.folder_of(name));
        let own = folders.filter(|folder| self.packages.is_none_or(|packages| !folder.contains(packages)));
        own.min_by_key(|folder| folder.len())
    }

    /// Returns the name that people give the file.
    fn name(&self) -> String {
        format!("{}{}", self.stem, self.endings.first().unwrap_or(&""))
    }

    /// Says that the file is not there, and where it is instead.
    fn missing(&self, archive: &str, folder: Option<&str>, is_sure: bool, function: &Function) -> Finding {
        let (name, Function { runtime, handler, .. }) = (self.name(), function);
        let looks = if self.is_program {
            format!("the runtime {runtime} runs `{name}`, which the archive lacks")
        } else {
            format!("the runtime {runtime} looks for the handler `{handler}` in `{name}`, which the archive lacks")
        };
        let is_there = folder.map_or_else(String::new, |folder| format!(": it is in `{folder}`"));
        let perhaps = if is_sure { "" } else { "; perhaps a layer, a link or a library brings it" };
        let remedy = match folder {
            Some(folder) => format!("pack what is in `{folder}`, without the folder around it"),
            None => format!("pack `{name}`, or let your infrastructure code name the handler that the archive has"),
        };
        let path = format!("{archive}: {name}");
        Finding::new(FindingName::BadArchive, path, format!("{looks}{is_there}{perhaps}"), remedy)
    }

    /// Says that Lambda may not read the file, or not run it.
    fn shut(&self, archive: &str, file: &Entry) -> Finding {
        let (what, mode) = if self.is_program { ("run", 755) } else { ("read", 644) };
        let has = file.permissions.map_or_else(
            || "the archive does not record that Lambda may run it".to_owned(),
            |bits| format!("its permissions are {bits:o}, by which Lambda may not {what} it"),
        );
        let path = format!("{archive}: {}", file.name);
        let remedy = format!("give it the permissions {mode} (`chmod {mode} {}`), and pack it again", file.name);
        Finding::new(FindingName::BadArchive, path, has, remedy)
    }
}

/// Checks the zip of a function by the function's runtime and handler.
pub(super) fn check_handler(archive: &str, entries: &[Entry], function: &Function) -> FileFindings {
    let mut findings = FileFindings::default();
    let Some(begin) = Beginning::of(&function.runtime, &function.handler) else { return findings };
    let files = || entries.iter().filter(|entry| !entry.folder);
    // .NET code that was compiled ahead of time is a program, also where a managed runtime runs it (AWS Lambda
    // Developer Guide, "Compile .NET Lambda function code to a native runtime format").
    if function.runtime.starts_with("dotnet") && files().any(|file| file.name == "bootstrap") {
        return findings;
    }
    let is_sure = begin.is_sure && !function.has_more_code;
    let found: Vec<&Entry> = files().filter(|file| begin.fits(&file.name)).collect();
    let Some(first) = found.first() else {
        if !files().any(|file| begin.is_brought_by(&file.name)) {
            // A package of Node.js says itself which of its files a name leads to (`exports`).
            let is_of_package = |file: &Entry| begin.package().is_some_and(|folder| file.name.starts_with(&folder));
            let is_sure = is_sure && !files().any(|file| file.is_link() || is_of_package(file));
            let folder = begin.folder_around(files().map(|file| file.name.as_str()));
            findings.add(is_sure, begin.missing(archive, folder, is_sure, function));
        }
        return findings;
    };
    let needed = if begin.is_program { 0o001 } else { 0o004 };
    if !found.iter().any(|file| file.allows(needed)) {
        findings.add(is_sure, begin.shut(archive, first));
    } else if begin.is_program && first.permissions.is_none() {
        findings.add(false, begin.shut(archive, first));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, permissions: Option<u32>) -> Entry {
        Entry { permissions, ..Entry::plain(name) }
    }

    fn function(runtime: &str, handler: &str) -> Function {
        Function { runtime: runtime.into(), handler: handler.into(), ..Function::default() }
    }

    /// Returns the result for files with the usual permissions: `runs`, `refused` or `warned`.
    fn checked(function: &Function, files: &[&str]) -> &'static str {
        let entries: Vec<Entry> = files.iter().map(|name| entry(name, Some(0o755))).collect();
        outcome(function, &entries)
    }

    fn outcome(function: &Function, entries: &[Entry]) -> &'static str {
        let checked = check_handler("api.zip", entries, function);
        match (checked.refused.len(), checked.warnings.len()) {
            (0, 0) => "runs",
            (1, 0) => "refused",
            (0, 1) => "warned",
            _ => panic!("{checked:?}"),
        }
    }

    #[test]
    fn a_zip_has_what_the_runtime_begins_with() {
        let table = [
            ("python3.13", "index.handler", "index.py", "runs"),
            ("python3.13", "index.handler", "index.pyc", "runs"),
            ("python3.13", "index.handler", "index.cpython-313-x86_64-linux-gnu.so", "runs"),
            ("python3.13", "index.handler", "index/__init__.py", "runs"),
            ("python3.13", "index.handler", "index/__init__.cpython-313-x86_64-linux-gnu.so", "runs"),
            ("python3.13", "index.handler", "/index.py", "runs"),
            ("python3.13", "src/app.main.handler", "src/app/main.py", "runs"),
            ("python3.13", "src.app.handler", "src/app.py", "runs"),
            ("python3.13", "index.handler", "index.html", "refused"),
            ("python3.13", "index.handler", "Index.py", "refused"),
            ("python3.13", "index.handler", "api/index.py", "refused"),
            ("python3.13", "index.handler", "index/", "refused"),
            ("nodejs22.x", "index.handler", "index.js", "runs"),
            ("nodejs22.x", "index.handler", "index.mjs", "runs"),
            ("nodejs22.x", "dist/app.min.handler", "dist/app.cjs", "runs"),
            ("nodejs22.x", "/var/task/dist/app.handler", "dist/app.js", "runs"),
            ("nodejs22.x", "./app.handler", "app.js", "runs"),
            ("nodejs22.x", "src.handler", "src/index.js", "runs"),
            ("nodejs22.x", "tracing/handler.handler", "node_modules/tracing/handler.js", "runs"),
            ("nodejs22.x", "index.handler", "node_modules/left-pad/index.js", "refused"),
            ("nodejs22.x", "@acme/api/handler.run", "node_modules/@acme/api/dist/handler.js", "warned"),
            ("nodejs22.x", "/app.handler", "a", "runs"),
            ("nodejs22.x", "index.handler", "index.ts", "refused"),
            ("nodejs22.x", "index.handler", "index.html", "refused"),
            ("nodejs22.x", "app.v2/index.handler", "app.v2/index.js", "runs"),
            ("ruby3.4", "app.Api::V1.process", "app.rb", "runs"),
            ("ruby3.4", "lib/app.process", "lib/app.rb", "runs"),
            ("ruby3.4", "app.process", "vendor/bundle/ruby/3.4.0/gems/app/lib/app.rb", "runs"),
            ("ruby3.4", "app.process", "main.rb", "refused"),
            ("dotnet8", "Shop.Api::Shop.Api.Handler::Run", "Shop.Api.dll", "runs"),
            ("dotnet8", "Shop.Api", "Shop.Api.dll", "runs"),
            ("dotnet8", "Shop.Api", "bootstrap", "runs"),
            ("dotnet8", "Shop.Api::Shop.Api.Handler::Run", "publish/Shop.Api.dll", "refused"),
            ("java21", "shop.Api::run", "shop/Api.class", "runs"),
            ("java21", "shop.Api", "lib/shop.jar", "runs"),
            ("java21", "shop.Api::run", "shop/Other.class", "warned"),
            ("provided.al2023", "anything", "bootstrap", "runs"),
            ("provided.al2023", "main", "main", "refused"),
            ("provided.al2023", "bootstrap", "bin/bootstrap", "refused"),
            // These say nothing of a file.
            ("", "", "index.js", "runs"),
            ("novel1", "index.handler", "a", "runs"),
            ("python3.13", "index", "a", "runs"),
            ("nodejs22.x", "index", "a", "runs"),
            ("nodejs22.x", "/opt/nodejs/tracing.handler", "a", "runs"),
            ("nodejs22.x", "../tracing.handler", "a", "runs"),
        ];
        for (runtime, handler, file, expected) in table {
            let function = function(runtime, handler);
            assert_eq!(checked(&function, &["readme.txt", file]), expected, "{runtime} {handler} {file}");
        }
    }

    #[test]
    fn what_something_else_may_bring_is_a_warning() {
        let python = function("python3.13", "index.handler");
        let more = Function { has_more_code: true, ..python.clone() };
        assert_eq!(checked(&more, &["readme.txt"]), "warned");
        assert_eq!(checked(&more, &["index.py"]), "runs");
        let link = Entry { special: Some("a symbolic link"), ..entry("src", Some(0o777)) };
        assert_eq!(outcome(&python, &[link]), "warned");
    }

    #[test]
    fn the_file_must_be_readable_and_a_program_executable() {
        let table = [
            ("python3.13", "index.py", Some(0o644), "runs"),
            ("python3.13", "index.py", Some(0o444), "runs"),
            ("python3.13", "index.py", Some(0o600), "refused"),
            ("python3.13", "index.py", Some(0o640), "refused"),
            ("python3.13", "index.py", None, "runs"),
            ("provided.al2023", "bootstrap", Some(0o755), "runs"),
            ("provided.al2023", "bootstrap", Some(0o555), "runs"),
            ("provided.al2023", "bootstrap", Some(0o644), "refused"),
            ("provided.al2023", "bootstrap", Some(0o700), "refused"),
            ("provided.al2023", "bootstrap", Some(0o744), "refused"),
            ("provided.al2023", "bootstrap", Some(0o711), "runs"),
            ("provided.al2023", "bootstrap", None, "warned"),
        ];
        for (runtime, file, permissions, expected) in table {
            let entries = [entry(file, permissions)];
            assert_eq!(outcome(&function(runtime, "index.handler"), &entries), expected, "{file} {permissions:?}");
        }
    }

    #[test]
    fn a_file_that_lies_deeper_is_found_with_its_folder() {
        let table = [
            ("python3.13", "index.handler", "api/index.py", Some("api/")),
            ("python3.13", "index.handler", "a/b/index/__init__.py", Some("a/b/")),
            ("python3.13", "src/index.handler", "api/src/index.py", Some("api/")),
            ("provided.al2023", "", "bin/bootstrap", Some("bin/")),
            ("nodejs22.x", "index.handler", "api/reindex.js", None),
            ("nodejs22.x", "index.handler", "index.js", None),
        ];
        for (runtime, handler, name, folder) in table {
            let begin = Beginning::of(runtime, handler).unwrap();
            assert_eq!(begin.folder_of(name), folder, "{runtime} {name}");
        }
        let begin = Beginning::of("nodejs22.x", "index.handler").unwrap();
        let names = ["node_modules/a/index.js", "src/api/index.js", "api/index.js", "readme.txt"];
        assert_eq!(begin.folder_around(names.into_iter()), Some("api/"));
    }
}
