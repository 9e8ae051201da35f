// What a chapter shows: one view for each kind of block. A view is made once and shown new values after that.
import { float32 } from "../core/base64.js";
import { paint } from "../draw/canvas.js";
import { make, makeButton, typeset, write } from "../page/dom.js";
import { say } from "../page/words.js";
import { drawGraph } from "./graph.js";
import { typesetTex } from "./formula.js";
import { makePlot } from "./plot.js";
import { noted, powerOfTen, spoken } from "./words.js";

let graphsDrawn = 0;

/** 1.58052\\times10^{-4} as a hint can say it: 1.58052 × 10⁻⁴. */
const plainOf = (tex) => tex.replace(/\\times10\^\{(-?\d+)\}/, (_, power) => ` × ${powerOfTen(power)}`);

/**
 * A kind of block is one function here: it makes its view in a box, and gives what shows a block there. What takes a
 * while is drawn when its turn has come.
 * @type {Record<string, (box: HTMLElement, pace: import("../page/pace.js").Pace) => (block: any) => void>}
 */
export const VIEWS = {
  formula(box, pace) {
    const lines = box.appendChild(make("div", "lines")),
      note = noted(box);
    return (block) => {
      while (lines.children.length > block.lines.length) lines.lastChild.remove();
      block.lines.forEach((source, i) =>
        typesetTex(pace, lines.children[i] || lines.appendChild(make("div", "line")), source, true),
      );
      note(block.note);
    };
  },
  numbers(box, pace) {
    const table = box.appendChild(make("table")),
      more = box.appendChild(makeButton("digits")),
      label = () => write(more, say(more.ariaPressed === "true" ? "theory.few_digits" : "theory.all_digits"));
    let now = null;
    const draw = () => {
      while (table.rows.length > now.rows.length) table.deleteRow(-1);
      now.rows.forEach(({ tex, value, full, symbol }, i) => {
        const row = table.rows[i] || table.insertRow();
        if (!row.cells.length) {
          row.insertCell();
          row.insertCell();
        }
        row.className = symbol ? `sym-${symbol.replaceAll("_", "-")}` : "";
        typesetTex(pace, row.cells[0], tex);
        typesetTex(pace, row.cells[1], (more.ariaPressed === "true" && full) || value);
        row.cells[1].title = full && plainOf(full);
      });
    };
    more.ariaPressed = "false";
    label();
    more.addEventListener("click", () => {
      more.ariaPressed = String(more.ariaPressed !== "true");
      label();
      draw();
    });
    return (block) => {
      now = block;
      more.hidden = !block.rows.some(({ full }) => full);
      draw();
    };
  },
  pictures(box, pace) {
    const row = box.appendChild(make("div", "row")),
      note = noted(box);
    return (block) => {
      row.classList.toggle("small", block.small);
      box.classList.toggle("wide", block.wide);
      while (row.children.length > block.items.length) row.lastChild.remove();
      block.items.forEach((item, i) => {
        let one = row.children[i];
        if (!one) {
          one = row.appendChild(make("figure", "", make("figcaption"), make("canvas"), make("p")));
          one.querySelector("canvas").setAttribute("role", "img");
        }
        const canvas = one.querySelector("canvas"),
          caption = one.querySelector("figcaption"),
          under = one.querySelector("p");
        one.className = `sym-${item.symbol.replaceAll("_", "-")}${item.data ? "" : " blank"}`;
        typesetTex(pace, caption, item.title);
        // Hatched paper where there is nothing yet: black would be a number.
        if (item.data) paint(canvas, float32(item.data), item.shape, item.gain);
        else canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
        canvas.setAttribute("aria-label", `${item.title} ${spoken(item.note)}`.trim());
        under.hidden = !item.note;
        if (item.note) write(under, spoken(item.note));
      });
      note(block.note);
    };
  },
  plot: makePlot,
  listing(box, pace) {
    const list = box.appendChild(make("ol"));
    return (block) => {
      while (list.children.length > block.lines.length) list.lastChild.remove();
      block.lines.forEach((source, i) => {
        const line = list.children[i] || list.appendChild(make("li", "", make("span")));
        line.className = i === block.lit ? "lit" : "";
        if (i === block.lit) line.setAttribute("aria-current", "step");
        else line.removeAttribute("aria-current");
        typesetTex(pace, line.firstChild, source);
      });
    };
  },
  remark(box) {
    const text = box.appendChild(make("p"));
    return (block) => write(text, spoken(block.say));
  },
  diagram(box) {
    const title = box.appendChild(make("h3")),
      row = box.appendChild(make("div", "graphs")),
      note = noted(box);
    return (block) => {
      write(title, spoken(block.title));
      row.replaceChildren(
        ...block.graphs.map((graph) => {
          const { name } = graph,
            svg = drawGraph(graph, `tip-${graphsDrawn++}`);
          svg.setAttribute(
            "aria-label",
            [...(name ? [name] : []), ...[...svg.querySelectorAll("text")].map((text) => text.textContent)].join(", "),
          );
          return make("figure", "", ...(name ? [make("figcaption", "", ...typeset(name))] : []), svg);
        }),
      );
      note(block.note);
    };
  },
  derivation(box, pace) {
    const list = box.appendChild(make("ol")),
      note = noted(box);
    return (block) => {
      while (list.children.length > block.rows.length) list.lastChild.remove();
      block.rows.forEach(({ tex, why }, i) => {
        const row = list.children[i] || list.appendChild(make("li", "", make("div", "line"), make("p"))),
          [line, reason] = row.children;
        typesetTex(pace, line, tex, true);
        write(reason, spoken(why));
      });
      note(block.note);
    };
  },
};
