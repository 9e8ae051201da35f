// The audit of a scheduler class: where each step leads, against the timestep that is visited next.
import { number } from "../core/number.js";
import { colourOf, drawFigure, dressed, plotlyFor } from "../draw/plots.js";
import { make, opened } from "../page/dom.js";
import { onGround, onResize } from "../page/life.js";
import { askInTurn, Newest } from "../page/server.js";
import { say } from "../page/words.js";

/** @param {Component} component */
export function mount({ element, props, server }) {
  const { root, find } = opened(element, ".audit");
  const start = JSON.parse(props.value);
  const said = find(".said"),
    found = find(".found"),
    problem = find(".problem"),
    gd = find(".gd");
  const questions = new Newest(element);
  let result = null;
  const choices = (names) => {
    const { value } = find(".class");
    find(".class").replaceChildren(...names.map((name) => new Option(name, name)));
    find(".class").value = value || start.chosen;
  };
  choices([start.chosen]);
  find(".spacing").append(
    new Option(say("audit.own_spacing"), ""),
    ...start.spacings.map((name) => new Option(name, name)),
  );
  find(".spacing").value = start.spacing;
  find("thead tr").append(
    ...["t", "used", "next", "error"].map((key) => {
      const th = make("th", "", say(`audit.col_${key}`));
      th.scope = "col";
      return th;
    }),
  );

  const shown = (timestep) => (timestep === null ? say("audit.clean") : number(timestep, 6));
  function tabulate() {
    find("tbody").replaceChildren(
      ...result.transitions.map((one, i) => {
        const wrong = one.next !== null && one.used !== one.next;
        const texts = [shown(one.t), shown(one.used), shown(one.next), number(result.measured[i].error, 2)];
        return make("tr", wrong ? "wrong" : "", ...texts.map((text) => make("td", "", text)));
      }),
    );
  }

  // The path through (t, log SNR); where a step leads beside the next t, its landing is marked.
  function draw() {
    if (!result || found.hidden || !root.clientWidth) return;
    const Plotly = plotlyFor(find(".status"), draw);
    if (!Plotly) return;
    const layout = dressed(start.figure.layout, root, gd.clientWidth),
      [path] = start.figure.data,
      x = [],
      y = [];
    Object.assign(layout, { height: 290, dragmode: false, hovermode: "closest" });
    layout.xaxis.title.text = say("audit.x");
    layout.yaxis.title.text = say("schedule.log_snr_y");
    result.timesteps.forEach((t, i) => {
      if (result.log_snr[i] !== null) {
        x.push(t);
        y.push(result.log_snr[i]);
      }
    });
    layout.xaxis.range = [Math.min(-10, ...x) * 1.02, Math.max(...x, 1) * 1.03];
    const line = (css) => ({ color: colourOf(root, css), width: 2 }),
      hovertemplate = "t = %{x:.6~g}, log SNR = %{y:.5~g}<extra></extra>";
    const traces = [
      {
        ...path,
        x,
        y,
        mode: "lines+markers",
        marker: { size: 7 },
        line: line("--series-0"),
        hovertemplate,
        opacity: 1,
      },
    ];
    const level = new Map(result.timesteps.map((t, i) => [t, result.log_snr[i]])),
      X = [],
      Y = [];
    result.transitions.forEach(({ t, used, next }, i) => {
      const { landed } = result.measured[i];
      if (next === null || used === next || used === null || landed === null || level.get(t) == null) return;
      X.push(t, used, null);
      Y.push(level.get(t), landed, null);
    });
    if (X.length)
      traces.push({
        ...path,
        x: X,
        y: Y,
        mode: "lines+markers",
        marker: { size: 9, symbol: "x" },
        line: { ...line("--sym-eps"), dash: "dot" },
        hovertemplate,
        opacity: 1,
      });
    drawFigure(Plotly, gd, traces, layout);
    gd.setAttribute("aria-label", say("audit.plot_label", { name: result.class }));
  }

  async function run() {
    const wanted = questions.next();
    root.setAttribute("aria-busy", "true");
    const fields = ["class", "spacing", "steps", "options"].map((name) => [name, find(`.${name}`).value]);
    const got = await askInTurn(server.audit_scheduler, Object.fromEntries(fields), { line: problem, wanted });
    if (!got) return;
    root.removeAttribute("aria-busy");
    if (got.problem) {
      found.hidden = true;
      said.textContent = "";
      find(".notes").replaceChildren();
      return;
    }
    result = got;
    const counts = {
      name: got.class,
      n: got.mismatches,
      S: got.transitions.length,
      error: number(got.max_abs_error, 2),
      t: number(got.max_abs_error_at, 6),
    };
    found.hidden = !got.transitions.length;
    said.className = `said ${got.reason ? "" : got.mismatches ? "wrong" : "right"}`;
    said.textContent =
      got.reason ||
      [
        say(got.mismatches ? "audit.wrong" : "audit.right", counts),
        say(got.max_abs_error === null ? "audit.no_form" : "audit.error", counts),
      ].join(" ");
    find(".notes").replaceChildren(...got.notes.map((note) => make("li", "", note)));
    tabulate();
    draw();
  }
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  onResize(root, draw);
  onGround(element, draw);
  new IntersectionObserver(async (seen, observer) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    observer.disconnect();
    const answer = await askInTurn(server.class_names, {}, { line: problem });
    if (answer?.names) choices(answer.names);
    run();
  }).observe(root);
}
