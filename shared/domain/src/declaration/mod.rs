//! Declarations: what an application is and where it goes, as its team writes it in `app.yaml`.

pub mod resolved;
