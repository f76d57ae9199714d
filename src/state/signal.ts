/** Mutable data that counts its changes and notifies listeners. Components watch it with `useSignal`. */
export class Signal {
  private changes = 0;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly version = (): number => this.changes;

  protected changed(): void {
    this.changes += 1;
    for (const listener of this.listeners) listener();
  }
}
