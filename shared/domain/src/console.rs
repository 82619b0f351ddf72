//! Pages of AWS's console, as links for people. Pure.

/// Returns the console's host in a partition of AWS.
pub fn host(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}

/// Returns the page of an execution of Step Functions by its ARN; `None` for a text that is no plain ARN.
pub fn execution(arn: &str) -> Option<String> {
    let mut parts = arn.split(':');
    let (partition, region) = (parts.nth(1)?, parts.nth(1)?);
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ":-_.".contains(c));
    if !plain(arn) || !plain(region) {
        return None;
    }
    Some(format!("https://{}/states/home?region={region}#/v2/executions/details/{arn}", host(partition)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_has_a_page_where_its_arn_is_one() {
        let arn =
            |partition: &str| format!("arn:{partition}:states:eu-west-1:111111111111:execution:windlass-release:r-1");
        for (partition, host) in [
            ("aws", "console.aws.amazon.com"),
            ("aws-cn", "console.amazonaws.cn"),
            ("aws-us-gov", "console.amazonaws-us-gov.com"),
        ] {
            let arn = arn(partition);
            let page = format!("https://{host}/states/home?region=eu-west-1#/v2/executions/details/{arn}");
            assert_eq!(execution(&arn), Some(page));
        }
        for odd in ["", "r-1", "arn:aws:states", "arn:aws:states:eu west:1:x", "arn:aws:states:\"><b>:1:x"] {
            assert_eq!(execution(odd), None, "{odd}");
        }
    }
}
