/**
 * Renders Jinja chat templates with @huggingface/jinja. A template is foreign code that may never end, so only tests
 * and template.worker.ts, which can be terminated, call this.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';

export type TemplateVariables = Readonly<Record<string, unknown>>;

/** Errors lose their class between threads, so faults are returned as values. `detail` is a clause of a sentence. */
export type Rendered =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly fault: 'unreadable' | 'refused' | 'too-long'; readonly detail: string };

/** Most UTF-16 code units of a rendered text. No supported context is this long. */
export const LONGEST_TEXT = 2 ** 20;
/** The limit of Jinja's sandbox. */
const LONGEST_RANGE = 100_000;

/**
 * The time that `strftime_now` returns: noon of the day that Llama's templates fall back to. With the current date, a
 * run that is resumed the next day would have different prompts.
 */
const NOW = new Date(2024, 6, 26, 12);
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const two = (n: number): string => String(n).padStart(2, '0');

const DIRECTIVES: Readonly<Record<string, (date: Date) => string>> = {
  '%Y': (date) => String(date.getFullYear()),
  '%y': (date) => two(date.getFullYear() % 100),
  '%m': (date) => two(date.getMonth() + 1),
  '%B': (date) => MONTHS[date.getMonth()] ?? '',
  '%b': (date) => (MONTHS[date.getMonth()] ?? '').slice(0, 3),
  '%d': (date) => two(date.getDate()),
  '%-d': (date) => String(date.getDate()),
  '%A': (date) => DAYS[date.getDay()] ?? '',
  '%a': (date) => (DAYS[date.getDay()] ?? '').slice(0, 3),
  '%H': (date) => two(date.getHours()),
  '%M': (date) => two(date.getMinutes()),
  '%S': (date) => two(date.getSeconds()),
  '%%': () => '%',
};

/** Python's strftime in the C locale. Directives that no known template uses are not replaced. */
const strftime = (date: Date, format: unknown): string =>
  String(format).replace(/%-?./g, (directive) => DIRECTIVES[directive]?.(date) ?? directive);

/** Python's range, with the limit of Jinja's sandbox. */
function range(first: number, end?: number, step = 1): number[] {
  const [start, stop] = end === undefined ? [0, first] : [first, end];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= LONGEST_RANGE)) throw new Error(`a range of ${length} numbers is too long`);
  return Array.from({ length }, (_, i) => start + i * step);
}

const GLOBALS = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range,
  strftime_now: (format: unknown) => strftime(NOW, format),
  raise_exception(reason: unknown) {
    throw new Error(String(reason));
  },
};

type Program = ReturnType<typeof parse>;
let last: { readonly source: string; readonly program: Program } | null = null;

/** @param variables values that can be sent between threads; they hide globals of the same name */
export function renderTemplate(source: string, variables: TemplateVariables): Rendered {
  let program: Program;
  try {
    program =
      last?.source === source ? last.program : parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    return { ok: false, fault: 'unreadable', detail: reason(error) };
  }
  last = { source, program };
  try {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...GLOBALS, ...variables })) environment.set(name, value);
    const text = String(new Interpreter(environment).run(program).value);
    if (text.length <= LONGEST_TEXT) return { ok: true, text };
    return { ok: false, fault: 'too-long', detail: `${text.length} characters` };
  } catch (error) {
    return { ok: false, fault: 'refused', detail: reason(error) };
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 300);
