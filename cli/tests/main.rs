//! The command line: the real program against an API that answers, and what it is made of. One binary, because each
//! that is linked by itself holds the SDK once more.

#![allow(clippy::unwrap_used)] // helpers of tests

mod access;
mod acting;
mod alike_names;
mod approving;
mod cancelling;
mod ci_jobs;
mod cloud;
mod commands;
mod completion;
mod copies;
mod declare;
mod doctor;
mod drilling;
mod empty;
mod explain;
mod folder_files;
mod foreign;
mod guide;
mod import;
mod imported_members;
mod imported_templates;
mod imports;
mod init;
mod init_answers;
mod init_gates;
mod init_others;
mod init_owned;
mod init_patches;
mod init_repositories;
mod init_sam;
mod init_script;
mod init_seeds;
#[cfg(unix)] // the program in place of another is a script
mod init_trial;
mod installation;
mod interrupted;
mod lists;
mod logs;
mod moving;
mod overview;
mod page;
mod pages;
mod plan;
mod promote;
mod records;
mod release;
mod release_origin;
mod release_refusals;
mod removing;
mod report;
mod standin;
mod stats;
mod status;
mod steering;
mod story;
mod troubles;
mod ui;
mod ui_acts;
mod unreachable;
mod validate;
mod watch;
mod watch_ended;
mod watch_named;
