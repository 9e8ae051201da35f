// Name, claim, the three colours that mean the same everywhere, and the two languages.
const root = element.querySelector(".ddpm-header");
fillWords(root);
for (const button of root.querySelectorAll("[data-language]")) {
  button.setAttribute("aria-pressed", String(button.dataset.language === window.ddpmLanguage));
  button.addEventListener("click", () => window.ddpmSpeak(button.dataset.language));
}
