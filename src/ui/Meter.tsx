/** A progress bar. `share` is in 0 … 1; the numbers are shown next to it as text. */
export function Meter({ share, label }: { readonly share: number; readonly label: string }) {
  const bounded = Math.min(1, Math.max(0, share));
  return (
    <div
      className="meter"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(bounded * 100)}
    >
      <div className="meter-fill" style={{ transform: `scaleX(${bounded})` }} />
    </div>
  );
}
