import { Stack, StackProps } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

export interface BackendProps extends StackProps {
  environment: string;
}

export class BackendStack extends Stack {
  constructor(scope: Construct, id: string, props: BackendProps) {
    super(scope, id, props);

    new lambda.Function(this, 'Messages', {
      functionName: `service-bot-${props.environment}-messages`,
      runtime: lambda.Runtime.PYTHON_3_9,
      handler: 'messages.handler',
      code: lambda.Code.fromAsset('../backend'),
    });
  }
}
