//! No code: the manifest names features.
