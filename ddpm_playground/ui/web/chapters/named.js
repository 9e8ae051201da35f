// Which chapter an address means.

/**
 * The place of a chapter by its name, or by its number, which begins at 1; −1 where there is no such chapter.
 * @param {{ name: string }[]} chapters
 * @param {string} text
 */
export const chapterAt = (chapters, text) => {
  const i = /^\d{1,3}$/.test(text) ? Number(text) - 1 : chapters.findIndex(({ name }) => name === text);
  return i < chapters.length ? i : -1;
};
