// The verdict: its line, and a card for each finding.
import { make, makeButton, typeset } from "../page/dom.js";
import { isCalm } from "../page/life.js";
import { say } from "../page/words.js";

/** The worst first, in one line and its colour. */
export function showVerdict(line, findings) {
  const count = (severity) => findings.filter((one) => one.severity === severity).length;
  const worst = ["error", "warning"].find(count) || "none";
  const parts = ["error", "warning", "note"]
    .filter(count)
    .map((severity) => say(`lab.verdict_${severity}${count(severity) === 1 ? "_one" : ""}`, { n: count(severity) }));
  line.className = `verdict ${worst}`;
  line.textContent = [...(worst === "none" ? [say("lab.verdict_none")] : []), ...parts].join(say("lab.verdict_and"));
}

/**
 * What can be copied is the config with the doctor's own patch, which was tried: pasted back, it is without the
 * finding. A fix in words is read, not copied. `jump` shows where in t the finding is.
 */
export function cardOf({ code, severity, where, message, fix, reference, idle, patched }, jump) {
  const acts = make("div", "acts");
  if (patched && !idle) {
    const copy = acts.appendChild(makeButton("copy", say("lab.copy_patched")));
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(JSON.stringify(patched, null, 2)).catch(() => {});
      copy.textContent = say("lab.copied");
    });
  }
  if (where) {
    const [low, high] = where;
    const there = acts.appendChild(
      makeButton("", ...typeset(low === high ? say("lab.jump_t", { t: low }) : say("lab.jump", { low, high }))),
    );
    there.addEventListener("click", () => jump(where, isCalm() ? "auto" : "smooth"));
  }
  const head = make("h3", "", make("b", "", say(`lab.${severity}`)), ` ${code}`);
  return make(
    "li",
    severity,
    head,
    make("p", "", ...typeset(message)),
    make("p", "fix", ...typeset(fix)),
    make("p", "source", reference),
    ...(acts.children.length ? [acts] : []),
  );
}
