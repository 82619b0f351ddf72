/// How an entry's bytes are packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// Not packed.
    Stored,
    /// Packed with deflate.
    Deflated,
    /// Packed in a way that is not supported, by name.
    Other(String),
}

/// What the central directory declares of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, which is its path in the site.
    pub name: String,
    /// Where its local header begins.
    pub offset: u64,
    /// Its packed size.
    pub packed: u64,
    /// Its size.
    pub bytes: u64,
    /// Its CRC-32.
    pub crc32: u32,
    /// How it is packed.
    pub coding: Coding,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Whether it is a folder, which a site does not need.
    pub folder: bool,
    /// What it is if neither file nor folder, such as `a symbolic link`.
    pub special: Option<&'static str>,
}

impl Entry {
    /// The first byte behind it at the earliest: the local header has 30 bytes and the name again,
    /// perhaps more.
    pub fn least_end(&self) -> u64 {
        let name = self.name.len() as u64;
        self.offset
            .saturating_add(30)
            .saturating_add(name)
            .saturating_add(self.packed)
    }
}
