use windlass_domain::place::Place;

/// Reaching the targets of another account or region.
pub trait AssumeRole: Sized {
    /// Returns the same ports at another place: with the role assumed and the region set. Credentials are fetched at
    /// the first call, whose fault is `AccessDenied` if the role may not be assumed.
    #[must_use]
    fn at(&self, place: &Place) -> Self;
}
