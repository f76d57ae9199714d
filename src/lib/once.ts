/** Something that is loaded when it is first needed, and then kept. A load that failed is tried again. */
export interface Once<T> {
  get(): Promise<T>;
  /** Null if nobody has asked for it yet. */
  begun(): Promise<T | null>;
}

export function once<T>(load: () => Promise<T>): Once<T> {
  let loading: Promise<T> | null = null;
  return {
    get() {
      loading ??= load();
      loading.catch(() => {
        loading = null;
      });
      return loading;
    },
    begun: async () => loading,
  };
}
