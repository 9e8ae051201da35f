// Static text of a template: data-say is an element's text, data-name its accessible name.
const fillWords = (root) => {
  root.querySelectorAll("[data-say]").forEach((node) => { node.textContent = say(node.dataset.say); });
  root.querySelectorAll("[data-name]").forEach((node) => { node.setAttribute("aria-label", say(node.dataset.name)); });
};
