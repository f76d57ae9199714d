import { useEffect, useRef } from 'react';
import { type Bar, drawBars, heightOf } from './bars';
import { readTheme } from './chart-theme';

interface Props {
  readonly bars: readonly Bar[];
  readonly format: (value: number) => string;
}

/** The canvas of a bar chart. It is drawn again when its size or the theme changes. */
export default function BarCanvas({ bars, format }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const [frame, target] = [host.current, canvas.current];
    if (frame === null || target === null) return;
    let gone = false;
    const draw = () => {
      const width = frame.clientWidth;
      if (!gone && width > 0) drawBars(target, bars, { width, ratio: devicePixelRatio, format }, readTheme(frame));
    };
    draw();
    const resized = new ResizeObserver(draw);
    resized.observe(frame);
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', draw);
    void document.fonts.ready.then(draw);
    return () => {
      gone = true;
      resized.disconnect();
      themed.disconnect();
      system.removeEventListener('change', draw);
    };
  }, [bars, format]);
  return (
    <div ref={host} className="chart-canvas" style={{ height: heightOf(bars) }} aria-hidden="true">
      <canvas ref={canvas} className="bars" />
    </div>
  );
}
