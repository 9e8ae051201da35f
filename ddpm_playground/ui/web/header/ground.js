// Light or dark: which one the next press chooses, so that it is seen.

/** Whether the system is dark, whatever this reader chose: CSS asks it, not matchMedia. */
export const isSystemDark = () => {
  const probe = document.createElement("style");
  probe.textContent = ":root { --system-dark: 0 } @media (prefers-color-scheme: dark) { :root { --system-dark: 1 } }";
  document.head.append(probe);
  const isDark = getComputedStyle(document.documentElement).getPropertyValue("--system-dark").trim() === "1";
  probe.remove();
  return isDark;
};

/**
 * First the one that the system does not have, then the one that it has, then as it has it.
 * @param {string} chosen
 * @param {boolean} isDark whether the system is
 */
export const nextGround = (chosen, isDark) => {
  const [other, same] = isDark ? ["light", "dark"] : ["dark", "light"];
  return { system: other, [other]: same }[chosen] || "system";
};
