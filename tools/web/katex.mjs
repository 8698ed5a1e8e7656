// Read [{id, formula, display}] from stdin, parse each with KaTeX, print the failures as JSON.
import katex from "katex";

let text = "";
for await (const part of process.stdin) text += part;
const failures = [];
for (const { id, formula, display } of JSON.parse(text)) {
  try {
    katex.renderToString(formula, { throwOnError: true, strict: "ignore", displayMode: display });
  } catch (error) {
    failures.push({ id, formula, error: error.message.split("\n")[0].slice(0, 200) });
  }
}
console.log(JSON.stringify(failures));
