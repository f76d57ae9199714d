import { saveBlob } from '../save';
import type { Series } from './chart-data';

/**
 * Saves a chart as PNG with its title and legend on the page's background, at the screen's resolution.
 * @param host element whose colours are used, if the canvas is not part of the page
 */
export function saveChartImage(
  name: string,
  plot: HTMLCanvasElement,
  title: string,
  series: readonly Series[],
  host: Element = plot,
): void {
  const ratio = devicePixelRatio;
  const head = (series.length > 0 ? 56 : 40) * ratio;
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (context === null) return;
  const titleFont = `600 ${14 * ratio}px "Inter Variable", sans-serif`;
  context.font = titleFont;
  canvas.width = Math.max(plot.width, Math.ceil(context.measureText(title).width)) + 32 * ratio;
  canvas.height = plot.height + head + 16 * ratio;
  const page = getComputedStyle(host.closest('figure, .panel') ?? document.body);
  context.fillStyle = getComputedStyle(host.closest('.panel') ?? document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = page.color;
  context.font = titleFont;
  context.fillText(title, 16 * ratio, 24 * ratio);
  context.font = `${11 * ratio}px "Inter Variable", sans-serif`;
  let x = 16 * ratio;
  for (const { label, colour, dash } of series) {
    const sample = plot.closest('figure')?.querySelector(`.legend-line.colour-${colour}`);
    context.strokeStyle = sample ? getComputedStyle(sample).color : page.color;
    context.lineWidth = 2 * ratio;
    context.setLineDash(dash ? [4 * ratio, 3 * ratio] : []);
    context.beginPath();
    context.moveTo(x, 42 * ratio);
    context.lineTo(x + 16 * ratio, 42 * ratio);
    context.stroke();
    context.fillText(label, x + 22 * ratio, 46 * ratio);
    x += context.measureText(label).width + 40 * ratio;
  }
  context.drawImage(plot, 16 * ratio, head);
  canvas.toBlob((blob) => blob && saveBlob(name, blob));
}
