// Where the chapters come from; what the open one takes from is marked.
import { make } from "../page/dom.js";
import { say } from "../page/words.js";

/**
 * @param {HTMLElement} list
 * @param {{ credit: string, title: string, where: string, url: string, chapters: string[] }[]} references
 */
export const makeReferences = (list, references) => {
  const marks = references.map(({ credit, title, where, url }) => {
    const named = url ? make("a", "", title) : make("cite", "", title),
      mark = make("b", "used");
    if (url) Object.assign(named, { href: url, target: "_blank", rel: "noreferrer" });
    list.append(make("li", "", credit, ": ", named, where ? `. ${where}` : "", mark));
    return mark;
  });
  return (/** @type {string} */ name) =>
    references.forEach(({ chapters }, i) => {
      const used = chapters.includes(name);
      marks[i].closest("li")?.classList.toggle("here", used);
      marks[i].textContent = used ? say("theory.in_this_chapter") : "";
    });
};
