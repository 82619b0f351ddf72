{
  // As `aws ecs describe-task-definition` answers it.
  taskDefinition: {
    containerDefinitions: [
      {
        essential: true,
        image: '{{ tfstate `aws_ecr_repository.api.repository_url` }}:{{ must_env `IMAGE_TAG` }}',
        name: 'api',
        portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
        secrets: [{ name: 'DATABASE', valueFrom: '{{ tfstate `aws_ssm_parameter.database.name` }}' }],
      },
      { essential: false, image: 'public.ecr.aws/datadog/agent:7', name: 'datadog' },
    ],
    cpu: '512',
    executionRoleArn: '{{ tfstate `aws_iam_role.execution.arn` }}',
    family: 'ledger-api',
    memory: '1024',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
  },
  tags: [{ key: 'team', value: 'ledger' }],
}
