// Builds one small site with each bundler, in three releases, with the names that the bundler gives by itself:
//   node build.mjs FOLDER        makes FOLDER/<bundler>/<release>/…
// `angular` is esbuild as Angular's builder calls it: entries have a hash as well.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

const RELEASES = ["1.0.0", "1.1.0", "1.2.0"];
const out = process.argv[2];

// A start module, one that is loaded later and stays, and one that is loaded later and is of this release alone.
const files = (release) => ({
  "main.js": `import { release } from "./release.js";
document.title = release;
import("./page.js").then(({ show }) => show(release));
import("./tour-${release}.js").then(({ tour }) => tour());
`,
  "release.js": `export const release = ${JSON.stringify(release)};\n`,
  "page.js": `export const show = (text) => document.body.append("page of ${release} " + text);\n`,
  [`tour-${release}.js`]: `export const tour = () => console.log("tour of ${release}");\n`,
  "style.css": `body::after { content: "${release}"; }\n`,
});

const page = (release, style, script) =>
  `<!doctype html><html><head><title>A site</title><link rel="stylesheet" href="${style}"></head>` +
  `<body><script type="module" src="${script}"></script><p>${release}</p></body></html>\n`;

const named = (folder, pattern) => readdirSync(folder).find((name) => pattern.test(name));

async function withEsbuild(src, dist, release, names) {
  await esbuild.build({
    entryPoints: [join(src, "main.js"), join(src, "style.css")],
    bundle: true, splitting: true, minify: true, format: "esm", outdir: dist, logLevel: "error", ...names,
  });
  const [style, script] = [named(dist, /^style.*\.css$/), named(dist, /^main.*\.js$/)];
  writeFileSync(join(dist, "index.html"), page(release, `/${style}`, `/${script}`));
}

const BUNDLERS = {
  esbuild: (src, dist, release) => withEsbuild(src, dist, release, {}),
  angular: (src, dist, release) => withEsbuild(src, dist, release, { entryNames: "[name]-[hash]" }),
  async vite(src, dist, release) {
    writeFileSync(join(src, "index.html"), page(release, "/style.css", "/main.js"));
    await vite({ root: src, logLevel: "error", build: { outDir: dist, emptyOutDir: true } });
  },
  async webpack(src, dist, release) {
    const config = { mode: "production", context: src, entry: "./main.js", output: { path: dist } };
    const stats = await new Promise((done, fail) => webpack(config, (error, compiled) => (error ? fail(error) : done(compiled))));
    if (stats.hasErrors()) throw new Error(stats.toString());
    cpSync(join(src, "style.css"), join(dist, "style.css"));
    writeFileSync(join(dist, "index.html"), page(release, "/style.css", "/main.js"));
  },
  async rollup(src, dist, release) {
    const bundle = await rollup({ input: join(src, "main.js") });
    await bundle.write({ dir: dist, format: "es" });
    cpSync(join(src, "style.css"), join(dist, "style.css"));
    writeFileSync(join(dist, "index.html"), page(release, "/style.css", "/main.js"));
  },
  async parcel(src, dist, release) {
    writeFileSync(join(src, "index.html"), page(release, "./style.css", "./main.js"));
    const parcel = join(import.meta.dirname, "node_modules/parcel/lib/bin.js");
    const options = ["--dist-dir", dist, "--no-source-maps", "--no-cache", "--log-level", "error"];
    execFileSync(process.execPath, [parcel, "build", join(src, "index.html"), ...options], { cwd: src, stdio: ["ignore", "ignore", "inherit"] });
  },
};

for (const [name, build] of Object.entries(BUNDLERS)) {
  for (const release of RELEASES) {
    const [src, dist] = [join(out, "src", name, release), join(out, name, release)];
    mkdirSync(src, { recursive: true });
    mkdirSync(dist, { recursive: true });
    for (const [path, text] of Object.entries(files(release))) writeFileSync(join(src, path), text);
    await build(src, dist, release);
  }
}
