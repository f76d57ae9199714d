/** A text with `\n` as its only line end, whatever the system that wrote it ends lines with. */
export const unixLines = (text: string): string => (text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text);
