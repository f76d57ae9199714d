/** A text as it is compared: white space runs become one space; neither case counts nor how an accented letter is composed (NFC). */
export const normalised = (text: string): string => text.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase();
