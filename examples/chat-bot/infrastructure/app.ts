// What the chat bot lives in, for one environment. A release brings it as the component `infra` of app.yaml:
//
//   npm install aws-cdk aws-cdk-lib constructs tsx
//   npx cdk synth --app "npx tsx app.ts" --context environment=dev
import * as cdk from 'aws-cdk-lib';
import { aws_apigatewayv2 as api, aws_apigatewayv2_integrations as integrations } from 'aws-cdk-lib';
import { aws_cloudfront as cloudfront, aws_cloudfront_origins as origins, aws_s3 as s3 } from 'aws-cdk-lib';
import { aws_cloudwatch as cloudwatch, aws_dynamodb as dynamodb, aws_lambda as lambda } from 'aws-cdk-lib';

const app = new cdk.App({ analyticsReporting: false });
const environment: string = app.node.getContext('environment');
// What holds data stays in production, but for what was made by a release that is undone.
const isKept = environment === 'prod';
const removalPolicy = isKept ? cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : cdk.RemovalPolicy.DESTROY;
const stack = new cdk.Stack(app, 'ServiceBot', {
  stackName: `service-bot-${environment}`,
  // It names no files, and nothing of CDK's bootstrap.
  synthesizer: new cdk.BootstraplessSynthesizer(),
});

// Releases are judged by these alarms. Where nobody calls nothing is measured, and that is well.
const inEachMinute = { statistic: 'Sum', period: cdk.Duration.minutes(1) };

function alarm(id: string, name: string, metric: cloudwatch.IMetric): void {
  new cloudwatch.Alarm(stack, id, {
    alarmName: `service-bot-${environment}-${name}`,
    metric,
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

const table = new dynamodb.Table(stack, 'Conversations', {
  partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
  billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
  removalPolicy,
});
alarm('Throttles', 'throttles', table.metric('WriteThrottleEvents', inEachMinute));

// Constant: what runs before the first release. Windlass brings the code, and the alias stays where it puts it.
const first = lambda.Code.fromInline('def handler(event, context):\n    return {"statusCode": 503}\n');

function live(id: string, name: string): lambda.IFunction {
  const fn = new lambda.Function(stack, id, {
    functionName: `service-bot-${environment}-${name}`,
    runtime: lambda.Runtime.PYTHON_3_13,
    handler: 'index.handler',
    code: first,
    environment: { TABLE: table.tableName },
  });
  table.grantReadWriteData(fn);
  alarm(`${id}Errors`, `${name}-errors`, fn.metricErrors(inEachMinute));
  new cdk.CfnOutput(stack, `${id}Name`, { value: fn.functionName });
  const { functionName } = fn;
  const functionVersion = new lambda.CfnVersion(stack, `${id}First`, { functionName }).attrVersion;
  const alias = new lambda.CfnAlias(stack, `${id}Live`, { functionName, functionVersion, name: 'live' });
  const attributes = { functionArn: alias.ref, sameEnvironment: true };
  return lambda.Function.fromFunctionAttributes(stack, `${id}Alias`, attributes);
}

function route(id: string, fn: lambda.IFunction): api.WebSocketRouteOptions {
  return { integration: new integrations.WebSocketLambdaIntegration(id, fn) };
}

const connections = live('Connections', 'connections');
const socket = new api.WebSocketApi(stack, 'Socket', {
  apiName: `service-bot-${environment}`,
  connectRouteOptions: route('Connect', connections),
  disconnectRouteOptions: route('Disconnect', connections),
  defaultRouteOptions: route('Message', live('Backend', 'messages')),
});
const stage = new api.WebSocketStage(stack, 'Stage', {
  webSocketApi: socket,
  stageName: environment,
  autoDeploy: true,
});
new cdk.CfnOutput(stack, 'SocketUrl', { value: stage.url });

const bucket = new s3.Bucket(stack, 'Frontend', {
  bucketName: `service-bot-pages-${environment}`,
  versioned: true,
  lifecycleRules: [{ noncurrentVersionExpiration: cdk.Duration.days(90) }],
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  removalPolicy,
});
const distribution = new cloudfront.Distribution(stack, 'Distribution', {
  defaultRootObject: 'index.html',
  defaultBehavior: {
    origin: origins.S3BucketOrigin.withOriginAccessControl(bucket),
    viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
  },
});
new cdk.CfnOutput(stack, 'BucketName', { value: bucket.bucketName });
new cdk.CfnOutput(stack, 'DistributionId', { value: distribution.distributionId });
new cdk.CfnOutput(stack, 'SiteUrl', { value: `https://${distribution.distributionDomainName}` });

app.synth();
