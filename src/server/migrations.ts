/** The steps that lead from an empty database to the present one. A step that was released is never changed: a new one follows it. */
export interface Migration {
  readonly number: number
  readonly sql: string
}

export const migrations: readonly Migration[] = [
  {
    number: 1,
    sql: `
      CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        system TEXT NOT NULL,
        preset TEXT NOT NULL,
        seed INTEGER NOT NULL,
        changed TEXT NOT NULL,
        device TEXT NOT NULL,
        threads INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'stopped', 'failed', 'done')),
        asked_at INTEGER NOT NULL,
        queued_at INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        wall_ms INTEGER,
        met INTEGER,
        claims INTEGER,
        problem TEXT
      ) STRICT;
      CREATE INDEX runs_by_time ON runs (asked_at);
      CREATE INDEX runs_by_system ON runs (system, asked_at);
      CREATE INDEX runs_open ON runs (state, queued_at) WHERE state IN ('waiting', 'running');
      CREATE TABLE votes (
        browser TEXT NOT NULL,
        slug TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (browser, slug)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX votes_by_slug ON votes (slug, at);
    `,
  },
]
