{
  deploymentConfiguration: {
    // off while the controller is CODE_DEPLOY
    deploymentCircuitBreaker: { enable: true, rollback: true },
    maximumPercent: 200,
    minimumHealthyPercent: 100,
  },
  deploymentController: { type: 'ECS' },
  desiredCount: 2,
  launchType: 'FARGATE',
  loadBalancers: [
    {
      containerName: 'api',
      containerPort: 8080,
      targetGroupArn: "{{ tfstate `aws_lb_target_group.api['blue'].arn` }}",
    },
  ],
  networkConfiguration: {
    awsvpcConfiguration: {
      securityGroups: ['{{ tfstate `aws_security_group.api.id` }}'],
      subnets: ['{{ tfstate `aws_subnet.private.id` }}'],
    },
  },
}
