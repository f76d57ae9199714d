/** Name of the channel on which a worker with a robbed GPU is told to lose its devices. */
export const LOSE_DEVICES = 'lose-devices';
