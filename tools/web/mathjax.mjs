// Read [{id, formula, display}] from stdin, parse each with MathJax, print the failures as JSON.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const MathJax = await require("mathjax").init({
  loader: { load: ["input/tex", "adaptors/liteDOM"] },
  tex: { packages: { "[-]": ["noundefined"] } },  // an unknown command is an error, not red text
});
let text = "";
for await (const part of process.stdin) text += part;
const failures = [];
for (const { id, formula, display } of JSON.parse(text)) {
  const said = await MathJax.tex2mmlPromise(formula, { display });
  const error = said.match(/<merror[^>]*data-mjx-error="([^"]*)"/) ?? said.match(/<merror[^>]*>/);
  if (error) failures.push({ id, formula, error: error[1] ?? "merror" });
}
console.log(JSON.stringify(failures));
