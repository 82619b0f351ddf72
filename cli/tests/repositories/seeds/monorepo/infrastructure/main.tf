variable "environment" {
  type = string
}

locals {
  tags = {
    team = "insight"
  }
}

resource "aws_ecs_cluster" "main" {
  name = "insight-${var.environment}"
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

  origin {
    origin_id   = "frontend"
    domain_name = aws_s3_bucket.frontend.bucket_regional_domain_name
  }

  default_cache_behavior {
    target_origin_id       = "frontend"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]

    forwarded_values {
      query_string = false

      cookies {
        forward = "none"
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
