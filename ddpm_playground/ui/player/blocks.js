// What a chapter shows: one view for each kind of block. A view is made once and shown new values after that.
const filled = (root, key) => root.appendChild(make("p", key));
// {"@": key, …} from the server: the words with their places filled in.
const spoken = (said) => {
  if (!said) return "";
  const { "@": key, ...values } = said;
  return say(key, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "number" ? number(value) : value && value["@"] ? spoken(value) : value])));
};
// "@part.key" in a figure's titles and names.
const said = (text) => (typeof text === "string" && text.startsWith("@") ? say(text.slice(1)) : text);
const noted = (box) => {
  const note = box.appendChild(make("p", "note"));
  return (words) => { note.hidden = !words; if (words) write(note, spoken(words)); };
};

const VIEWS = {
  formula(box) {
    const lines = box.appendChild(make("div", "lines")), note = noted(box);
    return (block) => {
      while (lines.children.length > block.lines.length) lines.lastChild.remove();
      block.lines.forEach((source, i) => typesetTex(lines.children[i] || lines.appendChild(make("div", "line")), source, true));
      note(block.note);
    };
  },
  numbers(box) {
    const table = box.appendChild(make("table"));
    return (block) => {
      while (table.rows.length > block.rows.length) table.deleteRow(-1);
      block.rows.forEach(({ tex, value, symbol }, i) => {
        const row = table.rows[i] || table.insertRow();
        if (!row.cells.length) { row.insertCell(); row.insertCell(); }
        row.className = symbol ? `sym-${symbol.replaceAll("_", "-")}` : "";
        typesetTex(row.cells[0], tex);
        typesetTex(row.cells[1], value);
      });
    };
  },
  pictures(box) {
    const row = box.appendChild(make("div", "row")), note = noted(box);
    return (block) => {
      row.classList.toggle("small", !!block.small);
      while (row.children.length > block.items.length) row.lastChild.remove();
      block.items.forEach((item, i) => {
        let one = row.children[i];
        if (!one) {
          one = row.appendChild(make("figure", "", make("figcaption"), document.createElement("canvas"), make("p")));
          one.querySelector("canvas").setAttribute("role", "img");
        }
        const canvas = one.querySelector("canvas"), caption = one.querySelector("figcaption"), under = one.querySelector("p");
        one.className = `sym-${item.symbol.replaceAll("_", "-")}`;
        typesetTex(caption, item.title);
        paint(canvas, float32(item.data), item.shape, item.gain);
        canvas.setAttribute("aria-label", `${item.title} ${spoken(item.note)}`.trim());
        under.hidden = !item.note;
        if (item.note) write(under, spoken(item.note));
      });
      note(block.note);
    };
  },
  plot(box) {
    const title = box.appendChild(make("h3")), keys = box.appendChild(make("div", "keys")), gd = box.appendChild(make("div", "gd")), note = noted(box);
    let now = null;
    const draw = async () => {
      if (!now || !box.clientWidth) return;
      const Plotly = window.Plotly || (await plotly(window.ddpmTheory.plotly));
      const { data, layout: plain } = now.figure, layout = dressed(plain, box, gd.clientWidth);
      layout.dragmode = false;
      for (const axis of [layout.xaxis, layout.yaxis]) axis.title.text = subscripted(said(axis.title.text));
      for (const shape of layout.shapes || []) shape.line.color = colourOf(box, "--muted");
      const traces = data.map((trace) => {
        const colour = colourOf(box, trace.meta.colour);
        return { ...trace, name: said(trace.name), line: { ...trace.line, color: colour }, marker: { ...trace.marker, color: colour, size: trace.type === "bar" ? undefined : 7 }, fillcolor: `${colour}33` };
      });
      drawFigure(Plotly, gd, traces, layout);
      gd.setAttribute("role", "img");
      gd.setAttribute("aria-label", `${spoken(now.title)}: ${traces.map(({ name }) => name).join(", ")}`);
      keys.replaceChildren(...traces.map(({ name, meta, line, type }) => make("span", "", swatch(meta.colour, (line && line.dash) || "solid", type === "bar" ? 7 : 2.5), make("span", "", ...typeset(name)))));
    };
    new ResizeObserver(draw).observe(box);
    return (block) => {
      now = block;
      gd.style.height = `${block.figure.layout.height}px`;
      write(title, spoken(block.title));
      note(block.note);
      draw();
    };
  },
  listing(box) {
    const list = box.appendChild(make("ol"));
    return (block) => {
      while (list.children.length > block.lines.length) list.lastChild.remove();
      block.lines.forEach((source, i) => {
        const line = list.children[i] || list.appendChild(make("li", "", make("span")));
        line.className = i === block.lit ? "lit" : "";
        if (i === block.lit) line.setAttribute("aria-current", "step");
        else line.removeAttribute("aria-current");
        typesetTex(line.firstChild, source);
      });
    };
  },
  remark(box) {
    const text = box.appendChild(make("p"));
    return (block) => write(text, spoken(block.say));
  },
};
