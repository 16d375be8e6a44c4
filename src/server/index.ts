/** The page's server: the built page, datasets, runs on this machine, their history, votes. `cajal serve` starts it. */
export { type RunningServer, type ServerOptions, startServer } from "./server.ts"
