import * as cdk from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';

export class BotStack extends cdk.Stack {
  constructor(scope: cdk.App, id: string, props: BotProps) {
    super(scope, id, props);

    new lambda.Function(this, 'Messages', {
      functionName: `bot-${props.environment}-messages`,
      runtime: lambda.Runtime.PYTHON_3_12,
      handler: 'messages.handler',
      code: lambda.Code.fromAsset('../functions/messages'),
    });
  }
}
