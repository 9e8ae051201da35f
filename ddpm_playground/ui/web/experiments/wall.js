// The last twelve results that the reader has kept, in this browser alone.
import { make, makeButton, opened } from "../page/dom.js";
import { say } from "../page/words.js";
import { kept, rehang, walls } from "./keeping.js";

/** @param {Component} component */
export function mount({ element }) {
  const { find } = opened(element, ".wall");

  function draw() {
    const all = kept();
    find(".pieces").replaceChildren(
      ...all.map((one, i) => {
        const link = make(
            "a",
            "",
            Object.assign(make("img"), { src: one.picture, alt: "" }),
            make("span", "", one.title),
          ),
          away = makeButton("away", "×");
        link.href = one.link;
        away.setAttribute("aria-label", say("keeping.away", { title: one.title }));
        away.addEventListener("click", () => rehang(all.filter((_, k) => k !== i)));
        return make("li", "", link, away);
      }),
    );
    if (!all.length) find(".pieces").append(make("li", "none", say("keeping.empty")));
  }

  walls.listen(element, draw);
  draw();
}
