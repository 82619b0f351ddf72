variable "environment" {}
variable "image_tag" {}

module "autopr_service" {
  source  = "terraform-aws-modules/ecs/aws//modules/service"
  version = "~> 5.0"

  name        = "autopr-${var.environment}"
  cluster_arn = aws_ecs_cluster.main.arn
}
