/** Name of the broadcast channel that makes the worker destroy its GPU devices. */
export const LOSE_DEVICES = 'lose-devices';
