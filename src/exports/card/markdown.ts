/** Puts untrusted text into Markdown so that it stays text. */

/** The text on one line, with Markdown's and HTML's special characters escaped. */
export const line = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_{}[\]<>#|~!]/g, '\\$&');

/** The text on one line of at most 40 characters, not escaped: for code blocks. */
export const spaced = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 40);

/** The text as a code span, delimited by more backticks than it contains. */
export const code = (text: string): string => {
  const ticks = '`'.repeat(longestTicks(text) + 1);
  return text.includes('`') ? `${ticks} ${text} ${ticks}` : `\`${text}\``;
};

/** A code block, delimited by more backticks than the text contains. */
export function fence(language: string, text: string): string {
  const ticks = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return `${ticks}${language}\n${text}\n${ticks}`;
}

const longestTicks = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
