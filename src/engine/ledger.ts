/** Every byte on the device, by name. What was planned is compared with `peak`. */
export class Ledger {
  #current = 0;
  #peak = 0;
  readonly #entries = new Map<GPUBuffer, { label: string; bytes: number }>();

  get current(): number {
    return this.#current;
  }

  /** Largest `current` so far, in bytes. */
  get peak(): number {
    return this.#peak;
  }

  add(buffer: GPUBuffer, label: string): void {
    this.#entries.set(buffer, { label, bytes: buffer.size });
    this.#current += buffer.size;
    this.#peak = Math.max(this.#peak, this.#current);
  }

  remove(buffer: GPUBuffer): void {
    const entry = this.#entries.get(buffer);
    if (entry === undefined) return;
    this.#entries.delete(buffer);
    this.#current -= entry.bytes;
  }

  /** Bytes by label, largest first. */
  byLabel(): [label: string, bytes: number][] {
    const sums = new Map<string, number>();
    for (const { label, bytes } of this.#entries.values()) sums.set(label, (sums.get(label) ?? 0) + bytes);
    return [...sums].sort((a, b) => b[1] - a[1]);
  }
}
