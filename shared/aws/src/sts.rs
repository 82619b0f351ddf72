use crate::Aws;
use crate::clients::Clients;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use std::rc::Rc;
use tokio::sync::OnceCell;
use windlass_domain::declaration::resolved::{Place, TargetRole};
use windlass_engine::ports::AssumeRole;

/// The number of places for which a warm function keeps clients.
const PLACES: usize = 16;

impl AssumeRole for Aws {
    fn at(&self, place: &Place) -> Self {
        if *place == Place::default() {
            return Self::new_handle(self, Rc::clone(&self.shared.home_clients));
        }
        let mut places = self.shared.places.borrow_mut();
        // Each deployment has a session of its own: a function that stays warm forgets old ones.
        if places.len() >= PLACES && !places.contains_key(place) {
            places.clear();
        }
        let clients =
            places.entry(place.clone()).or_insert_with(|| Rc::new(Clients::new(config_at(&self.shared.home, place))));
        Self::new_handle(self, Rc::clone(clients))
    }
}

impl Aws {
    fn new_handle(&self, clients: Rc<Clients>) -> Self {
        Self { shared: Rc::clone(&self.shared), clients, on_targets: true, once: None }
    }
}

fn config_at(home: &SdkConfig, place: &Place) -> SdkConfig {
    let mut builder = home.to_builder();
    if let Some(region) = &place.region {
        builder = builder.region(Region::new(region.clone()));
    }
    if let Some(role) = &place.role {
        let provider = Assumed::new(home.clone(), role.clone());
        builder = builder.credentials_provider(SharedCredentialsProvider::new(provider));
    }
    builder.build()
}

/// The credentials of a target's role, asked for at the first call. The SDK's provider is built
/// asynchronously, but [`AssumeRole::at`] is not.
#[derive(Debug)]
struct Assumed {
    home: SdkConfig,
    role: TargetRole,
    provider: OnceCell<AssumeRoleProvider>,
}

impl Assumed {
    fn new(home: SdkConfig, role: TargetRole) -> Self {
        Self { home, role, provider: OnceCell::new() }
    }

    async fn credentials(&self) -> provider::Result {
        let build = || {
            AssumeRoleProvider::builder(&self.role.arn)
                .external_id(&self.role.external_id)
                .session_name(&self.role.session_name)
                .configure(&self.home)
                .build()
        };
        self.provider.get_or_init(build).await.provide_credentials().await
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
