/** How the page writes numbers, dates and the names of the arms. */
import type { Arm } from '../recipe/recipe';
import type { OpeningProgress } from '../records/progress';

export const ARM_NAME: Record<Arm, string> = { thinking: 'thinks first', direct: 'answers at once' };

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** 12345 → "12,345" */
export function count(value: number): string {
  return whole.format(value);
}

/** A share in 0 … 1 → "81.3%" */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)}%`;
}

/** Bytes → "84.2 MB" in decimal units, as GPUs and disks are sold. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || scaled >= 100 ? 0 : 1;
  return `${scaled.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** Operations per second → "31 G", "12.7 T", to be followed by a unit. */
export function rate(perSecond: number): string {
  const [scaled, prefix] =
    perSecond >= 1e12 ? [perSecond / 1e12, 'T'] : perSecond >= 1e9 ? [perSecond / 1e9, 'G'] : [perSecond / 1e6, 'M'];
  return `${compact.format(scaled)} ${prefix}`;
}

/** A measured time → "3.1 µs", "24 ms", "1.2 s". */
export function seconds(value: number): string {
  if (value < 1e-3) return `${compact.format(Number((value * 1e6).toPrecision(2)))} µs`;
  return value < 1 ? `${compact.format(Number((value * 1e3).toPrecision(2)))} ms` : `${compact.format(value)} s`;
}

/** Number of parameters → "1.1M", "135M", "1.2B", as in the names of models. */
export function modelSize(parameters: number): string {
  const [scaled, unit] = parameters >= 999.5e6 ? [parameters / 1e9, 'B'] : [parameters / 1e6, 'M'];
  return `${scaled.toFixed(unit === 'M' && scaled >= 9.95 ? 0 : 1)}${unit}`;
}

/** Seconds → "8 s", "4 min", "1 h 20 min": rounded up, because it is time that is still to come. */
export function duration(seconds: number): string {
  if (seconds < 0.95) return 'under 1 s';
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** A measured value of any size → "0.693", "1.5e-4", "−41.2" */
export function measured(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.001 || size >= 1e6)
    return Number(value.toPrecision(3)).toExponential().replace(/^-/, '−').replace('e+', 'e');
  return compact.format(value).replace('-', '−');
}

const day = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});

/** Milliseconds since 1970 → "23 Nov, 16:07" */
export function moment(time: number): string {
  return day.format(time);
}

/** Subscript digits: 12 → "₁₂" */
export function subscript(value: number): string {
  return String(value).replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** The work before a model can be used → "Loading the model: 12 of 272 tensors" */
export function openingWords({ phase, done, total }: OpeningProgress): string {
  if (phase === 'load') return `Loading the model: ${count(done)} of ${plural(total, 'tensor')}`;
  const choosing = phase === 'lanes' ? 'number of lanes' : 'fastest kernels for this device';
  return `Choosing the ${choosing}, ${count(done)} of ${count(total)}`;
}

/** Speed of generation → "1,204 tokens/s" */
export function tokenSpeed(tokensPerSecond: number): string {
  return `${plural(Math.round(tokensPerSecond), 'token')}/s`;
}
