"""A service's published model, as botocore carries it: holds what a stand-in is asked, and what it answers, against it."""

import functools

import botocore.session
from botocore.validate import ParamValidator

# What every service may answer, and what no operation's model lists (AWS API Reference, "Common Errors").
COMMON = {"AccessDeniedException", "ThrottlingException", "UnrecognizedClientException"}


class ServiceModel:
    """The model of a service that is called by its JSON protocol; each check answers what is wrong, in words.

    `documented` are words that AWS documents and its model does not list.
    """

    def __init__(self, service, documented=()):
        self.documented = documented
        self.model = botocore.session.get_session().get_service_model(service)
        # The name that every request carries before its operation's.
        self.target = self.model.metadata["targetPrefix"]

    @functools.cached_property
    def operations(self):
        return set(self.model.operation_names)

    def of_request(self, operation, document):
        return self.of(f"{operation} was asked", document, self.model.operation_model(operation).input_shape)

    def of_answer(self, operation, document):
        shape = self.model.operation_model(operation).output_shape
        return self.of(f"{operation} answered", document, shape) if shape else [f"{operation} answers nothing"] * bool(document)

    def of_error(self, operation, code):
        """An error that is not in the model of the operation."""
        known = COMMON | {shape.name for shape in self.model.operation_model(operation).error_shapes}
        return [] if code in known else [f"{operation} has no error {code}"]

    def of(self, what, document, shape):
        """Members that are unknown, missing or of another type; and, where botocore does not look, words and lengths."""
        report = ParamValidator().validate(document, shape).generate_report()
        return [f"{what}: {line}" for line in [*report.splitlines(), *words(document, shape, "", self.documented)]]


def words(value, shape, path, documented):
    """Returns what the words of a document are not: one of those that their shape lists, or short enough."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name in value.keys() & shape.members.keys():
            yield from words(value[name], shape.members[name], f"{path}.{name}", documented)
    elif shape.type_name == "list" and isinstance(value, list):
        for place, member in enumerate(value):
            yield from words(member, shape.member, f"{path}[{place}]", documented)
    elif shape.type_name == "string" and isinstance(value, str):
        if getattr(shape, "enum", None) and value not in {*shape.enum, *documented}:
            yield f"{path} is `{value}`, and none of {', '.join(shape.enum)}"
        if len(value) > shape.metadata.get("max", len(value)):
            yield f"{path} is longer than {shape.metadata['max']}"
