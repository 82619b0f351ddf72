//! Service Quotas in memory: the quotas of Fargate, with the metric of what is used (Service Quotas API Reference,
//! GetServiceQuota).

use crate::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{JsonCall, Result};

/// The quotas.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The values by code, such as `L-3032A538`.
    pub values: BTreeMap<String, f64>,
    /// True if every call is refused, as to a role without permission.
    pub denied: bool,
}

/// Answers a call of Service Quotas.
pub(crate) fn answers(world: &World, call: &JsonCall) -> Result<Value> {
    let state = world.quotas();
    if state.denied {
        let message = "the role is not authorized to perform servicequotas:GetServiceQuota";
        return Err(Fault::new(FaultName::AccessDenied, message));
    }
    let code = call.body["QuotaCode"].as_str().unwrap_or_default();
    let value = state.values.get(code).ok_or_else(|| {
        let message = format!("GetServiceQuota: there is no quota {code}");
        Fault::new(FaultName::NotFound, message)
    })?;
    Ok(json!({"Quota": {
        "ServiceCode": call.body["ServiceCode"],
        "QuotaCode": code,
        "Value": value,
        "Adjustable": true,
        "UsageMetric": {
            "MetricNamespace": "AWS/Usage",
            "MetricName": "ResourceCount",
            "MetricDimensions": {
                "Service": "Fargate", "Type": "Resource", "Resource": "vCPU", "Class": "Standard/OnDemand",
            },
            "MetricStatisticRecommendation": "Maximum",
        },
    }}))
}
