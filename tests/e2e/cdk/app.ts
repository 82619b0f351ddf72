// What the code of the page stands among: the constructs that it names and does not make.
import * as cdk from 'aws-cdk-lib';
import { aws_cloudfront as cloudfront, aws_cloudfront_origins as origins, aws_ec2 as ec2, aws_s3 as s3 } from 'aws-cdk-lib';
// THE IMPORTS OF THE PAGE

class Targets extends cdk.Stack {
  constructor(scope: cdk.App) {
    super(scope, 'Targets');
    const vpc = new ec2.Vpc(this, 'Vpc', { natGateways: 0 });
    const cluster = new ecs.Cluster(this, 'Cluster', { vpc });
    const taskDefinition = new ecs.FargateTaskDefinition(this, 'Task', { family: 'agent-prod' });
    taskDefinition.addContainer('agent', { image: ecs.ContainerImage.fromRegistry('example.com/agent:first') });
    const bucket = new s3.Bucket(this, 'Bucket', { versioned: true });
    const origin = origins.S3BucketOrigin.withOriginAccessControl(bucket);
    const distribution = new cloudfront.Distribution(this, 'Distribution', { defaultBehavior: { origin } });
    // THE CODE OF THE PAGE
    new cdk.CfnOutput(this, 'Callers', { value: alias.functionArn });
  }
}

const app = new cdk.App({ outdir: 'out', analyticsReporting: false });
new Targets(app);
app.synth();
