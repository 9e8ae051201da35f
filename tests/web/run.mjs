// Answers {"body", "arg"} on each line of the input with what that function body returns, with the
// exports of the modules
// that need no page in scope. NaN and the infinities, which JSON does not have, travel as {"number": "NaN"}.
import { createInterface } from "node:readline";

const MODULES = [
  "core/formulas",
  "core/forward_chain",
  "core/half",
  "core/packbits",
  "core/base64",
  "draw/picture_grid",
  "draw/direct_labels",
  "reverse/frames",
  "reverse/option_text",
  "chapters/levers",
  "chapters/columns",
  "pieces/wording",
  "page/server",
  "page/reach",
  "header/ground",
  "page/holding",
  "chapters/named",
  "train/levers",
  "train/memory",
  "train/race_view",
  "train/own_mixture",
  "lab/own_pictures",
  "experiments/columns_axis",
];
const web = new URL("../../ddpm_playground/ui/web/", import.meta.url);
const scope = Object.assign({}, ...(await Promise.all(MODULES.map((name) => import(new URL(`${name}.js`, web))))));
const plain = (_, value) => (typeof value === "number" && !Number.isFinite(value) ? { number: String(value) } : value);

for await (const line of createInterface({ input: process.stdin })) {
  const { body, arg } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await Function("arg", ...Object.keys(scope), body)(arg, ...Object.values(scope))) ?? null };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer, plain)}\n`);
}
