variable "environment" {
  type = string
}

resource "aws_ecs_task_definition" "agent" {
  family                = "insight-agent-${var.environment}"
  container_definitions = file("agent.json")
}

resource "aws_ecs_service" "agent" {
  name            = "agent"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.agent.arn
  desired_count   = 2

  tags = local.tags
}

resource "aws_s3_bucket" "frontend" {
  bucket = "insight-frontend-${var.environment}"
}

resource "aws_s3_bucket" "logs" {
  bucket = "insight-logs-${var.environment}"
}

resource "aws_cloudfront_distribution" "frontend" {
  enabled             = true
  default_root_object = "index.html"

  tags = {
    team = "insight"
  }
}
