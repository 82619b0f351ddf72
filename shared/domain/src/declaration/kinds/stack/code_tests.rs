use super::*;
use serde_json::json;

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/shop/1";

/// Returns the places of a resource in a template with the parameters `Files`, which is `assets`, and `Hidden`.
fn of(kind: &str, properties: &Value) -> Vec<(String, CodePlace)> {
    let own = json!({"Type": format!("AWS::{kind}"), "Properties": properties});
    let parameters = json!({"Files": {"Type": "String"}, "Hidden": {"Type": "String", "NoEcho": true}});
    let template = json!({"Parameters": parameters, "Resources": {"Own": own, "Store": {"Type": "AWS::S3::Bucket"}}});
    let known = BTreeMap::from([("Files".to_owned(), "assets".to_owned())]);
    places(&template, &values(STACK, known.iter()), "Own")
}

fn object(bucket: &str, version: Option<&str>) -> CodePlace {
    CodePlace::Object { bucket: bucket.into(), key: "k".into(), version: version.map(str::to_owned) }
}

#[test]
fn each_type_names_its_code_by_properties_of_its_own() {
    let (lambda, other) = (json!({"S3Bucket": "assets", "S3Key": "k"}), json!({"Bucket": "assets", "Key": "k"}));
    let s3 = json!("s3://assets/k");
    let table = [
        ("ApiGateway::RestApi", "BodyS3Location", &other),
        ("ApiGatewayV2::Api", "BodyS3Location", &other),
        ("AppSync::FunctionConfiguration", "CodeS3Location", &s3),
        ("AppSync::GraphQLSchema", "DefinitionS3Location", &s3),
        ("AppSync::Resolver", "RequestMappingTemplateS3Location", &s3),
        ("AppSync::Resolver", "ResponseMappingTemplateS3Location", &s3),
        ("CloudFormation::Stack", "TemplateURL", &json!("https://assets.s3.eu-west-1.amazonaws.com/k")),
        ("CloudFormation::Stack", "TemplateURL", &json!("https://s3.eu-west-1.amazonaws.com/assets/k")),
        ("ElasticBeanstalk::ApplicationVersion", "SourceBundle", &lambda),
        ("Lambda::Function", "Code", &lambda),
        ("Lambda::LayerVersion", "Content", &lambda),
        ("Serverless::Api", "DefinitionUri", &s3),
        ("Serverless::Application", "Location", &json!("https://assets.s3.amazonaws.com/k")),
        ("Serverless::Function", "CodeUri", &s3),
        ("Serverless::Function", "CodeUri", &other),
        ("Serverless::GraphQLApi", "SchemaUri", &s3),
        ("Serverless::HttpApi", "DefinitionUri", &s3),
        ("Serverless::LayerVersion", "ContentUri", &s3),
        ("Serverless::StateMachine", "DefinitionUri", &other),
        ("StepFunctions::StateMachine", "DefinitionS3Location", &other),
    ];
    for (kind, name, value) in table {
        assert_eq!(of(kind, &json!({name: value})), [(name.to_owned(), object("assets", None))], "{kind} {name}");
        assert_eq!(of("SNS::Topic", &json!({name: value})), [], "{name}");
    }
}

#[test]
fn a_member_that_is_deeper_is_named_by_its_place() {
    let functions = json!({"Functions": {"Pipe": {"CodeUri": "s3://assets/k"}}});
    let expected = [("Functions.*.CodeUri".to_owned(), object("assets", None))];
    assert_eq!(of("Serverless::GraphQLApi", &functions), expected);
}

#[test]
fn code_in_the_template_or_on_a_machine_is_nowhere_else() {
    for (kind, properties) in [
        ("Lambda::Function", json!({"Code": {"ZipFile": "x"}})),
        ("Serverless::Function", json!({"CodeUri": "src", "InlineCode": "x"})),
        ("Serverless::Application", json!({"Location": {"ApplicationId": "a", "SemanticVersion": "1.0.0"}})),
        ("StepFunctions::StateMachine", json!({"DefinitionString": "{}"})),
        ("Lambda::Function", json!({})),
    ] {
        assert_eq!(of(kind, &properties), [], "{kind} {properties}");
    }
}

