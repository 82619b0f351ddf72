//! Admission: whether a request goes, waits, or is refused. Pure.
