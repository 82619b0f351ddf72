//! `windlass snapshots`: what a rollback can go back to, newest first.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::snapshots::{Page, page, row};
use crate::windlass::{Endpoint, waiting};
use clap::Args;
use windlass_domain::name::{AppName, EnvironmentName};

/// The most that the API puts on a page.
const LARGEST_PAGE: usize = 100;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Snapshots {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The environment.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: EnvironmentName,
    /// How many snapshots.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Snapshots {
    /// Does it.
    ///
    /// # Errors
    /// Where Windlass refuses it or does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let page = waiting(self.read())?;
        let rows: Vec<String> = page.snapshots.iter().map(row).collect();
        let words = if rows.is_empty() {
            format!("{} {} has no snapshots yet", self.app, self.environment)
        } else {
            rows.join("\n")
        };
        output.result(&page, &words);
        Ok(Exit::Good)
    }

    async fn read(&self) -> Result<Page, Failure> {
        let windlass = self.endpoint.open().await?;
        let mut all = Page {
            snapshots: Vec::new(),
            next: None,
        };
        while all.snapshots.len() < self.limit {
            let wanted = (self.limit - all.snapshots.len()).min(LARGEST_PAGE);
            let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
            let after = all.next.as_deref();
            let next = page(&windlass, &self.app, &self.environment, wanted, after).await?;
            all.snapshots.extend(next.snapshots);
            all.next = next.next;
            if all.next.is_none() {
                break;
            }
        }
        Ok(all)
    }
}
