"""template.yaml and its like, read: CloudFormation's short forms, such as `!Ref`, stand for what is behind them."""

import yaml


class TemplateLoader(yaml.SafeLoader):
    """Reads the short forms as plain nodes."""


def plain_node(loader, _tag, node):
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else loader.construct_scalar(node)


TemplateLoader.add_multi_constructor("!", plain_node)


def resources(path):
    """The resources of a template by logical id."""
    return yaml.load(path.read_text(), TemplateLoader)["Resources"]


def as_list(value):
    return value if isinstance(value, list) else [value]


def actions(statements):
    """The actions that statements allow."""
    return {action for statement in statements if statement["Effect"] == "Allow" for action in as_list(statement["Action"])}
