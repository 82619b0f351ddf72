//! A file that leads the browser to the pages. It is its owner's alone, as the address is.

use super::guard::{Guard, random};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
mod tests {
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
