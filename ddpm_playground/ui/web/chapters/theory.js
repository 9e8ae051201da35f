// The lecture, chapter by chapter. The reader moves a lever, the server computes, the blocks show it; while one answer
// is on its way only the newest wish waits.
import { number } from "../core/number.js";
import { loadKatex } from "../draw/katex.js";
import { make, opened, SUBSCRIPT, typeset, write } from "../page/dom.js";
import { onGround, onResize } from "../page/life.js";
import { ask } from "../page/server.js";
import { onSettings, remember, settings } from "../page/settings.js";
import { say } from "../page/words.js";
import { makeBar } from "./bar.js";
import { VIEWS } from "./blocks.js";
import { makeColumns } from "./columns.js";
import { leversOf, leversText } from "./levers.js";
import { chapterAt } from "./named.js";
import { makeMap } from "./map.js";
import { Pace } from "../page/pace.js";
import { makeReferences } from "./references.js";
import { spoken } from "./words.js";

/** @param {Component} component */
export function mount({ element, props, server }) {
  const { root, find } = opened(element, ".theory");
  const start = JSON.parse(props.value);
  const values = new Map(
    start.chapters.map(({ name, controls }) => [
      name,
      Object.fromEntries(controls.map(({ key, value }) => [key, value])),
    ]),
  );
  const picked = new Map(),
    bar = makeBar(find(".bar")),
    pace = new Pace(),
    choose = find(".jump select"),
    blocks = find(".blocks"),
    problem = find(".problem"),
    columns = makeColumns(blocks);
  let at = -1,
    busy = false,
    again = false,
    views = [],
    shown = [],
    told = null;

  // Subscripts in characters, where no markup can stand.
  const LOWERED = { 0: "₀", 1: "₁", 2: "₂", t: "ₜ", s: "ₛ", "−": "₋", "{": "", "}": "" };
  const lowered = (text) =>
    text.replaceAll(new RegExp(SUBSCRIPT, "gi"), (_, below) => [...below].map((c) => LOWERED[c] ?? c).join(""));
  const titleOf = (i) => say("theory.numbered", { n: i + 1, title: say(`ch_${start.chapters[i].name}.title`) });
  start.chapters.forEach((_, i) => choose.append(new Option(lowered(titleOf(i)), String(i))));
  const mark = makeMap(find(".chapters"), start.chapters, (i) => open(i)),
    markSources = makeReferences(find(".sources ul"), start.references);
  // Where the page has a base, an address of a fragment alone would load it anew.
  find(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    find(".bar").focus();
  });
  choose.addEventListener("change", () => open(+choose.value));

  function open(i, quiet) {
    if (i === at) return;
    at = i;
    told = null;
    const { name, controls, choices } = start.chapters[i],
      now = values.get(name);
    mark(i);
    choose.value = i;
    write(find("h2"), titleOf(i));
    write(find(".claim"), say(`ch_${name}.claim`));
    putLevers(i);
    markSources(name);
    write(find(".asked"), say(`ch_${name}.question`));
    find(".choices").replaceChildren(
      ...Array.from({ length: choices }, (_, k) => {
        const button = make("button", "", ...typeset(say(`ch_${name}.choice_${k}`)));
        button.type = "button";
        button.addEventListener("click", () => {
          picked.set(name, k);
          judge();
          // Heard once, when it is asked for, and not with every move of a lever.
          find(".heard").textContent = find(".verdict").textContent;
        });
        return button;
      }),
    );
    blocks.replaceChildren();
    pace.follow([]);
    views = [];
    for (const part of [".unknown", ".problem", ".verdict", ".heard", ".badge"]) find(part).textContent = "";
    const drawer = find(".source");
    drawer.open = false;
    drawer.querySelector("div").replaceChildren();
    for (const [selector, j] of [
      [".back", i - 1],
      [".on", i + 1],
    ]) {
      const button = find(selector);
      button.hidden = !start.chapters[j];
      if (start.chapters[j])
        write(button, say(selector === ".on" ? "theory.next" : "theory.previous", { title: titleOf(j) }));
      button.onclick = () => {
        open(j);
        root.scrollIntoView({ block: "start" });
        find("h2").focus({ preventScroll: true });
      };
    }
    if (!quiet) {
      remember("chapter", name, element);
      remember("levers", leversText(controls, now), element);
    }
    compute();
  }

  function putLevers(i) {
    const { name, controls } = start.chapters[i],
      now = values.get(name);
    shown = [];
    const moved = (control, v) => {
      now[control.key] = v;
      if (control.restarts) {
        now[control.restarts] = controls.find(({ key }) => key === control.restarts).value;
        putLevers(i);
        find(`.controls [data-lever="${control.key}"] [aria-pressed=true]`).focus();
      }
      bar.tell(name, controls, now);
      remember("levers", leversText(controls, now), element);
      compute();
    };
    bar.put(name, controls, now, moved, (done) => shown.push(done));
  }

  // The question's answer for the values that are on screen.
  function judge() {
    const { name } = start.chapters[at],
      mine = picked.get(name),
      verdict = find(".verdict");
    find(".choices")
      .querySelectorAll("button")
      .forEach((button, k) => {
        button.setAttribute("aria-pressed", k === mine);
        button.className = mine === undefined || !told ? "" : k === told.answer ? "right" : k === mine ? "wrong" : "";
      });
    if (mine === undefined || !told) {
      verdict.textContent = "";
      return;
    }
    verdict.replaceChildren(
      make("b", "", say(mine === told.answer ? "theory.right" : "theory.wrong")),
      " ",
      ...typeset(spoken(told.because)),
    );
  }

  async function compute() {
    if (busy) {
      again = true;
      return;
    }
    if (!root.clientWidth) return;
    busy = true;
    const { name } = start.chapters[at];
    root.setAttribute("aria-busy", "true");
    blocks.dataset.waiting = say("theory.waiting");
    const asked = performance.now();
    const [answer] = await Promise.all([
      ask(() => server.compute({ chapter: name, values: values.get(name) })),
      loadKatex(),
    ]);
    answer.wait = performance.now() - asked;
    if (!element.isConnected) return;
    const stale = start.chapters[at].name !== name;
    if (!stale) {
      problem.textContent = answer.problem || "";
      root.classList.toggle("stale", !!answer.problem);
      if (!answer.problem) {
        show(answer);
        // The next one is asked for once this one can be seen; what is out of sight follows meanwhile.
        await pace.shown();
      }
    }
    busy = false;
    if (again || start.chapters[at].name !== name) {
      again = false;
      compute();
      return;
    }
    await pace.done();
    if (busy) return;
    root.removeAttribute("aria-busy");
    if (told === answer) shown.forEach((done) => done(answer.in_effect || {}));
  }

  // New cards are seen once all of them are filled; of those that are there, what has changed is drawn bit by bit.
  function show(answer) {
    told = answer;
    root.dataset.chapter = start.chapters[at].name;
    const isNew = views.length !== answer.blocks.length || views.some(({ kind }, i) => kind !== answer.blocks[i].kind);
    if (isNew) {
      views = answer.blocks.map(({ kind }) => {
        const box = make("div", `block ${kind}`);
        return { kind, box, show: VIEWS[kind](box, pace), was: "" };
      });
      blocks.replaceChildren(...views.map(({ box }) => box));
      blocks.classList.add("filling");
      pace.follow(views.map(({ box }) => box));
    }
    answer.blocks.forEach((block, i) => {
      const view = views[i],
        now = JSON.stringify(block);
      if (view.was === now) return;
      view.was = now;
      pace.put(view, view.box, () => view.show(block));
    });
    if (isNew)
      pace.done().then(() => {
        columns.assign();
        columns.follow();
        blocks.classList.remove("filling");
      });
    const ms = number(answer.ms, 2),
      wait = number(answer.wait, 2);
    const isLate = answer.wait > 3 * answer.ms + 200,
      late = isLate ? say("theory.badge_wait", { wait }) : "";
    find(".badge").textContent = say(`theory.badge_${answer.kept}`, { ms }) + late;
    judge();
  }

  find(".source").addEventListener("toggle", async ({ target }) => {
    const box = target.querySelector("div");
    if (!target.open || box.children.length) return;
    const { name } = start.chapters[at],
      { sources = [], problem: why = "" } = await ask(() => server.drawer({ chapter: name }));
    if (start.chapters[at].name !== name) return;
    box.replaceChildren(...sources.flatMap(({ where, code }) => [make("h4", "", where), make("pre", "", code)]));
    // Asked again when it is opened again.
    if (why) problem.textContent = why;
    if (why) target.open = false;
  });

  // The chapter that the address names, once it is known; it is computed when the tab is first seen.
  const begin = () => {
    const { chapter, levers } = settings,
      i = chapterAt(start.chapters, chapter),
      { name, controls } = start.chapters[Math.max(0, i)];
    if (i >= 0) Object.assign(values.get(name), leversOf(controls, levers || ""));
    open(Math.max(0, i), true);
    if (i < 0 && chapter)
      find(".unknown").textContent = say("theory.unknown", { chapter, most: start.chapters.length });
  };
  onSettings(element, [], begin);
  onResize(root, () => at >= 0 && !told && !busy && compute());
  onGround(element, () => {
    for (const view of views) view.was = "";
    if (told) show(told);
  });
}
