/** The theme, as a canvas needs it. */
import type { Colour } from './chart-data';

export interface Ink {
  readonly colours: Record<Colour, string>;
  readonly text: string;
  /** Of what is read first. */
  readonly strong: string;
  readonly line: string;
  readonly surface: string;
}

export const FONT = '11px "Inter Variable", system-ui, sans-serif';

/** The theme's colours, as the canvas needs them. */
export function readInk(host: HTMLElement): Ink {
  const probe = host.appendChild(document.createElement('span'));
  const of = (variable: string) => {
    probe.style.color = `var(${variable})`;
    return getComputedStyle(probe).color;
  };
  const ink = {
    colours: {
      thinking: of('--arm-thinking'),
      direct: of('--arm-direct'),
      third: of('--run-3'),
      fourth: of('--run-4'),
    },
    text: of('--ink-3'),
    strong: of('--ink'),
    line: of('--line'),
    surface: of('--surface'),
  };
  probe.remove();
  return ink;
}

/** "rgb(1, 2, 3)" with an opacity. */
export function fade(colour: string, opacity: number): string {
  return `color-mix(in srgb, ${colour} ${opacity * 100}%, transparent)`;
}
