//! The guard lets in one caller: the browser that was given the address, on this machine, from these pages. The file
//! that leads the browser there is its owner's alone, as the address is.

use super::http::{HttpAnswer, HttpRequest};
use crate::ground::failure::Failure;
use maud::{DOCTYPE, Markup, html};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The values that keep other pages and other programs away.
#[derive(Debug, Clone)]
pub struct Guard {
    /// `127.0.0.1:PORT`, as the browser sends it.
    host: String,
    /// The first segment of every path.
    secret: String,
    /// The token that each form sends along.
    pub token: String,
}

impl Guard {
    /// Makes the guard of a server that listens on this port.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn new(port: u16) -> Result<Self, Failure> {
        Ok(Self { host: format!("127.0.0.1:{port}"), secret: random()?, token: random()? })
    }

    /// Returns the path that everything is below, without a slash at its end.
    pub fn base(&self) -> String {
        format!("/{}", self.secret)
    }

    /// Returns the address to be opened.
    pub fn address(&self) -> String {
        format!("http://{}/{}/", self.host, self.secret)
    }

    /// Returns a page that leads a browser to the address.
    pub fn leads_there(&self) -> Markup {
        let address = self.address();
        html! {
            (DOCTYPE)
            meta charset="utf-8";
            meta name="referrer" content="no-referrer";
            meta http-equiv="refresh" content=(format!("0; url={address}"));
            title { "Windlass" }
            a href=(address) { "Windlass" }
        }
    }

    /// Returns the segments of the path behind the secret one.
    ///
    /// # Errors
    /// The answer to a caller that is not let in, which says nothing.
    pub fn segments<'a>(&self, request: &'a HttpRequest) -> Result<Vec<&'a str>, HttpAnswer> {
        let refused = |why| Err(HttpAnswer::line(403, why));
        // Another name that leads to this machine is used by somebody else's page.
        if request.header("host") != Some(&self.host) {
            return refused("this is not the address that was printed");
        }
        let mut segments = request.path.trim_start_matches('/').split('/');
        if segments.next() != Some(&self.secret) {
            return Err(HttpAnswer::line(404, "nothing is here"));
        }
        let own = format!("http://{}", self.host);
        let is_own = request.header("origin").map(|origin| origin == own);
        let site = request.header("sec-fetch-site");
        match request.method.as_str() {
            "GET" => {
                // The file that leads here is of another origin for the browser. A page that knows the address could
                // open it in a window as well, and reads nothing of it.
                let is_led = segments.clone().all(str::is_empty)
                    && request.header("sec-fetch-mode") == Some("navigate")
                    && request.header("sec-fetch-dest") == Some("document");
                let is_elsewhere = !matches!(site, None | Some("none" | "same-origin"));
                if is_own == Some(false) || (is_elsewhere && !is_led) {
                    return refused("another page asks for this one");
                }
            }
            "POST" => {
                if is_own != Some(true) || !matches!(site, None | Some("same-origin")) {
                    return refused("another page sends this");
                }
                if request.form.get("token") != Some(&self.token) {
                    return refused("the form is of another run of this command: open it anew");
                }
            }
            _ => return Err(HttpAnswer::line(405, "pages are read, and forms are sent")),
        }
        Ok(segments.filter(|segment| !segment.is_empty()).collect())
    }
}

/// Makes 128 bits that nobody guesses.
pub fn random() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::broken(format!("there are no random numbers: {error}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// The file. It is gone once this is dropped.
#[derive(Debug)]
pub struct Doorway {
    path: PathBuf,
}

impl Doorway {
    /// Makes the file, with a name that nobody guesses, in the folder for temporary files.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn to(guard: &Guard) -> io::Result<Self> {
        let name = random().map_err(|failure| io::Error::other(failure.message))?;
        let path = std::env::temp_dir().join(format!("windlass-{name}.html"));
        let mut open = OpenOptions::new();
        open.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            open.mode(0o600);
        }
        let mut file = open.open(&path)?;
        let doorway = Self { path };
        file.write_all(guard.leads_there().into_string().as_bytes())?;
        Ok(doorway)
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Doorway {
    fn drop(&mut self) {
        // If it stays, it leads to an address that is nobody's once the program has ended.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(all(test, unix))]
mod tests_of_doorway {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_file_that_leads_to_the_address_is_for_its_owner_alone_and_goes() {
        let guard = Guard::new(8123).unwrap();
        let doorway = Doorway::to(&guard).unwrap();
        let path = doorway.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!path.to_string_lossy().contains(&guard.base()[1..]));
        let page = fs::read_to_string(&path).unwrap();
        assert!(page.contains(&format!("url={}", guard.address())), "{page}");
        drop(doorway);
        assert!(!path.exists());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, path: &str, headers: &[(&str, &str)], token: &str) -> HttpRequest {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        HttpRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers.collect(),
            form: [("token".to_owned(), token.to_owned())].into(),
            ..HttpRequest::default()
        }
    }

    type Headers<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn only_the_browser_with_the_address_on_this_machine_is_let_in() {
        let guard = Guard::new(8123).unwrap();
        let (base, token) = (guard.base(), guard.token.clone());
        assert_eq!(base.len(), 33);
        let host = ("host", "127.0.0.1:8123");
        let own = ("origin", "http://127.0.0.1:8123");
        let page = format!("{base}/apps/shop");
        let table: [(&str, &str, Headers<'_>, &str, u16); 14] = [
            ("GET", &page, &[host], "", 200),
            ("GET", &page, &[host, ("sec-fetch-site", "none")], "", 200),
            ("GET", &page, &[host, ("sec-fetch-site", "same-origin")], "", 200),
            ("GET", &page, &[host, ("sec-fetch-site", "same-site")], "", 403),
            ("GET", &page, &[host, ("sec-fetch-site", "cross-site")], "", 403),
            ("GET", &page, &[host, ("origin", "https://evil.example")], "", 403),
            ("GET", &page, &[("host", "evil.example:8123")], "", 403),
            ("GET", &page, &[], "", 403),
            ("GET", "/apps/shop", &[host], "", 404),
            ("PUT", &page, &[host, own], &token, 405),
            ("POST", &page, &[host], &token, 403),
            ("POST", &page, &[host, ("origin", "null")], &token, 403),
            ("POST", &page, &[host, own], "guessed", 403),
            ("POST", &page, &[host, own, ("sec-fetch-site", "same-origin")], &token, 200),
        ];
        for (method, path, headers, token, wanted) in table {
            let request = asked(method, path, headers, token);
            let status = guard.segments(&request).map_or_else(|no| no.status, |_| 200);
            assert_eq!(status, wanted, "{method} {path} {headers:?}");
        }
        // The file that `--open` writes leads to the board, and nothing else does that is of another origin.
        let window = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        let board = format!("{base}/");
        for (path, how, wanted) in
            [(&board, &window[..], 200), (&board, &frame[..], 403), (&board, &[][..], 403), (&page, &window[..], 403)]
        {
            let headers = [&[host, ("sec-fetch-site", "cross-site")], how].concat();
            let request = asked("GET", path, &headers, "");
            assert_eq!(guard.segments(&request).map_or_else(|no| no.status, |_| 200), wanted, "{path} {how:?}");
        }
        let request = asked("GET", &page, &[host], "");
        assert_eq!(guard.segments(&request).unwrap(), ["apps", "shop"]);
    }

    #[test]
    fn no_two_runs_have_the_same_address() {
        assert_ne!(random().unwrap(), random().unwrap());
    }
}
