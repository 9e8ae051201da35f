// Schedules out: files made by the server, pictures made by the plots, a link.
const save = (name, blob) => {
  const link = make("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
// `state` gives {betas, config, linkable, edited, gd, name} at the time of a click: the schedule as the server takes it, whether
// the address holds it, and the plot that becomes a picture.
const exportButtons = (box, told, state) => {
  const link = async ({ linkable, edited }) => {
    if (edited) return say("lab.edited_no_link");
    if (linkable) await navigator.clipboard.writeText(location.href).catch(() => {});
    return say(linkable ? "lab.linked" : "lab.too_long");
  };
  const file = async ({ betas, config }, format) => {
    const said = await server.export({ betas, config, format });
    if (said.problem) return said.problem;
    save(said.name, new Blob([said.text], { type: "text/plain" }));
    return say("lab.saved", said);
  };
  const picture = async ({ gd, name: stem }, format) => {
    const url = await window.Plotly.toImage(gd, { format, width: 1000, height: 460, scale: format === "png" ? 2 : 1 }), name = `${stem}.${format}`;
    save(name, await (await fetch(url)).blob());
    return say("lab.saved", { name });
  };
  for (const [format, deed] of [[".json", file], [".csv", file], [".py", file], ["svg", picture], ["png", picture], ["link", link]]) {
    const button = box.appendChild(make("button", "", say(`lab.export_${format.replace(".", "")}`)));
    button.type = "button";
    button.dataset.format = format;
    button.addEventListener("click", async () => {
      told.textContent = "";
      told.textContent = await deed(state(), format).catch(() => say("lab.unreachable"));
    });
  }
};
