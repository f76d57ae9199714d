/** Foreign text in Markdown, so that it stays text. Pure. */

/** Foreign text on one line, with nothing in it that Markdown or HTML reads. */
export const line = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_{}[\]<>#|~!]/g, '\\$&');

/** Foreign text on one line, where nothing in it is read. */
export const spaced = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 40);

export const code = (text: string): string => {
  const ticks = '`'.repeat(longestTicks(text) + 1);
  return text.includes('`') ? `${ticks} ${text} ${ticks}` : `\`${text}\``;
};

/** A block that no text within can end. */
export function fence(language: string, text: string): string {
  const ticks = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return `${ticks}${language}\n${text}\n${ticks}`;
}

const longestTicks = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
