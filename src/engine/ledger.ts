/** Every byte on the device, by name. What was planned is compared with `peak`. */
export class Ledger {
  private currentBytes = 0;
  private peakBytes = 0;
  private readonly entries = new Map<GPUBuffer, { label: string; bytes: number }>();

  get current(): number {
    return this.currentBytes;
  }

  /** Largest `current` so far, in bytes. */
  get peak(): number {
    return this.peakBytes;
  }

  add(buffer: GPUBuffer, label: string): void {
    this.entries.set(buffer, { label, bytes: buffer.size });
    this.currentBytes += buffer.size;
    this.peakBytes = Math.max(this.peakBytes, this.currentBytes);
  }

  remove(buffer: GPUBuffer): void {
    const entry = this.entries.get(buffer);
    if (entry === undefined) return;
    this.entries.delete(buffer);
    this.currentBytes -= entry.bytes;
  }

  /** Bytes by label, largest first. */
  byLabel(): [label: string, bytes: number][] {
    const sums = new Map<string, number>();
    for (const { label, bytes } of this.entries.values()) sums.set(label, (sums.get(label) ?? 0) + bytes);
    return [...sums].sort((a, b) => b[1] - a[1]);
  }
}