#[test]
fn code_in_globals_is_merged_into_that_of_each_resource_of_its_type() {
    let (s3, image) = ("s3://assets/k", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop:1");
    let code = |name: &str, bucket: &str| vec![(name.to_owned(), object(bucket, None))];
    let images = vec![("ImageUri".to_owned(), CodePlace::Image(image.into()))];
    let table = [
        ("Function", json!({"CodeUri": s3}), json!({}), code("CodeUri", "assets")),
        (
            "Function",
            json!({"CodeUri": {"Bucket": {"Ref": "AWS::Region"}, "Key": "k"}}),
            json!({}),
            code("CodeUri", "eu-west-1"),
        ),
        ("Function", json!({"CodeUri": s3}), json!({"CodeUri": "s3://own/k"}), code("CodeUri", "own")),
        ("Function", json!({"CodeUri": s3}), json!({"InlineCode": "x"}), vec![]),
        ("Function", json!({"CodeUri": s3}), json!({"ImageUri": image}), images),
        ("Function", json!({"ImageUri": image}), json!({"CodeUri": s3}), code("CodeUri", "assets")),
        ("Function", json!({"CodeUri": "src"}), json!({}), vec![]),
        // SAM merges maps, and the version belongs to the object of both.
        (
            "Function",
            json!({"CodeUri": {"Bucket": "assets"}}),
            json!({"CodeUri": {"Key": "k"}}),
            code("CodeUri", "assets"),
        ),
        (
            "Function",
            json!({"CodeUri": {"Bucket": "former", "Version": "1"}}),
            json!({"CodeUri": {"Bucket": "assets", "Key": "k"}}),
            vec![("CodeUri".to_owned(), object("assets", Some("1")))],
        ),
        ("Function", json!({"CodeUri": {"Bucket": "former"}}), json!({"CodeUri": s3}), code("CodeUri", "assets")),
        (
            "Function",
            json!({"CodeUri": {"Bucket": "former", "Key": "k"}}),
            json!({"CodeUri": {"Fn::If": ["A", "b", "c"]}}),
            vec![("CodeUri".to_owned(), CodePlace::Unknown)],
        ),
        ("Api", json!({"DefinitionUri": s3}), json!({}), code("DefinitionUri", "assets")),
        ("HttpApi", json!({"CodeUri": s3}), json!({}), vec![]),
    ];
    for (section, common, properties, expected) in table {
        let own = json!({"Type": format!("AWS::Serverless::{section}"), "Properties": properties});
        let template = json!({"Globals": {section: common}, "Resources": {"Own": own}});
        assert_eq!(places(&template, &values(STACK, [].into_iter()), "Own"), expected, "{section} {template}");
    }
    for (ignored, is_taken) in [(json!(["DefinitionUri"]), false), (json!("*"), false), (json!(["Name"]), true)] {
        let own = json!({"Type": "AWS::Serverless::Api", "IgnoreGlobals": ignored, "Properties": {}});
        let template = json!({"Globals": {"Api": {"DefinitionUri": s3}}, "Resources": {"Own": own}});
        assert_eq!(!places(&template, &BTreeMap::new(), "Own").is_empty(), is_taken, "{ignored}");
    }
    // SAM leaves alone what is no resource of its own.
    let own = json!({"Type": "AWS::Lambda::Function", "Properties": {}});
    let template = json!({"Globals": {"Function": {"Code": s3}}, "Resources": {"Own": own}});
    assert_eq!(places(&template, &BTreeMap::new(), "Own"), []);
}

#[test]
fn an_image_is_known_by_its_address() {
    let address = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop:1";
    let written = json!({"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/shop:1"});
    let expected = CodePlace::Image(address.into());
    let code = json!({"Code": {"ImageUri": written}});
    assert_eq!(of("Lambda::Function", &code), [("Code.ImageUri".to_owned(), expected.clone())]);
    let code = json!({"ImageUri": address});
    assert_eq!(of("Serverless::Function", &code), [("ImageUri".to_owned(), expected)]);
}

#[test]
fn references_to_what_is_known_are_filled_in_and_others_are_unknown() {
    let table = [
        (json!({"Ref": "Files"}), object("assets", None)),
        (json!("Files"), object("assets", None)),
        (json!({"Fn::Sub": "${Files}-${AWS::Region}"}), object("assets-eu-west-1", None)),
        (json!("${AWS::StackName}-${AWS::Partition}"), object("shop-aws", None)),
        (json!({"Fn::Join": ["-", ["a", {"Ref": "AWS::AccountId"}]]}), object("a-111111111111", None)),
        (json!({"Ref": "Hidden"}), CodePlace::Unknown),
        (json!("Hidden"), CodePlace::Unknown),
        (json!({"Ref": "Store"}), CodePlace::Unknown),
        (json!("Store.Arn"), CodePlace::Unknown),
        (json!({"Fn::Sub": "${Store}-a"}), CodePlace::Unknown),
        (json!({"Fn::Sub": ["${A}-${Files}", {"A": {"Ref": "AWS::Region"}}]}), object("eu-west-1-assets", None)),
        (json!({"Fn::Sub": ["${Files}", {"Files": "a"}]}), object("a", None)),
        (json!({"Fn::Sub": ["${A}", {"A": {"Ref": "Store"}}]}), CodePlace::Unknown),
        (json!({"Fn::Sub": ["${B}", {"A": "a"}]}), CodePlace::Unknown),
        (json!(["${A}", {"A": "Files"}]), object("assets", None)),
        (json!([",", {"Fn::ImportValue": "a"}]), CodePlace::Unknown),
        (json!({"Fn::ImportValue": "a"}), CodePlace::Unknown),
        (json!(["-", ["a", "b"]]), CodePlace::Unknown),
        (json!("{{resolve:ssm:a}}"), CodePlace::Unknown),
    ];
    for (bucket, expected) in table {
        let code = json!({"Code": {"S3Bucket": bucket, "S3Key": "k"}});
        assert_eq!(of("Lambda::Function", &code), [("Code".to_owned(), expected)], "{bucket}");
    }
    assert_eq!(
        of("Lambda::Function", &json!({"Code": {"Fn::If": ["A", "b", "c"]}})),
        [("Code".to_owned(), CodePlace::Unknown)]
    );
}

#[test]
fn a_version_of_an_object_is_looked_for_where_one_is_named() {
    for (version, expected) in [(json!("1"), object("a", Some("1"))), (json!({"Ref": "Store"}), CodePlace::Unknown)] {
        let content = json!({"Content": {"S3Bucket": "a", "S3Key": "k", "S3ObjectVersion": version}});
        assert_eq!(of("Lambda::LayerVersion", &content), [("Content".to_owned(), expected)], "{version}");
    }
    for (address, expected) in [
        ("s3://a/k?versionId=1", object("a", Some("1"))),
        ("https://a.s3.eu-west-1.amazonaws.com/k?versionId=1", object("a", Some("1"))),
        ("https://a.s3.eu-west-1.amazonaws.com/k%20", CodePlace::Unknown),
        ("https://example.com/k", CodePlace::Unknown),
    ] {
        let properties = json!({"ContentUri": address});
        assert_eq!(of("Serverless::LayerVersion", &properties), [("ContentUri".to_owned(), expected)], "{address}");
    }
}
