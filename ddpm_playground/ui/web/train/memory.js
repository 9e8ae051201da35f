// What a network has memorised of its points: its loss on them and on others, beside that of their exact ε.
import { number } from "../core/number.js";
import { make, write } from "../page/dom.js";
import { say } from "../page/words.js";

const ROWS = [
  ["memory_learned", "train", "held"],
  ["memory_exact", "exact_train", "exact_held"],
];

/** Rows of the table: a word, and a loss on the points and on others. */
export const rowsOf = (told) => ROWS.map(([key, train, held]) => [key, number(told[train], 3), number(told[held], 3)]);

/**
 * @param {(selector: string) => any} find within the card
 * @param {any} told what the run has told, or null
 */
export const showMemory = (find, told) => {
  const has = told && told.held !== undefined;
  find(".memory .table").hidden = !has;
  write(
    find(".memory .kept"),
    has ? say("train.memory_said", { n: told.n, percentile: number(told.percentile, 2) }) : say("train.no_loss"),
  );
  if (!has) return;
  find(".memory tbody").replaceChildren(
    ...rowsOf(told).map(([key, ...cells]) =>
      make("tr", "", write(make("th"), say(`train.${key}`)), ...cells.map((text) => make("td", "", text))),
    ),
  );
};
