// The last twelve results that the reader has kept, in this browser alone.
import { make, makeButton, opened } from "../page/dom.js";
import { say } from "../page/words.js";
import { kept, rehang, walls } from "./keeping.js";

/** @param {Component} component */
export function mount({ element }) {
  const { root, find } = opened(element, ".wall");

  // Seen once the card above it stands, which would push it down.
  const appear = () => {
    if (!element.isConnected) return;
    const card = document.querySelector("[id^=experiments-][data-open]");
    if (!card || card.closest("[inert]") || card.querySelector("[inert]")) return void requestAnimationFrame(appear);
    root.classList.add("stands");
  };

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
  appear();
}
