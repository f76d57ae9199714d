/** Colours and font of the page's theme, for drawing on a canvas. */
import type { Colour } from './chart-data';

export interface ChartTheme {
  readonly colours: Record<Colour, string>;
  readonly text: string;
  /** Colour of the most important text. */
  readonly strong: string;
  readonly line: string;
  readonly surface: string;
}

export const FONT = '11px "Inter Variable", system-ui, sans-serif';

/** Reads the colours that apply inside an element. */
export function readTheme(host: HTMLElement): ChartTheme {
  const probe = host.appendChild(document.createElement('span'));
  const colourOf = (variable: string) => {
    probe.style.color = `var(${variable})`;
    return getComputedStyle(probe).color;
  };
  const theme = {
    colours: {
      thinking: colourOf('--arm-thinking'),
      direct: colourOf('--arm-direct'),
      third: colourOf('--run-3'),
      fourth: colourOf('--run-4'),
    },
    text: colourOf('--ink-3'),
    strong: colourOf('--ink'),
    line: colourOf('--line'),
    surface: colourOf('--surface'),
  };
  probe.remove();
  return theme;
}

/** A CSS colour with an opacity in 0 … 1. */
export function fade(colour: string, opacity: number): string {
  return `color-mix(in srgb, ${colour} ${opacity * 100}%, transparent)`;
}
