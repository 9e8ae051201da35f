// A question to be guessed before the answer is seen.
import { finder, makeButton, write } from "../page/dom.js";

/**
 * Asks; once there is an answer, the verdict stands and `reveal` is called.
 * @param {HTMLElement} box of a question's p, .answers and .verdict
 * @param {object} asked
 * @param {string} asked.question
 * @param {{ name: string, isRight: boolean }[]} asked.answers
 * @param {(isRight: boolean) => string} asked.verdict
 * @param {() => void} asked.reveal
 */
export const guess = (box, { question, answers, verdict, reveal }) => {
  const find = finder(box);
  box.hidden = false;
  write(find("p"), question);
  find(".verdict").textContent = "";
  find(".answers").replaceChildren(
    ...answers.map(({ name, isRight }) => {
      const button = makeButton("", name);
      button.addEventListener("click", () => {
        write(find(".verdict"), verdict(isRight));
        reveal();
      });
      return button;
    }),
  );
};
