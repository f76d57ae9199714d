/** A text as it is compared: white space runs become one space, case does not count. */
export const normalised = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase();
