/** Something that is loaded once, when it is first asked for; a load that failed is tried again. */
export interface Once<T> {
  get(): Promise<T>;
  /** null where nobody asked for it yet. */
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
