/** A bundled model goes by its folder's name, a stored one by a path: `hub/owner/name@revision/choice`, `local/name-hash`. */
export const isBundledModel = (model: string): boolean => !model.includes('/');
