/** What the command's exit code means; scripts rely on it. */
export const exitCodes = {
  done: 0,
  /** Something went wrong that is not the user's mistake. */
  failed: 1,
  /** The user's mistake: an unknown name, a value out of range, a file that is damaged. */
  mistake: 2,
  /** Stopped by Ctrl-C; a run can be resumed. */
  interrupted: 130,
  /** Stopped by SIGTERM; a run can be resumed. */
  terminated: 143,
} as const
